import { utcMilliseconds } from './calendar.ts'
import { dateOf } from './dates.ts'

const months: readonly string[] = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
]

/** The three forms of RFC 9110, 5.6.7: IMF-fixdate (RFC 1123), RFC 850, asctime. */
const forms: readonly RegExp[] = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
]

/**
 * Reads the date of a header such as `Last-Modified` or `Date`. The weekday must be a name of
 * one but is not compared with the day.
 *
 * @returns undefined for anything that is none of the three forms of RFC 9110
 * @example
 * parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT')?.getTime() // 784111777000
 */
export function parseHttpDate(text: string): Date | undefined {
  for (const form of forms) {
    const groups = form.exec(text)?.groups
    if (groups !== undefined) return dateOfGroups(groups)
  }
  return undefined
}

/**
 * Writes a date for a header: `Sun, 06 Nov 1994 08:49:37 GMT`.
 *
 * @throws RangeError for an invalid Date, which toUTCString would write as text
 */
export function formatHttpDate(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new RangeError('Cannot write an invalid Date')
  return date.toUTCString()
}

function dateOfGroups(groups: Readonly<Record<string, string>>): Date | undefined {
  const [hour, minute, second] = (groups['time'] ?? '').split(':').map(Number)
  return dateOf(
    utcMilliseconds({
      year: fullYear(groups['year'] ?? ''),
      month: months.indexOf(groups['month'] ?? '') + 1,
      day: Number(groups['day']),
      hour: hour ?? Number.NaN,
      minute: minute ?? Number.NaN,
      second: second ?? Number.NaN,
    }),
  )
}

/** RFC 850 has two digits. No object is older than 1970, so 70 to 99 lie in the last century. */
function fullYear(digits: string): number {
  const year = Number(digits)
  if (digits.length === 4) return year
  return year >= 70 ? 1900 + year : 2000 + year
}
