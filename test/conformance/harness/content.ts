import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { S3Error, type Client, type GetObjectOptions } from 'stowage'

export const mebibyte: number = 1024 * 1024
/** The least that S3 takes for a part that is not the last. */
export const partSize: number = 5 * mebibyte

/** Bytes of which no two parts are alike: the period is prime. */
export function pattern(sizeBytes: number, seed = 0): Buffer {
  const period = Buffer.alloc(
    251,
    Uint8Array.from({ length: 251 }, (_, i) => (i * 7 + seed) % 251),
  )
  return Buffer.alloc(sizeBytes, period)
}

/** Stands for many bytes in a comparison, so that a failure prints a line and not megabytes. */
export function digest(bytes: Uint8Array): string {
  return `${bytes.length} bytes, ${createHash('md5').update(bytes).digest('hex')}`
}

/** MD5 in hex: the ETag of what is stored by one request, in the clear. */
export function md5(bytes: Uint8Array | string): string {
  return createHash('md5').update(bytes).digest('hex')
}

/** The content of an object. */
export async function contentOf(
  client: Client,
  bucket: string,
  object: string,
  options: GetObjectOptions = {},
): Promise<Buffer> {
  return Buffer.from(await (await client.getObject(bucket, object, options)).bytes())
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('was not refused'),
    (error: unknown) => error,
  )
}

/** The status and the code with which the store refused. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await rejection(promise)
  if (!(error instanceof S3Error)) throw error
  return `${error.status} ${error.code}`
}

/** The keys in a bucket, as the listing has them. */
export async function keysOf(client: Client, bucket: string): Promise<string[]> {
  const entries = await client.listObjectsV2(bucket, { recursive: true }).toArray()
  return entries.flatMap((entry) => (entry.isPrefix ? [] : [entry.object]))
}
