import { parseObject } from '../address.ts'
import type { Session } from '../session.ts'
import { UsageError } from '../usage-error.ts'

/** `stowage presign [--put] [--expiry SECONDS] BUCKET/KEY` */
export async function presign(
  { client, output }: Session,
  target: string,
  options: { readonly put?: boolean; readonly expiry?: string },
): Promise<void> {
  const { bucket, key } = parseObject(target)
  const expirySeconds = options.expiry === undefined ? undefined : Number(options.expiry)
  if (Number.isNaN(expirySeconds)) throw new UsageError('--expiry takes seconds')
  const url =
    options.put === true
      ? await client.presignedPutObject(bucket, key, { expirySeconds })
      : await client.presignedGetObject(bucket, key, { expirySeconds })
  await output.say({ text: url, json: { bucket, object: key, url } })
}
