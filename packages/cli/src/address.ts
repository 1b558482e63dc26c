import { UsageError } from './usage-error.ts'

/** What a command works on. */
export interface Address {
  readonly bucket: string
  /** Everything behind the first slash; empty for the bucket itself. */
  readonly key: string
}

/** Reads `bucket` or `bucket/key`; the key may hold anything. */
export function parseAddress(text: string): Address {
  const slash = text.indexOf('/')
  const bucket = slash === -1 ? text : text.slice(0, slash)
  if (bucket === '') throw new UsageError(`'${text}' is no bucket/key`)
  return { bucket, key: slash === -1 ? '' : text.slice(slash + 1) }
}

/** Reads `bucket/key`, where a key has to be. */
export function parseObject(text: string): Address {
  const address = parseAddress(text)
  if (address.key === '') throw new UsageError(`'${text}' names no object: give bucket/key`)
  return address
}

/** Reads `bucket` alone. */
export function parseBucket(text: string): string {
  const { bucket, key } = parseAddress(text)
  if (key !== '') throw new UsageError(`'${text}' names an object: give a bucket`)
  return bucket
}
