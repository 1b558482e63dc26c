import type { RequestBody } from '../request/body.ts'
import { md5Of } from './upload-state.ts'

type Headers = Readonly<Record<string, string>>

/** Whether the headers of a new object put a lock on it. */
export function asksForLock(headers: Headers): boolean {
  return Object.keys(headers).some((name) => name.startsWith('x-amz-object-lock-'))
}

/**
 * The headers, with the MD5 of the body that S3 demands of locked objects ("PutObject" of AWS). A
 * checksum does as well, but not for every store; behind a framed body it has to, since nobody says
 * whether the MD5 of such a body is that of its frames.
 */
export async function withLockDigest(
  headers: Headers,
  body: RequestBody,
  signal: AbortSignal,
): Promise<Headers> {
  if (!asksForLock(headers) || body.framing) return headers
  const md5 = Buffer.from(await md5Of(body, signal), 'hex').toString('base64')
  return { ...headers, 'content-md5': md5 }
}
