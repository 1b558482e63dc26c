import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { describeBlobFile } from '../../src/store/blob-file.ts'
import {
  DamagedBlobError,
  type BlobDescription,
  type BlobReader,
  type Segment,
} from '../../src/store/blobs.ts'
import { openMemoryDatabase, type Database } from '../../src/store/database.ts'
import { FileBlobs } from '../../src/store/file-blobs.ts'
import { systemFiles } from '../../src/store/file-system.ts'
import { smallBlobName } from '../../src/store/key-space.ts'
import { assembleStore, openMemoryStore, randomId, type Store } from '../../src/store/store.ts'

const draft = {
  etag: 'e',
  headers: [['content-type', 'text/plain']],
  metadata: [['a', 'ü']],
  storageClass: 'STANDARD',
  checksums: [],
} as const
const now = (): Date => new Date(0)

describe('blobs in files', () => {
  let directory: string
  let database: Database
  let blobs: FileBlobs

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'stowage-server-'))
    database = await openMemoryDatabase()
    blobs = new FileBlobs({ directory, database, sync: true, files: systemFiles, newId: randomId })
  })

  afterEach(() => rmSync(directory, { recursive: true }))

  const describedAs = (more: Partial<BlobDescription> = {}): BlobDescription => ({
    bucket: 'bucket',
    key: 'a/../ü',
    writtenMs: 5,
    ...more,
  })

  async function written(bytes: Buffer, described: BlobDescription): Promise<Segment> {
    const writer = blobs.create()
    for (let at = 0; at < bytes.length; at += 50_021) {
      await writer.write(bytes.subarray(at, at + 50_021))
    }
    const { segment, writes } = await writer.finish(described)
    await database.commit(writes)
    return segment
  }

  async function readerOf(segments: readonly Segment[]): Promise<BlobReader> {
    const reader = await blobs.open(segments)
    if ('missing' in reader) throw new Error('a blob is missing')
    return reader
  }

  async function read(segments: readonly Segment[], start: number, end: number): Promise<Buffer> {
    const reader = await readerOf(segments)
    const chunks: Uint8Array[] = []
    try {
      for await (const chunk of reader.read(start, end - start)) chunks.push(chunk)
    } finally {
      reader.close()
    }
    return Buffer.concat(chunks)
  }

  it('are told apart from other blobs of the same size, with footers of the same size', async () => {
    const one = await written(Buffer.alloc(70_000, 'one '), describedAs())
    const other = await written(Buffer.alloc(70_000, 'two '), describedAs())
    expect(one.footerBytes).toBe(other.footerBytes)
    expect(one.crc32).not.toBe(other.crc32)
    writeFileSync(blobs.pathOf(one.blob), readFileSync(blobs.pathOf(other.blob)))
    const reader = await readerOf([one])
    await expect(reader.read(0, 70_000)[Symbol.asyncIterator]().next()).rejects.toThrow(
      DamagedBlobError,
    )
    reader.close()
  })

  it('give every range back, whatever their size', async () => {
    const bytes = Buffer.from(Array.from({ length: 400_001 }, (_, at) => (at * 31) % 251))
    for (const size of [4097, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 400_001]) {
      const content = bytes.subarray(0, size)
      const segment = await written(content, describedAs())
      const cuts = [0, 1, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, size - 1, size]
      const within = cuts.filter((cut) => cut <= size)
      for (const start of within) {
        for (const end of within.filter((cut) => cut >= start)) {
          const found = await read([segment], start, end)
          expect(found.equals(content.subarray(start, end))).toBe(true)
        }
      }
    }
  })

  it('hold little of many uploads at a time, and more of each when there are few', async () => {
    const stuck = { ...systemFiles, create: () => new Promise<never>(() => undefined) }
    const target = { directory, database, sync: true, files: stuck, newId: randomId }
    const chunk = Buffer.alloc(8 * 1024)
    /** What each takes until it waits for the disk. */
    const heldByEach = (count: number): number => {
      const slow = new FileBlobs(target)
      const writers = Array.from({ length: count }, () => slow.create())
      let heldBytes = 0
      for (const writer of writers) {
        do heldBytes += chunk.length
        while (writer.write(chunk) === undefined)
      }
      return heldBytes / count
    }
    expect(heldByEach(1)).toBe(512 * 1024)
    expect(heldByEach(128)).toBe(512 * 1024)
    expect(heldByEach(1000)).toBe(80 * 1024)
    expect(heldByEach(5000)).toBe(64 * 1024)
  })

  it('give each more again when others have ended', async () => {
    const others = Array.from({ length: 1000 }, () => blobs.create())
    for (const [index, writer] of others.entries()) {
      if (index % 2 === 0) await writer.discard()
      else await writer.finish(describedAs())
    }
    const writer = blobs.create()
    const bytes = Buffer.alloc(200 * 1024)
    expect(writer.write(bytes)).toBeUndefined()
    expect(writer.write(bytes)).toBeUndefined()
    expect(writer.write(bytes)).toBeUndefined()
    const { segment } = await writer.finish(describedAs())
    expect(segment.sizeBytes).toBe(600 * 1024)
  })

  it('tell what they are for without any record', async () => {
    const seal = { salt: 'c2FsdA==', sizeBytes: 8000 }
    const upload = {
      uploadId: 'id',
      initiatedMs: 1,
      attributes: { headers: [], metadata: [], storageClass: 'STANDARD' },
    }
    const descriptions = [
      describedAs({ object: { ...draft, tagging: 'a=b', lock: { legalHold: true } } }),
      describedAs({ part: { etag: 'p', checksums: [], partNumber: 7, upload }, seal }),
    ]
    for (const description of descriptions) {
      const segment = await written(Buffer.alloc(100_000, 'x'), description)
      const path = blobs.pathOf(segment.blob)
      const found = await describeBlobFile(systemFiles, path, segment.blob)
      expect(found).toEqual({ segment, description })
      expect((await read([found.segment], 0, 100_000)).equals(Buffer.alloc(100_000, 'x'))).toBe(
        true,
      )
    }
  })

  it('tell nothing when any byte of the footer is changed, or the file is cut or extended', async () => {
    const segment = await written(Buffer.alloc(70_000, 'x'), describedAs({ object: draft }))
    const path = blobs.pathOf(segment.blob)
    const bytes = readFileSync(path)
    const refused = async (content: Buffer): Promise<void> => {
      writeFileSync(path, content)
      const told = describeBlobFile(systemFiles, path, segment.blob)
      await expect(told).rejects.toMatchObject({ name: 'DamagedBlobError', blob: segment.blob })
    }
    for (let at = 70_000; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes)
      damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (at % 8)), at)
      await refused(damaged)
    }
    for (let size = 0; size < bytes.length; size += size < 69_990 ? 4999 : 1) {
      await refused(bytes.subarray(0, size))
    }
    await refused(Buffer.concat([bytes, Buffer.alloc(32)]))
    await refused(Buffer.concat([bytes, bytes]))
  })

  it('tell nothing under the name of another blob', async () => {
    const segment = await written(Buffer.alloc(70_000), describedAs())
    const other = await written(Buffer.alloc(70_000), describedAs())
    const told = describeBlobFile(systemFiles, blobs.pathOf(segment.blob), other.blob)
    await expect(told).rejects.toBeInstanceOf(DamagedBlobError)
  })

  it('are damaged when a small one is not what was stored', async () => {
    const segment = await written(Buffer.from('small'), describedAs())
    const name = smallBlobName(segment.blob)
    for (const value of ['smalk', 'smal', 'small ', '']) {
      await database.commit([{ type: 'put', key: name, value: Buffer.from(value) }])
      await expect(blobs.open([segment])).rejects.toMatchObject({ blob: segment.blob })
    }
  })

  it.each(['file', 'level', 'memory'] as const)(
    'are damaged when one that a record names is missing (%s)',
    async (place) => {
      const store: Store =
        place === 'memory' ? await openMemoryStore() : await assembleStore(database, blobs)
      await store.buckets.create('bucket', { createdMs: 0, region: 'us-east-1' })
      const writer = store.blobs.create()
      await writer.write(Buffer.alloc(place === 'level' ? 5 : 5000))
      const { segment, writes } = await writer.finish(describedAs())
      expect(segment.place).toBe(place)
      const content = { segments: [segment], writes }
      await store.objects.put('bucket', 'key', draft, content, now, () => undefined)
      if (place === 'level') await database.commit(store.blobs.removalWrites([segment]))
      store.blobs.remove([segment])
      await store.blobs.close()
      const opened = async (): Promise<void> => {
        const found = await store.objects.open('bucket', 'key', undefined)
        if (found === undefined || !('reader' in found)) throw new Error('no object')
        for await (const bytes of found.reader.read(0, segment.sizeBytes)) void bytes
      }
      await expect(opened()).rejects.toMatchObject({
        name: 'DamagedBlobError',
        blob: segment.blob,
      })
    },
  )
})
