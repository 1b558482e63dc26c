/** One moment in UTC, as its parts stand in a date text: whole numbers of digits alone, or NaN. */
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
/** In a year without a leap day. */
const daysBeforeMonth: readonly number[] = [
  0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334,
]

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
  const minutes = (daysSince1970(year, month, day) * 24 + hour) * 60 + minute
  return (minutes * 60 + second) * 1000
}

const daysFromYear0To1970 = 719_528

/** Of the Gregorian calendar. `Date.UTC` costs more than all the rest of reading a date. */
function daysSince1970(year: number, month: number, day: number): number {
  const before = year - 1
  // Year 0 is a leap year.
  const leapDays = wholes(before, 4) - wholes(before, 100) + wholes(before, 400) + 1
  const leapDay = month > 2 && isLeap(year) ? 1 : 0
  const dayOfYear = (daysBeforeMonth[month] ?? 0) + leapDay + day - 1
  return year * 365 + leapDays + dayOfYear - daysFromYear0To1970
}

/**
 * The number that `count` characters spell, which must be decimal digits: whole texts are matched
 * before their parts are read, since a page of a listing brings thousands.
 */
export function digitsAt(text: string, start: number, count: number): number {
  let value = 0
  for (let index = start; index < start + count; index++) {
    value = value * 10 + text.charCodeAt(index) - 0x30
  }
  return value
}

/** Cheaper than `Math.floor`, which reckons with fractions. */
function wholes(years: number, divisor: number): number {
  return (years / divisor) | 0
}

function lastDay(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (daysInMonth[month] ?? 0)
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}
