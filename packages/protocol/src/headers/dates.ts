import { digitsAt, utcMilliseconds } from './calendar.ts'

const letterZ = 0x5a

/** The shape of an ISO 8601 time: seconds, 0 to 9 digits of a fraction, `Z` or an offset. */
export const ISO_DATE_SHAPE =
  '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?(?:Z|[+-]\\d\\d:\\d\\d)'

const isoDate = new RegExp(`^${ISO_DATE_SHAPE}$`)
const restOfIsoDate = /^(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/
const amzDateShape = /^\d{8}T\d{6}Z$/

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
  return isoDate.test(text) ? shapedIsoDate(text) : undefined
}

/** {@link parseIsoDate} of a text that is known to have {@link ISO_DATE_SHAPE}. */
export function shapedIsoDate(text: string): Date | undefined {
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

/** What a fraction and an offset add to whole seconds; NaN for an offset that no clock has. */
function restMilliseconds(text: string): number {
  // Nearly every store writes milliseconds in UTC.
  if (text.length === 24 && text.charCodeAt(23) === letterZ) return digitsAt(text, 20, 3)
  const rest = restOfIsoDate.exec(text.slice(19))
  if (rest === null) return Number.NaN
  const [, fraction = '', sign, hours = '', minutes = ''] = rest
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000
  return Number(fraction.slice(0, 3).padEnd(3, '0')) - (sign === '-' ? -offset : offset)
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
  if (!amzDateShape.test(text)) return undefined
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
