import { bucketNameProblem, objectKeyProblem, regionNameProblem } from '@stowage/protocol'
import { InvalidArgumentError } from './errors.ts'

function check(argument: string, problem: string | undefined): void {
  if (problem !== undefined) throw new InvalidArgumentError(argument, problem)
}

export function checkBucket(bucket: string, argument = 'bucket'): void {
  check(argument, bucketNameProblem(bucket, { creating: false }))
}

export function checkNewBucket(bucket: string): void {
  check('bucket', bucketNameProblem(bucket, { creating: true }))
}

export function checkObject(object: string, argument = 'object'): void {
  check(argument, objectKeyProblem(object))
}

export function checkRegion(region: string, argument = 'region'): void {
  check(argument, regionNameProblem(region))
}

/** A whole number from `min` to `max`. */
export function checkInteger(argument: string, value: unknown, min: number, max: number): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) {
    return
  }
  throw new InvalidArgumentError(argument, `must be a whole number from ${min} to ${max}`)
}

export function checkBoolean(argument: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new InvalidArgumentError(argument, 'must be true or false')
  }
}

/** An object with no other properties than these: a misspelt one would be lost in silence. */
export function checkProperties(
  argument: string,
  value: unknown,
  names: ReadonlySet<string>,
): asserts value is object {
  checkRecord(argument, value)
  for (const name of Object.keys(value)) {
    if (!names.has(name)) throw new InvalidArgumentError(argument, `must not have ${name}`)
  }
}

export function checkArray(argument: string, value: unknown): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw new InvalidArgumentError(argument, 'must be an array')
}

export function checkOneOf(argument: string, value: unknown, choices: ReadonlySet<unknown>): void {
  if (!choices.has(value)) {
    throw new InvalidArgumentError(argument, `must be one of ${[...choices].join(', ')}`)
  }
}

export function checkFunction(argument: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new InvalidArgumentError(argument, 'must be a function')
  }
}

export function checkString(argument: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw new InvalidArgumentError(argument, 'must be a string')
}

export function checkNotEmpty(argument: string, value: unknown): asserts value is string {
  checkString(argument, value)
  if (value === '') throw new InvalidArgumentError(argument, 'must not be empty')
}

const maxYear = 9999

/** A date with a year of four digits, as all forms of dates have it that are sent. */
export function checkDate(argument: string, value: unknown): asserts value is Date {
  const year = value instanceof Date ? value.getUTCFullYear() : Number.NaN
  if (!(year >= 0 && year <= maxYear)) {
    throw new InvalidArgumentError(argument, 'must be a valid Date')
  }
}

/** An object with names and values; nothing that only happens to have some. */
export function checkRecord(argument: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(argument, 'must be an object')
  }
}

export function checkSignal(signal: unknown): void {
  if (!(signal instanceof AbortSignal)) {
    throw new InvalidArgumentError('signal', 'must be an AbortSignal')
  }
}

const loneSurrogate = /\p{Surrogate}/u

/** Text without lone surrogates, which no encoding can carry. */
export function checkText(argument: string, value: unknown): asserts value is string {
  checkString(argument, value)
  if (loneSurrogate.test(value)) throw new InvalidArgumentError(argument, 'holds half a character')
}

const headerToken = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/
/** Printable ASCII, blanks and tabs: what goes over every proxy as it is. */
const headerText = /^[\t\x20-\x7e]*$/

/** Headers that HTTP or the signature sets. */
const reservedHeaders: ReadonlySet<string> = new Set([
  '__proto__',
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
])

/** The id of a version or an upload, which the store once gave. */
export function checkId(argument: string, value: unknown): asserts value is string {
  checkNotEmpty(argument, value)
  checkText(argument, value)
}

/** The path of a file; no file system takes a NUL. */
export function checkPath(path: unknown): asserts path is string {
  checkNotEmpty('path', path)
  if (path.includes('\0')) throw new InvalidArgumentError('path', 'must not hold a NUL')
}

/** A value that can stand in a header as it is. */
export function checkHeaderValue(argument: string, value: unknown): asserts value is string {
  checkString(argument, value)
  if (!headerText.test(value)) {
    throw new InvalidArgumentError(argument, 'may hold only printable ASCII')
  }
}

const none: ReadonlySet<string> = new Set()

/**
 * Checks a caller's headers and gives them with names in lower case.
 *
 * @param allowed names that are otherwise the client's own to set
 */
export function checkHeaders(
  argument: string,
  headers: Readonly<Record<string, string>>,
  allowed: ReadonlySet<string> = none,
): Record<string, string> {
  checkRecord(argument, headers)
  const checked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    if (!headerToken.test(name) || (reservedHeaders.has(lower) && !allowed.has(lower))) {
      throw new InvalidArgumentError(argument, `must not set ${JSON.stringify(name)}`)
    }
    if (Object.hasOwn(checked, lower)) {
      throw new InvalidArgumentError(argument, `holds ${lower} twice`)
    }
    checkHeaderValue(`${argument}.${name}`, value)
    checked[lower] = value
  }
  return checked
}
