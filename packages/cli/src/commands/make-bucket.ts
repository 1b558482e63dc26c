import { parseBucket } from '../address.ts'
import type { Session } from '../session.ts'

/** `stowage mb BUCKET` */
export async function makeBucket(
  { client, output, signal }: Session,
  target: string,
  options: { readonly objectLock?: boolean },
): Promise<void> {
  const bucket = parseBucket(target)
  await client.makeBucket(bucket, { objectLock: options.objectLock, signal })
  await output.say({ text: `made ${bucket}`, json: { action: 'makeBucket', bucket } })
}
