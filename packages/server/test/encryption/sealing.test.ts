import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { chunkBytes, sealedChunkBytes } from '../../src/encryption/chunk-cipher.ts'
import { OpeningReader } from '../../src/encryption/opening-reader.ts'
import { SealingWriter } from '../../src/encryption/sealing-writer.ts'
import {
  DamagedBlobError,
  type BlobDescription,
  type BlobReader,
  type BlobWriter,
  type PendingBlob,
  type Segment,
} from '../../src/store/blobs.ts'

const objectKey = createHash('sha256').update('object key').digest()

/** What a writer got, and a reader of such bytes. */
class Bytes implements BlobWriter {
  readonly pieces: Uint8Array[] = []

  write(bytes: Uint8Array): undefined {
    this.pieces.push(bytes)
  }

  finish({ seal }: BlobDescription): Promise<PendingBlob> {
    const sizeBytes = Buffer.concat(this.pieces).length
    const segment: Segment = { blob: 'b', place: 'memory', sizeBytes, crc32: 0, seal }
    return Promise.resolve({ segment, writes: [] })
  }

  discard(): Promise<void> {
    return Promise.resolve()
  }
}

/** Hands the bytes out in pieces of a size that fits nothing else. */
function readerOf(stored: Buffer, pieceBytes = 10_007): BlobReader {
  return {
    async *read(offset, length) {
      const end = Math.min(stored.length, offset + length)
      for (let at = offset; at < end; at += pieceBytes) {
        yield stored.subarray(at, Math.min(end, at + pieceBytes))
      }
    },
    close: () => undefined,
  }
}

interface Sealed {
  readonly stored: Buffer
  readonly segment: Segment
}

async function seal(plain: Buffer, pieceBytes = 7919, salt = 'salt'): Promise<Sealed> {
  const bytes = new Bytes()
  const writer = new SealingWriter(bytes, objectKey, Buffer.from(salt))
  for (let at = 0; at < plain.length; at += pieceBytes) {
    void writer.write(plain.subarray(at, at + pieceBytes))
  }
  const { segment } = await writer.finish({ bucket: 'b', key: 'k', writtenMs: 0 })
  return { stored: Buffer.concat(bytes.pieces), segment }
}

async function open(
  stored: Buffer,
  segments: readonly Segment[],
  offset: number,
  length: number,
): Promise<Buffer> {
  const reader = new OpeningReader(readerOf(stored), segments, Buffer.from(objectKey))
  const found: Uint8Array[] = []
  for await (const bytes of reader.read(offset, length)) found.push(bytes)
  return Buffer.concat(found)
}

/** Bytes of which no stretch repeats. */
function plainOf(sizeBytes: number): Buffer {
  const plain = Buffer.alloc(sizeBytes)
  for (let at = 0; at + 4 <= sizeBytes; at += 4) plain.writeUInt32LE(at, at)
  return plain
}

describe('sealed blobs', () => {
  const sizes = [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes, 300_001]

  it.each(sizes)('give %d bytes back', async (sizeBytes) => {
    const plain = plainOf(sizeBytes)
    for (const pieceBytes of [7919, chunkBytes, 1_000_000]) {
      const { stored, segment } = await seal(plain, pieceBytes)
      expect(stored.length).toBe(sizeBytes + 16 * Math.max(1, Math.ceil(sizeBytes / chunkBytes)))
      expect(segment.seal?.sizeBytes).toBe(sizeBytes)
      expect((await open(stored, [segment], 0, sizeBytes)).equals(plain)).toBe(true)
    }
  })

  it('give every range back, also of several segments', async () => {
    const plain = plainOf(4 * chunkBytes + 100)
    const cuts = [0, chunkBytes + 5, chunkBytes + 5, 3 * chunkBytes, plain.length]
    const sealed: Sealed[] = []
    for (const [index, end] of cuts.slice(1).entries()) {
      sealed.push(await seal(plain.subarray(cuts[index], end), 50_000, `salt ${index}`))
    }
    const stored = Buffer.concat(sealed.map((item) => item.stored))
    const segments = sealed.map(({ segment }) => segment)
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: plain.length }),
        fc.integer({ min: 0, max: plain.length }),
        async (a, b) => {
          const [start, end] = a < b ? [a, b] : [b, a]
          const found = await open(stored, segments, start, end - start)
          expect(found.equals(plain.subarray(start, end))).toBe(true)
        },
      ),
      { seed: 1, numRuns: 60 },
    )
  })

  it('read no more chunks than a range needs', async () => {
    const { stored, segment } = await seal(plainOf(10 * chunkBytes))
    let readBytes = 0
    const counting: BlobReader = {
      read: (offset, length) => {
        readBytes += length
        return readerOf(stored).read(offset, length)
      },
      close: () => undefined,
    }
    const reader = new OpeningReader(counting, [segment], Buffer.from(objectKey))
    for await (const bytes of reader.read(5 * chunkBytes - 1, 2)) void bytes
    expect(readBytes).toBe(2 * sealedChunkBytes)
  })

  it('never give other bytes when one is flipped', async () => {
    const plain = plainOf(2 * chunkBytes + 77)
    const { stored, segment } = await seal(plain)
    const places = [0, 1, 15, chunkBytes - 1, chunkBytes, sealedChunkBytes - 1, sealedChunkBytes]
    const more = [2 * sealedChunkBytes, 2 * sealedChunkBytes + 76, stored.length - 1]
    for (const place of [...places, ...more]) {
      const damaged = Buffer.from(stored)
      damaged.writeUInt8(damaged.readUInt8(place) ^ 0x10, place)
      await expect(open(damaged, [segment], 0, plain.length)).rejects.toBeInstanceOf(
        DamagedBlobError,
      )
    }
  })

  it('refuse chunks that were moved, left out or cut off', async () => {
    const plain = plainOf(3 * chunkBytes)
    const { stored, segment } = await seal(plain)
    const chunk = (index: number): Buffer =>
      stored.subarray(index * sealedChunkBytes, (index + 1) * sealedChunkBytes)
    const swapped = Buffer.concat([chunk(1), chunk(0), chunk(2)])
    await expect(open(swapped, [segment], 0, plain.length)).rejects.toBeInstanceOf(DamagedBlobError)
    const cut = Buffer.concat([chunk(0), chunk(1)])
    await expect(open(cut, [segment], 0, plain.length)).rejects.toBeInstanceOf(DamagedBlobError)
    // Also when the record was changed to fit.
    const shorter: Segment = {
      ...segment,
      sizeBytes: cut.length,
      seal: { salt: segment.seal?.salt ?? '', sizeBytes: 2 * chunkBytes },
    }
    await expect(open(cut, [shorter], 0, 2 * chunkBytes)).rejects.toBeInstanceOf(DamagedBlobError)
  })

  it('refuse a blob of the same key and another salt', async () => {
    const first = await seal(plainOf(100), 100, 'first')
    const second = await seal(plainOf(100), 100, 'second')
    expect(first.stored.equals(second.stored)).toBe(false)
    await expect(open(second.stored, [first.segment], 0, 100)).rejects.toBeInstanceOf(
      DamagedBlobError,
    )
  })
})
