import { S3Failure } from '../../failure.ts'
import { Decimal } from './decimal.ts'
import { Timestamp } from './timestamp.ts'
import { isList, structEntries, type List, type Struct, type Value } from './value.ts'

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
  return isList(value) ? listJson(value, depth) : structJson(value, depth)
}

function listJson(list: List, depth: number): string {
  let json = ''
  for (const item of list) json += (json === '' ? '' : ',') + jsonOf(item, depth + 1)
  return `[${json}]`
}

function structJson(value: Struct, depth: number): string {
  let json = ''
  for (const [name, item] of structEntries(value)) {
    if (item === undefined) continue
    json += `${json === '' ? '' : ','}${JSON.stringify(name)}:${jsonOf(item, depth + 1)}`
  }
  return `{${json}}`
}
