import { S3Failure } from '../../failure.ts'
import { Decimal } from './decimal.ts'
import { Timestamp } from './timestamp.ts'
import { isList, isStruct, structEntries, type Value } from './value.ts'

/** Largest record that comes in or goes out: 1 MiB, a limit of S3 Select itself. */
export const maxRecordBytes: number = 1024 * 1024

/** How deep JSON may be nested. */
export const maxJsonDepth = 128

/** A value as CSV, `||` and CAST to STRING show it; nothing for NULL and MISSING. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  if (typeof value !== 'object') return String(value)
  if (value instanceof Decimal || value instanceof Timestamp) return value.toString()
  return jsonOf(value)
}

/**
 * A value as JSON; MISSING within it is left out.
 * @throws S3Failure JSONParsingError where it is nested too deep
 */
export function jsonOf(value: Value, depth = 0): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value === null || value === undefined) return 'null'
  if (typeof value !== 'object' || value instanceof Decimal) return String(value)
  if (value instanceof Timestamp) return `"${value.toString()}"`
  if (depth >= maxJsonDepth) throw new S3Failure('JSONParsingError')
  if (isList(value)) return `[${value.map((item) => jsonOf(item, depth + 1)).join(',')}]`
  return isStruct(value) ? structJson(value, depth) : 'null'
}

function structJson(value: Value, depth: number): string {
  if (!isStruct(value)) return 'null'
  const members: string[] = []
  for (const [name, item] of structEntries(value)) {
    if (item !== undefined) members.push(`${JSON.stringify(name)}:${jsonOf(item, depth + 1)}`)
  }
  return `{${members.join(',')}}`
}
