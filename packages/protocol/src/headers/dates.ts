import { digitsAt, utcMilliseconds } from './calendar.ts'

const dash = 0x2d
const colon = 0x3a
const dot = 0x2e
const letterT = 0x54
const letterZ = 0x5a
const restPattern = /^(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/

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
  return dateOf(wholeSeconds + restMilliseconds(text))
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

/** What a fraction and an offset add to whole seconds; NaN where something else follows them. */
function restMilliseconds(text: string): number {
  // Nearly every store writes milliseconds in UTC.
  if (text.length === 24 && text.charCodeAt(19) === dot && text.charCodeAt(23) === letterZ) {
    const fraction = digitsAt(text, 20, 3)
    return fraction < 0 ? Number.NaN : fraction
  }
  const rest = restPattern.exec(text.slice(19))
  if (rest === null) return Number.NaN
  const [, fraction = '', sign, hours = '', minutes = ''] = rest
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000
  return Number(fraction.slice(0, 3).padEnd(3, '0')) - (sign === '-' ? -offset : offset)
}
