import { createChecksum, type ChecksumAlgorithm } from '@stowage/protocol'
import type { RequestBody } from './body.ts'

/** The digest of a body, which is read for it. */
export async function digestOf(
  algorithm: ChecksumAlgorithm,
  body: RequestBody,
): Promise<Uint8Array> {
  const sum = createChecksum(algorithm)
  const opened = body.open()
  if (typeof opened === 'string') sum.update(Buffer.from(opened, 'utf8'))
  else if (opened instanceof Uint8Array) sum.update(opened)
  else if (opened !== null) for await (const chunk of opened) sum.update(chunk)
  return sum.digest()
}
