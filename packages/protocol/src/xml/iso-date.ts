const DAYS_IN_MONTH: readonly number[] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const PLUS = 0x2b
const DASH = 0x2d
const DOT = 0x2e
const COLON = 0x3a
const LETTER_T = 0x54
const LETTER_Z = 0x5a
const MILLISECONDS_PER_MINUTE = 60_000

/**
 * Parses the ISO 8601 form that S3 answers use: `2024-02-29T12:34:56Z`, with up to nine fraction
 * digits (AWS 3, MinIO and Ceph also 0 or 9; cut to milliseconds), with `Z` or an offset.
 *
 * @returns undefined for anything else, such as 30 February or a date without a zone
 */
export function parseIsoDate(text: string): Date | undefined {
  if (!hasDateForm(text)) return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 7)
  const day = digits(text, 8, 10)
  const hour = digits(text, 11, 13)
  const minute = digits(text, 14, 16)
  const second = digits(text, 17, 19)
  const zoneAt = endOfFraction(text)
  const offsetMinutes = zoneOffsetMinutes(text, zoneAt)
  const isTime = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60
  if (!isCalendarDay(year, month, day) || !isTime || offsetMinutes === undefined) return undefined
  const minutes = (daysSince1970(year, month, day) * 24 + hour) * 60 + minute - offsetMinutes
  const milliseconds = second * 1000 + fractionMilliseconds(text, zoneAt)
  return new Date(minutes * MILLISECONDS_PER_MINUTE + milliseconds)
}

function hasDateForm(text: string): boolean {
  return (
    text.charCodeAt(4) === DASH &&
    text.charCodeAt(7) === DASH &&
    text.charCodeAt(10) === LETTER_T &&
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON
  )
}

/** The number that the digits in `[from, to)` spell, or -1 where one is no digit. */
function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  const lastDay = DAYS_IN_MONTH[month - 1]
  if (year < 0 || lastDay === undefined || day < 1 || day > lastDay) return false
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month !== 2 || day < 29 || isLeapYear
}

/**
 * Counts days in a calendar whose year begins in March, so that leap days come last.
 * Date.UTC would take the years 0 to 99 for 1900 to 1999 (MinIO sends year 1 for "never"), and is
 * slower than all the rest here.
 */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const marchMonth = (month + 9) % 12
  const leapDays =
    Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1
  return 365 * marchYear + leapDays + dayOfYear - 719_468
}

/** The index after the fraction of the second, which begins at 19 where there is one. */
function endOfFraction(text: string): number {
  if (text.charCodeAt(19) !== DOT) return 19
  let at = 20
  while (at < 29 && digits(text, at, at + 1) >= 0) at++
  return at === 20 ? 19 : at
}

function fractionMilliseconds(text: string, end: number): number {
  if (end === 19) return 0
  const count = Math.min(end - 20, 3)
  return digits(text, 20, 20 + count) * 10 ** (3 - count)
}

function zoneOffsetMinutes(text: string, at: number): number | undefined {
  const mark = text.charCodeAt(at)
  if (mark === LETTER_Z) return text.length === at + 1 ? 0 : undefined
  const sign = mark === PLUS ? 1 : mark === DASH ? -1 : 0
  const hours = digits(text, at + 1, at + 3)
  const minutes = digits(text, at + 4, at + 6)
  const hasForm = sign !== 0 && text.charCodeAt(at + 3) === COLON && text.length === at + 6
  const isOffset = hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60
  return hasForm && isOffset ? sign * (hours * 60 + minutes) : undefined
}
