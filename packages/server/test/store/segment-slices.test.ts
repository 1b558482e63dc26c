import fc from 'fast-check'
import { expect, it } from 'vitest'

import type { Segment } from '../../src/store/blobs.ts'
import { slicesOf } from '../../src/store/segment-slices.ts'

it('cuts any range out of any segments', () => {
  const sizes = fc.array(fc.nat(5), { maxLength: 6 })
  fc.assert(
    fc.property(sizes, fc.nat(35), fc.nat(35), (segmentSizes, offset, length) => {
      const segments = segmentSizes.map((sizeBytes, index): Segment => {
        return { blob: String(index), place: 'memory', sizeBytes, crc32: 0 }
      })
      const bytes = segmentSizes.flatMap((size, index) =>
        Array.from({ length: size }, (_, at) => `${index}:${at}`),
      )
      const cut = slicesOf(segments, offset, length).flatMap((slice) =>
        Array.from({ length: slice.length }, (_, at) => `${slice.index}:${slice.offset + at}`),
      )
      expect(cut).toEqual(bytes.slice(offset, offset + length))
    }),
    { seed: 1, numRuns: 500 },
  )
})
