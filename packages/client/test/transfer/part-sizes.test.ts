import { describe, expect, it } from 'vitest'
import {
  checkPartSize,
  growingPartSize,
  streamPartBytes,
  maxObjectBytes,
  maxParts,
  partSizeFor,
} from '../../src/transfer/part-sizes.ts'
import { SlicedSource } from '../../src/transfer/sliced-source.ts'
import { BytesBody } from '../../src/request/body.ts'

const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3
const tebibyte = 1024 ** 4

function cut(sizeBytes: number, partBytes: number): { count: number; last: number } {
  const count = Math.ceil(sizeBytes / partBytes)
  return { count, last: sizeBytes - (count - 1) * partBytes }
}

describe('the size of parts of a known length', () => {
  // The table of minio-py's tests, with the sizes that are asked for there.
  it.each([
    [5 * tebibyte, 1000 * mebibyte, 5243, 922_746_880],
    [5 * gibibyte, 64 * mebibyte, 80, 64 * mebibyte],
    [5 * gibibyte, 5 * mebibyte, 1024, 5 * mebibyte],
    [5 * tebibyte, 550_502_400, 9987, 241_172_480],
  ])('%i bytes in parts of %i are %i, the last of %i', (size, asked, count, last) => {
    expect(partSizeFor(size, asked)).toBe(asked)
    expect(cut(size, asked)).toEqual({ count, last })
  })

  it('is whole MiB, as few as fit into 10,000 parts, when none is asked for', () => {
    expect(partSizeFor(5 * tebibyte, undefined)).toBe(550_502_400)
    expect(partSizeFor(0, undefined)).toBe(16 * mebibyte)
    expect(partSizeFor(16 * mebibyte * maxParts, undefined)).toBe(16 * mebibyte)
    expect(partSizeFor(16 * mebibyte * maxParts + 1, undefined)).toBe(17 * mebibyte)
    expect(partSizeFor(maxObjectBytes, undefined)).toBe(5 * gibibyte)
    for (let size = 1; size < maxObjectBytes; size = Math.ceil(size * 1.37)) {
      const part = partSizeFor(size, undefined)
      expect(part % mebibyte).toBe(0)
      expect(Math.ceil(size / part)).toBeLessThanOrEqual(maxParts)
    }
  })

  it.each([
    ['length', maxObjectBytes + 1, undefined],
    ['partSize', 5 * mebibyte * maxParts + 1, 5 * mebibyte],
    ['partSize', 1, 5 * mebibyte - 1],
    ['partSize', 1, 5 * gibibyte + 1],
    ['partSize', 1, 5.5 * mebibyte + 0.5],
    ['partSize', 1, Number.NaN],
  ])('is refused for its %s', (argument, size, asked) => {
    expect(() => partSizeFor(size, asked)).toThrow(expect.objectContaining({ argument }))
  })

  it('is 5 MiB to 5 GiB', () => {
    checkPartSize(5 * mebibyte)
    checkPartSize(5 * gibibyte)
  })
})

describe('the size of parts of an unknown length', () => {
  it.each([5 * mebibyte, streamPartBytes, 16 * mebibyte, 100 * mebibyte, 5 * gibibyte])(
    'never shrinks, and %i carry 5 TiB',
    (first) => {
      let total = 0
      let before = first
      for (let number = 1; number <= maxParts; number++) {
        const size = growingPartSize(number, first)
        expect(size).toBeGreaterThanOrEqual(before)
        expect(size).toBeLessThanOrEqual(Math.max(gibibyte, first))
        before = size
        total += size
      }
      expect(growingPartSize(1, first)).toBe(first)
      expect(total).toBeGreaterThanOrEqual(5 * tebibyte)
    },
  )

  it('stays small for long: 100 GiB need no part above 128 MiB', () => {
    let total = 0
    let number = 0
    let size = 0
    while (total < 100 * gibibyte) total += size = growingPartSize(++number, 5 * mebibyte)
    expect(size).toBeLessThanOrEqual(128 * mebibyte)
  })
})

describe('slices', () => {
  it('cover 5 TiB without gaps', async () => {
    const partBytes = partSizeFor(5 * tebibyte, undefined)
    const ranges: [number, number][] = []
    const source = new SlicedSource(5 * tebibyte, partBytes, (start, end) => {
      ranges.push([start, end])
      return new BytesBody(new Uint8Array(0))
    })
    let end = 0
    for (let number = 1; ; number++) {
      const part = await source.next()
      await part.open()
      expect(part).toMatchObject({ partNumber: number, offset: end })
      end += part.sizeBytes
      expect(ranges.at(-1)).toEqual([part.offset, end])
      if (part.isLast) break
    }
    expect(end).toBe(5 * tebibyte)
    expect(ranges).toHaveLength(9987)
  })
})
