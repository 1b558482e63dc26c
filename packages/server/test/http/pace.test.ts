import { describe, expect, it } from 'vitest'

import { Pace } from '../../src/http/pace.ts'

const limits = { stallMs: 30_000, minBytesPerSecond: 1024, rateGraceMs: 10_000 }

/** How long somebody is waited for that moves so many bytes at a time, at most an hour. */
function borneMs(pace: Pace, bytes: number, everyMs: number): number {
  let movedBytes = 0
  for (let ms = 500; ms <= 3_600_000; ms += 500) {
    if (ms % everyMs === 0) movedBytes += bytes
    if (pace.isTooSlow(500, movedBytes)) return ms
  }
  return Infinity
}

describe('Pace', () => {
  it.each([
    [0, 500, 30_500],
    [511, 500, 10_500],
    [512, 500, Infinity],
    [1024, 1000, Infinity],
    [1000, 1000, 11_000],
    [30_720, 30_000, Infinity],
    [100_000, 31_000, 30_500],
  ])('bears %i bytes each %i ms for %i ms', (bytes, everyMs, expected) => {
    expect(borneMs(new Pace(limits), bytes, everyMs)).toBe(expected)
  })

  it('judges each request by itself', () => {
    const pace = new Pace(limits)
    pace.isTooSlow(500, 1_000_000_000)
    pace.restart(1_000_000_000)
    let ms = 500
    while (!pace.isTooSlow(500, 1_000_000_000 + ms)) ms += 500
    expect(ms).toBe(10_500)
  })
})
