import { digitsAt, utcMilliseconds } from './calendar.ts'

const dash = 0x2d
const plus = 0x2b
const colon = 0x3a
const dot = 0x2e
const letterT = 0x54
const letterZ = 0x5a
const maxFractionDigits = 9

/**
 * Reads an ISO 8601 time such as listings hold: seconds, 0 to 9 digits of a fraction, `Z` or an
 * offset `±hh:mm`. The fraction is cut to milliseconds.
 *
 * @returns undefined for anything else, also for days that no calendar has; never an invalid Date
 * @example
 * parseIsoDate('2024-02-29T23:59:59.123456789+09:00')?.toISOString() // '2024-02-29T14:59:59.123Z'
 * parseIsoDate('2024-02-30T00:00:00Z') // undefined
 */
export function parseIsoDate(text: string): Date | undefined {
  if (!hasIsoSeparators(text)) return undefined
  const wholeSeconds = utcMilliseconds({
    year: digitsAt(text, 0, 4),
    month: digitsAt(text, 5, 2),
    day: digitsAt(text, 8, 2),
    hour: digitsAt(text, 11, 2),
    minute: digitsAt(text, 14, 2),
    second: digitsAt(text, 17, 2),
  })
  const zoneStart = endOfFraction(text)
  const fraction = fractionMilliseconds(text, zoneStart)
  return dateOf(wholeSeconds + fraction - offsetMilliseconds(text, zoneStart))
}

/**
 * Writes a time as S3's XML has it, `2009-10-12T17:50:30.000Z`.
 *
 * @throws RangeError for an invalid Date
 */
export function formatIsoDate(date: Date): string {
  return date.toISOString()
}

/**
 * The form that SigV4 uses for `x-amz-date`, `20130524T000000Z`; its first eight characters are
 * the day of the credential scope.
 *
 * @throws RangeError for an invalid Date
 */
export function amzDate(date: Date): string {
  const iso = date.toISOString()
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`
}

/** Reads what {@link amzDate} writes; undefined for anything else. */
export function parseAmzDate(text: string): Date | undefined {
  const isShaped =
    text.length === 16 && text.charCodeAt(8) === letterT && text.charCodeAt(15) === letterZ
  if (!isShaped) return undefined
  return dateOf(
    utcMilliseconds({
      year: digitsAt(text, 0, 4),
      month: digitsAt(text, 4, 2),
      day: digitsAt(text, 6, 2),
      hour: digitsAt(text, 9, 2),
      minute: digitsAt(text, 11, 2),
      second: digitsAt(text, 13, 2),
    }),
  )
}

/** `Date`, or undefined for NaN. */
export function dateOf(milliseconds: number): Date | undefined {
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds)
}

/** The shortest text is `YYYY-MM-DDTHH:MM:SSZ`. */
function hasIsoSeparators(text: string): boolean {
  return (
    text.length >= 20 &&
    text.charCodeAt(4) === dash &&
    text.charCodeAt(7) === dash &&
    text.charCodeAt(10) === letterT &&
    text.charCodeAt(13) === colon &&
    text.charCodeAt(16) === colon
  )
}

/** Index of the zone: 19 without a fraction, else the first character that is no digit. */
function endOfFraction(text: string): number {
  if (text.charCodeAt(19) !== dot) return 19
  let index = 20
  while (index <= 20 + maxFractionDigits && isDigit(text.charCodeAt(index))) index++
  return index
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function fractionMilliseconds(text: string, end: number): number {
  if (end === 19) return 0
  const count = end - 20
  if (count === 3) return digitsAt(text, 20, 3)
  if (count < 1 || count > maxFractionDigits) return Number.NaN
  return digitsAt(text.slice(20, end).padEnd(3, '0'), 0, 3)
}

function offsetMilliseconds(text: string, start: number): number {
  const sign = text.charCodeAt(start)
  if (sign === letterZ) return text.length === start + 1 ? 0 : Number.NaN
  const isShaped =
    (sign === plus || sign === dash) &&
    text.length === start + 6 &&
    text.charCodeAt(start + 3) === colon
  const hours = digitsAt(text, start + 1, 2)
  const minutes = digitsAt(text, start + 4, 2)
  if (!isShaped || !(hours <= 23 && minutes <= 59)) return Number.NaN
  return (sign === plus ? 1 : -1) * (hours * 60 + minutes) * 60_000
}
