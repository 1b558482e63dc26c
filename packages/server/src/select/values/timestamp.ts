import { maxScalarCharacters } from './numeric.ts'

/** How much of a moment was written down: `2007T` says nothing of the month. */
export type Precision = 'year' | 'month' | 'day' | 'minute' | 'second'

export const precisions: readonly Precision[] = ['year', 'month', 'day', 'minute', 'second']

/** Year, month and so on as a clock in the offset of the timestamp shows them. */
export interface LocalTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** The TIMESTAMP of S3 Select, which is that of Amazon Ion: a moment, its offset, its precision. */
export class Timestamp {
  /** Seconds since 1970 in UTC, whole. */
  readonly epochSeconds: number
  /** Digits of the fraction of the second, up to nine. */
  readonly fraction: string
  /** Undefined where the local offset is not known, which Ion writes as `-00:00`. */
  readonly offsetMinutes: number | undefined
  readonly precision: Precision

  constructor(
    epochSeconds: number,
    fraction: string,
    offsetMinutes: number | undefined,
    precision: Precision,
  ) {
    this.epochSeconds = epochSeconds
    this.fraction = fraction
    this.offsetMinutes = offsetMinutes
    this.precision = precision
  }

  static fromDate(date: Date): Timestamp {
    const milliseconds = date.getTime()
    const seconds = Math.floor(milliseconds / 1000)
    const fraction = String(milliseconds - seconds * 1000).padStart(3, '0')
    return new Timestamp(seconds, fraction, 0, 'second')
  }

  /** @returns undefined for a day that no calendar has, or a year beyond 1 to 9999 */
  static fromLocal(
    local: LocalTime,
    fraction: string,
    offsetMinutes: number | undefined,
    precision: Precision,
  ): Timestamp | undefined {
    const { year, month, day, hour, minute, second } = local
    // Date.UTC takes the years 0 to 99 for 1900 to 1999.
    const date = new Date(0)
    date.setUTCFullYear(year, month - 1, day)
    date.setUTCHours(hour, minute, second)
    const isOfCalendar =
      date.getUTCDate() === day && date.getUTCMonth() === month - 1 && hour < 24 && minute < 60
    if (!isOfCalendar || second > 59 || year < 1 || year > 9999) return undefined
    const epochSeconds = date.getTime() / 1000 - (offsetMinutes ?? 0) * 60
    return new Timestamp(epochSeconds, fraction, offsetMinutes, precision)
  }

  get local(): LocalTime {
    const date = new Date((this.epochSeconds + (this.offsetMinutes ?? 0) * 60) * 1000)
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    }
  }

  /** @returns negative, zero or positive, as this moment is earlier, the same or later */
  compare(other: Timestamp): number {
    const seconds = this.epochSeconds - other.epochSeconds
    if (seconds !== 0) return seconds
    return Number(this.fraction.padEnd(9, '0')) - Number(other.fraction.padEnd(9, '0'))
  }

  /** In the form of Ion: `2007T`, `2007-02-23T`, `2007-02-23T12:14Z`, `2007-02-23T12:14:33.079Z`. */
  toString(): string {
    const { year, month, day, hour, minute, second } = this.local
    let text = padded(year, 4)
    if (this.precision === 'year') return `${text}T`
    text += `-${padded(month, 2)}`
    if (this.precision === 'month') return `${text}T`
    text += `-${padded(day, 2)}T`
    if (this.precision === 'day') return text
    text += `${padded(hour, 2)}:${padded(minute, 2)}`
    if (this.precision === 'second') text += `:${padded(second, 2)}`
    if (this.fraction !== '') text += `.${this.fraction}`
    return `${text}${offsetText(this.offsetMinutes)}`
  }
}

export function padded(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

function offsetText(minutes: number | undefined): string {
  if (minutes === undefined) return '-00:00'
  if (minutes === 0) return 'Z'
  const size = Math.abs(minutes)
  const sign = minutes < 0 ? '-' : '+'
  return `${sign}${padded(Math.trunc(size / 60), 2)}:${padded(size % 60, 2)}`
}

const form =
  /^(\d{4})(?:T|-(\d\d)(?:T|-(\d\d)(?:T?|[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)))$/

/** Reads the forms of Ion and of ISO 8601 that it is a part of; undefined for others. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = text.length > maxScalarCharacters ? null : form.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, offset] = match
  const local: LocalTime = {
    year: Number(year),
    month: Number(month ?? 1),
    day: Number(day ?? 1),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
  }
  const precision = precisionOf([month, day, minute, second])
  return Timestamp.fromLocal(local, fraction ?? '', parseOffset(offset), precision)
}

function precisionOf(parts: readonly (string | undefined)[]): Precision {
  const given = parts.findIndex((part) => part === undefined)
  return precisions[given < 0 ? parts.length : given] ?? 'second'
}

function parseOffset(text: string | undefined): number | undefined {
  if (text === undefined || text === '-00:00') return undefined
  if (text === 'Z') return 0
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4, 6))
  return text.startsWith('-') ? -minutes : minutes
}
