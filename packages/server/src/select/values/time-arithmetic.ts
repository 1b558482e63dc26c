import { S3Failure } from '../../failure.ts'
import { precisions, Timestamp, type Precision } from './timestamp.ts'

export type DatePart = 'YEAR' | 'MONTH' | 'DAY' | 'HOUR' | 'MINUTE' | 'SECOND'

const precisionOfPart: Record<DatePart, Precision> = {
  YEAR: 'year',
  MONTH: 'month',
  DAY: 'day',
  HOUR: 'minute',
  MINUTE: 'minute',
  SECOND: 'second',
}

const secondsOfPart: Record<Exclude<DatePart, 'YEAR' | 'MONTH'>, number> = {
  DAY: 86_400,
  HOUR: 3600,
  MINUTE: 60,
  SECOND: 1,
}

/**
 * DATE_ADD: the result is as precise as the part, if the timestamp was less (SQL reference).
 * The day is cut to the length of the month.
 * @throws S3Failure EvaluatorInvalidArguments beyond the years 1 to 9999
 */
export function addToDate(part: DatePart, quantity: number, timestamp: Timestamp): Timestamp {
  const precision = finer(timestamp.precision, precisionOfPart[part])
  const moved =
    part === 'YEAR' || part === 'MONTH'
      ? addMonths(timestamp, part === 'YEAR' ? 12 * quantity : quantity)
      : addSeconds(timestamp, secondsOfPart[part] * quantity)
  if (moved === undefined) throw new S3Failure('EvaluatorInvalidArguments')
  return new Timestamp(moved.epochSeconds, timestamp.fraction, timestamp.offsetMinutes, precision)
}

function finer(first: Precision, second: Precision): Precision {
  return precisions.indexOf(first) > precisions.indexOf(second) ? first : second
}

/** Seconds around the years 1 to 9999. */
const firstSecond = -62_135_596_800
const lastSecond = 253_402_300_799

function addSeconds(timestamp: Timestamp, seconds: number): Timestamp | undefined {
  const { fraction, offsetMinutes, precision } = timestamp
  const epochSeconds = timestamp.epochSeconds + seconds
  if (!(epochSeconds >= firstSecond && epochSeconds <= lastSecond)) return undefined
  return new Timestamp(epochSeconds, fraction, offsetMinutes, precision)
}

function addMonths(timestamp: Timestamp, months: number): Timestamp | undefined {
  const { local, fraction, offsetMinutes, precision } = timestamp
  const total = local.year * 12 + local.month - 1 + months
  const year = Math.floor(total / 12)
  const month = total - year * 12 + 1
  const day = Math.min(local.day, daysOf(year, month))
  return Timestamp.fromLocal({ ...local, year, month, day }, fraction, offsetMinutes, precision)
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** DATE_DIFF: whole parts between two moments, negative when the second one is earlier. */
export function dateDifference(part: DatePart, from: Timestamp, to: Timestamp): number {
  if (part !== 'YEAR' && part !== 'MONTH') {
    return Math.trunc((to.epochSeconds - from.epochSeconds) / secondsOfPart[part]) + 0
  }
  const months = wholeMonths(from, to)
  return (part === 'YEAR' ? Math.trunc(months / 12) : months) + 0
}

function wholeMonths(from: Timestamp, to: Timestamp): number {
  const first = new Date(from.epochSeconds * 1000)
  const second = new Date(to.epochSeconds * 1000)
  const months =
    (second.getUTCFullYear() - first.getUTCFullYear()) * 12 +
    second.getUTCMonth() -
    first.getUTCMonth()
  const days = second.getUTCDate() - first.getUTCDate()
  if (months > 0 && days < 0) return months - 1
  return months < 0 && days > 0 ? months + 1 : months
}
