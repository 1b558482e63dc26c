/** S3 limits keys to 1024 bytes of UTF-8, not characters. */
export const maxKeyBytes = 1024

/**
 * What is wrong with an object key, as a sentence without subject; undefined when S3 takes it.
 * A key of blanks only is a key like any other, `.` and `..` are too. Allocates nothing: this
 * runs for every request.
 *
 * @example
 * objectKeyProblem('photos/été.jpg') // undefined
 * objectKeyProblem('') // 'must not be empty'
 */
export function objectKeyProblem(key: unknown): string | undefined {
  if (typeof key !== 'string') return 'must be a string'
  const length = key.length
  if (length === 0) return 'must not be empty'
  if (length > maxKeyBytes) return tooLong
  let sizeBytes = length
  for (let index = 0; index < length; index++) {
    const code = key.charCodeAt(index)
    if (code < 0x80) continue
    if (code < 0x800) {
      sizeBytes += 1
    } else if (code < 0xd800 || code > 0xdfff) {
      sizeBytes += 2
    } else {
      // A pair is two code units here and four bytes in UTF-8.
      if (!isSurrogatePair(code, key.charCodeAt(index + 1))) return 'must not hold a lone surrogate'
      index += 1
      sizeBytes += 2
    }
  }
  return sizeBytes > maxKeyBytes ? tooLong : undefined
}

const tooLong = `must have at most ${maxKeyBytes} bytes in UTF-8`

/** `low` is NaN at the end of the key, which no comparison accepts. */
function isSurrogatePair(high: number, low: number): boolean {
  return high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff
}
