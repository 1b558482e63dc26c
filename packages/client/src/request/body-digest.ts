import { createChecksum, type ChecksumAlgorithm } from '@stowage/protocol'
import type { RequestBody } from './body.ts'

/** Node 20 does not hash 2 GiB at once, and a part may have 5. */
const maxBytesAtOnce = 1024 ** 3

/**
 * The digest of a body, which is read for it.
 *
 * @throws the reason of the signal, which is looked at between pieces: a large part takes its time
 */
export async function digestOf(
  algorithm: ChecksumAlgorithm,
  body: RequestBody,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const sum = createChecksum(algorithm)
  const opened = body.open()
  if (typeof opened === 'string') sum.update(Buffer.from(opened, 'utf8'))
  else if (opened instanceof Uint8Array) {
    for (let start = 0; start < opened.length; start += maxBytesAtOnce) {
      sum.update(opened.subarray(start, start + maxBytesAtOnce))
    }
  } else if (opened !== null) {
    for await (const chunk of opened) {
      signal.throwIfAborted()
      sum.update(chunk)
    }
  }
  return sum.digest()
}
