import { describe, expect, it } from 'vitest'
import { copyPartBytes, cutIntoParts, type Stretch } from '../../src/transfer/copy-ranges.ts'

const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3
const tebibyte = 1024 ** 4
const least = 5 * mebibyte
const most = 5 * gibibyte

/** Whether the parts are the piece: in order, without gaps, none twice. */
function expectSeamless(piece: Stretch, parts: readonly Stretch[]): void {
  let at = piece.offset
  for (const part of parts) {
    expect(part.offset).toBe(at)
    at += part.length
  }
  expect(at).toBe(piece.offset + piece.length)
}

describe('the last piece', () => {
  it.each([
    [1, least, 1, 1],
    [least, least, 1, least],
    [2 * least - 1, least, 2, least - 1],
    [most, 64 * mebibyte, 80, 64 * mebibyte],
    [most + 1, 64 * mebibyte, 81, 1],
    [most, most, 1, most],
    [most + 1, most, 2, 1],
    [5 * tebibyte, 525 * mebibyte, 9987, 230 * mebibyte],
    [10_000 * most, most, 10_000, most],
  ])('of %d bytes in parts of %d: %d, the last of %d', (length, partBytes, count, rest) => {
    const piece = { offset: 7, length }
    const parts = [...cutIntoParts(piece, partBytes, true)]
    expect(parts).toHaveLength(count)
    expectSeamless(piece, parts)
    expect(parts.at(-1)?.length).toBe(rest)
    for (const part of parts.slice(0, -1)) expect(part.length).toBe(partBytes)
  })
})

describe('a piece in the middle', () => {
  it.each([
    [1, least, 1],
    [least, least, 1],
    [2 * least - 1, least, 1],
    [2 * least, least, 2],
    [most + 1, 64 * mebibyte, 81],
    [most + 1, most, 2],
    [10_000 * most, most, 10_000],
  ])('of %d bytes in parts of %d: %d', (length, partBytes, count) => {
    const piece = { offset: 7, length }
    const parts = [...cutIntoParts(piece, partBytes, false)]
    expect(parts).toHaveLength(count)
    expectSeamless(piece, parts)
  })

  it('gives no part below the least size, and none above the largest', () => {
    for (const partBytes of [least, least + 1, 2 * least, 16 * mebibyte, most]) {
      for (const length of [least + 1, 3 * least - 1, 7 * partBytes + 1, 997 * partBytes - 1]) {
        const parts = [...cutIntoParts({ offset: 0, length }, partBytes, false)]
        expectSeamless({ offset: 0, length }, parts)
        const sizes = parts.map((part) => part.length)
        expect(Math.min(...sizes)).toBeGreaterThanOrEqual(least)
        expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.max(partBytes, 2 * least - 1))
      }
    }
  })

  it('gives nothing when it is empty, nor does the last one', () => {
    for (const isLast of [false, true]) {
      expect([...cutIntoParts({ offset: 0, length: 0 }, least, isLast)]).toEqual([])
    }
  })
})

describe('the size of the parts', () => {
  const partsOf = (lengths: readonly number[], partBytes: number): number =>
    lengths.flatMap((length, index) => [
      ...cutIntoParts({ offset: 0, length }, partBytes, index === lengths.length - 1),
    ]).length

  it('is 64 MiB where that does', () => {
    expect(copyPartBytes([most + 1], undefined, 'source')).toBe(64 * mebibyte)
    expect(copyPartBytes([1, 2, 3], undefined, 'sources')).toBe(64 * mebibyte)
  })

  it.each([
    ['one large object', [5 * tebibyte]],
    ['the largest', [9999 * most]],
    ['one large among many small', [...Array.from({ length: 9000 }, () => least), tebibyte]],
    ['as many as may be', Array.from({ length: 10_000 }, () => most)],
  ])('grows for %s', (_name, lengths) => {
    const bytes = copyPartBytes(lengths, undefined, 'sources')
    expect(bytes).toBeLessThanOrEqual(most)
    expect(partsOf(lengths, bytes)).toBeLessThanOrEqual(10_000)
  })

  it('is the one that is asked for', () => {
    expect(copyPartBytes([most], least, 'source')).toBe(least)
  })

  it.each([
    ['partSize', [10_000 * least + 1], least],
    ['source', [10_000 * most + 1], undefined],
    ['source', Array.from({ length: 9_999 }, () => most + 1), undefined],
    ['source', [10_000 * most + 1], 16 * mebibyte],
  ])('names %s when it cannot be', (argument, lengths, asked) => {
    expect(() => copyPartBytes(lengths, asked, 'source')).toThrow(
      expect.objectContaining({ argument }),
    )
  })
})
