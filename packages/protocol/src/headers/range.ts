/** Which bytes of an object are asked for; everything absent means the whole object. */
export interface RangeRequest {
  /** First byte, from 0. */
  readonly offset?: number | undefined
  /** Number of bytes; absent or 0 means up to the end. */
  readonly length?: number | undefined
  /** The last so many bytes; excludes the other two. */
  readonly suffixLength?: number | undefined
}

/** Bytes `start` to `end` of an object, both included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** What `Content-Range` says; `sizeBytes` is undefined where the store wrote `*`. */
export interface ContentRange extends ByteRange {
  readonly sizeBytes: number | undefined
}

/** What is wrong with a range, as a sentence without subject; undefined when it is usable. */
export function rangeProblem(range: RangeRequest): string | undefined {
  const { offset = 0, length = 0, suffixLength } = range
  if (!isCount(offset)) return 'must have an offset that is a whole number from 0'
  if (!isCount(length)) return 'must have a length that is a whole number from 0'
  if (!isCount(offset + length)) return 'must end below 2^53'
  if (suffixLength === undefined) return undefined
  if (range.offset !== undefined || range.length !== undefined) {
    return 'must have either a suffix length or an offset and length'
  }
  if (suffixLength === 0 || !isCount(suffixLength)) {
    return 'must have a suffix length that is a whole number from 1'
  }
  return undefined
}

/**
 * Writes the `Range` header; undefined where the whole object is asked for.
 *
 * @throws RangeError when {@link rangeProblem} finds one
 * @example
 * formatRange({ offset: 10, length: 5 }) // 'bytes=10-14'
 * formatRange({ suffixLength: 5 }) // 'bytes=-5'
 */
export function formatRange(range: RangeRequest): string | undefined {
  const problem = rangeProblem(range)
  if (problem !== undefined) throw new RangeError(`The range ${problem}`)
  const { offset = 0, length = 0, suffixLength } = range
  if (suffixLength !== undefined) return `bytes=-${suffixLength}`
  if (length > 0) return `bytes=${offset}-${offset + length - 1}`
  return offset > 0 ? `bytes=${offset}-` : undefined
}

/**
 * Applies a `Range` header to an object as S3 does: one range only. What S3 cannot read, several
 * ranges and other units are ignored (the whole object is sent); a range that lies outside the
 * object, and any range of an empty one, cannot be satisfied (416).
 *
 * @param sizeBytes size of the object
 */
export function parseRange(
  header: string,
  sizeBytes: number,
): ByteRange | 'ignored' | 'unsatisfiable' {
  const match = /^bytes=(?<first>\d*)-(?<last>\d*)$/i.exec(header)
  const first = match?.groups?.['first'] ?? ''
  const last = match?.groups?.['last'] ?? ''
  if (first === '') return last === '' ? 'ignored' : suffixRange(Number(last), sizeBytes)
  const start = Number(first)
  const end = last === '' ? Number.POSITIVE_INFINITY : Number(last)
  if (start > end) return 'ignored'
  return start >= sizeBytes ? 'unsatisfiable' : { start, end: Math.min(end, sizeBytes - 1) }
}

/** Reads `Content-Range: bytes 0-4/10`; undefined for anything else, `bytes *\/10` included. */
export function parseContentRange(header: string): ContentRange | undefined {
  const match = /^bytes (?<start>\d{1,16})-(?<end>\d{1,16})\/(?<size>\d{1,16}|\*)$/i.exec(header)
  if (match?.groups === undefined) return undefined
  const start = Number(match.groups['start'])
  const end = Number(match.groups['end'])
  const sizeBytes = match.groups['size'] === '*' ? undefined : Number(match.groups['size'])
  const isSound =
    isCount(end) && start <= end && (sizeBytes === undefined || isWithin(end, sizeBytes))
  return isSound ? { start, end, sizeBytes } : undefined
}

/** Writes `Content-Range`; without a range the form that goes with 416. */
export function formatContentRange(range: ByteRange | undefined, sizeBytes: number): string {
  return range === undefined
    ? `bytes */${sizeBytes}`
    : `bytes ${range.start}-${range.end}/${sizeBytes}`
}

function suffixRange(length: number, sizeBytes: number): ByteRange | 'unsatisfiable' {
  if (length === 0 || sizeBytes === 0) return 'unsatisfiable'
  return { start: Math.max(0, sizeBytes - length), end: sizeBytes - 1 }
}

function isWithin(end: number, sizeBytes: number): boolean {
  return isCount(sizeBytes) && end < sizeBytes
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
