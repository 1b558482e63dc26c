/** One moment in UTC, as its parts stand in a date text; a part that was not a number is NaN. */
export interface CalendarParts {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const daysInMonth: readonly number[] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** The Gregorian calendar repeats after 400 years. */
const cycleYears = 400
const cycleMilliseconds = 146_097 * 86_400_000

/**
 * Milliseconds since 1970 of a real day and time, or NaN: `Date` would roll 30 February over to
 * March. A leap second has no number of its own and is refused.
 */
export function utcMilliseconds(parts: CalendarParts): number {
  const { year, month, day, hour, minute, second } = parts
  const isReal =
    year >= 1 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= lastDay(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59
  if (!isReal) return Number.NaN
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  return Date.UTC(year + cycleYears, month - 1, day, hour, minute, second, 0) - cycleMilliseconds
}

/**
 * The number that `count` decimal digits spell, or NaN where another character stands among
 * them. Written with character codes because a listing page brings thousands of numbers.
 */
export function digitsAt(text: string, start: number, count: number): number {
  let value = 0
  for (let index = start; index < start + count; index++) {
    const digit = text.charCodeAt(index) - 0x30
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function lastDay(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && isLeap ? 29 : (daysInMonth[month] ?? 0)
}
