import type { Segment } from './blobs.ts'

/** Bytes wanted of one segment. */
export interface SegmentSlice {
  readonly index: number
  readonly segment: Segment
  readonly offset: number
  readonly length: number
}

/** The slices that make up `length` bytes from `offset` of the joined segments. */
export function slicesOf(
  segments: readonly Segment[],
  offset: number,
  length: number,
): readonly SegmentSlice[] {
  const slices: SegmentSlice[] = []
  let skip = offset
  let left = length
  for (const [index, segment] of segments.entries()) {
    if (left === 0) break
    if (skip >= segment.sizeBytes) {
      skip -= segment.sizeBytes
      continue
    }
    const wanted = Math.min(left, segment.sizeBytes - skip)
    slices.push({ index, segment, offset: skip, length: wanted })
    skip = 0
    left -= wanted
  }
  return slices
}
