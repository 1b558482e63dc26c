import { S3Failure } from '../../failure.ts'
import { padded, type LocalTime, type Timestamp } from './timestamp.ts'

/** Writes a timestamp. */
export type TimeFormatter = (timestamp: Timestamp) => string

const monthNames =
  'January February March April May June July August September October November December'.split(' ')

type Symbols = (local: LocalTime, timestamp: Timestamp) => string

function nameOfMonth(local: LocalTime): string {
  return monthNames[local.month - 1] ?? ''
}

function hourOfHalfDay(local: LocalTime): number {
  return local.hour % 12 === 0 ? 12 : local.hour % 12
}

/** The symbols of TO_STRING (SQL reference, date functions, time format pattern). */
const symbols: ReadonlyMap<string, Symbols> = new Map<string, Symbols>([
  ['yy', (local) => padded(local.year % 100, 2)],
  ['y', (local) => String(local.year)],
  ['yyyy', (local) => padded(local.year, 4)],
  ['M', (local) => String(local.month)],
  ['MM', (local) => padded(local.month, 2)],
  ['MMM', (local) => nameOfMonth(local).slice(0, 3)],
  ['MMMM', nameOfMonth],
  ['MMMMM', (local) => nameOfMonth(local).slice(0, 1)],
  ['d', (local) => String(local.day)],
  ['dd', (local) => padded(local.day, 2)],
  ['a', (local) => (local.hour < 12 ? 'AM' : 'PM')],
  ['h', (local) => String(hourOfHalfDay(local))],
  ['hh', (local) => padded(hourOfHalfDay(local), 2)],
  ['H', (local) => String(local.hour)],
  ['HH', (local) => padded(local.hour, 2)],
  ['m', (local) => String(local.minute)],
  ['mm', (local) => padded(local.minute, 2)],
  ['s', (local) => String(local.second)],
  ['ss', (local) => padded(local.second, 2)],
  ['n', (_local, { fraction }) => String(Number(fraction.padEnd(9, '0')))],
  ['X', (_local, { offsetMinutes }) => offset(offsetMinutes, 'hours', 'Z')],
  ['XX', (_local, { offsetMinutes }) => offset(offsetMinutes, 'plain', 'Z')],
  ['XXX', (_local, { offsetMinutes }) => offset(offsetMinutes, 'colon', 'Z')],
  ['XXXX', (_local, { offsetMinutes }) => offset(offsetMinutes, 'plain', 'Z')],
  ['XXXXX', (_local, { offsetMinutes }) => offset(offsetMinutes, 'colon', 'Z')],
  ['x', (_local, { offsetMinutes }) => offset(offsetMinutes, 'hours', undefined)],
  ['xx', (_local, { offsetMinutes }) => offset(offsetMinutes, 'plain', undefined)],
  ['xxx', (_local, { offsetMinutes }) => offset(offsetMinutes, 'colon', undefined)],
  ['xxxx', (_local, { offsetMinutes }) => offset(offsetMinutes, 'plain', undefined)],
  ['xxxxx', (_local, { offsetMinutes }) => offset(offsetMinutes, 'colon', undefined)],
])

function offset(
  minutes: number | undefined,
  form: 'hours' | 'plain' | 'colon',
  zero: string | undefined,
): string {
  const total = minutes ?? 0
  if (total === 0 && zero !== undefined) return zero
  const sign = total < 0 ? '-' : '+'
  const hours = padded(Math.trunc(Math.abs(total) / 60), 2)
  const rest = padded(Math.abs(total) % 60, 2)
  if (form === 'hours') return rest === '00' ? `${sign}${hours}` : `${sign}${hours}${rest}`
  return form === 'plain' ? `${sign}${hours}${rest}` : `${sign}${hours}:${rest}`
}

/** A text in quotes, a run of one letter, or anything else. */
const piece = /'(?:[^']|'')*'|'|([A-Za-z])\1*|[^A-Za-z']+/g

/**
 * Prepares a pattern such as `MMMM d, y h:m a`.
 * @throws S3Failure EvaluatorInvalidTimestampFormatPatternSymbol and its relatives
 */
export function timeFormatter(pattern: string): TimeFormatter {
  const writers = (pattern.match(piece) ?? []).map(writerOf)
  return (timestamp) => {
    const { local } = timestamp
    return writers.map((write) => write(local, timestamp)).join('')
  }
}

function writerOf(text: string): Symbols {
  if (text === "'") throw new S3Failure('EvaluatorUnterminatedTimestampFormatPatternToken')
  if (text.startsWith("'")) {
    const literal = text === "''" ? "'" : text.slice(1, -1).replaceAll("''", "'")
    return () => literal
  }
  if (!/^[A-Za-z]/.test(text)) return () => text
  if (text.startsWith('S')) {
    return (_local, { fraction }) => fraction.padEnd(text.length, '0').slice(0, text.length)
  }
  const known = symbols.get(text)
  if (known !== undefined) return known
  throw new S3Failure(
    symbols.has(text.charAt(0))
      ? 'EvaluatorInvalidTimestampFormatPatternToken'
      : 'EvaluatorInvalidTimestampFormatPatternSymbol',
  )
}
