import { parseBucket } from '../address.ts'
import type { Session } from '../session.ts'

/** `stowage rb BUCKET` */
export async function removeBucket(
  { client, output, signal }: Session,
  target: string,
): Promise<void> {
  const bucket = parseBucket(target)
  await client.removeBucket(bucket, { signal })
  await output.say({ text: `removed ${bucket}`, json: { action: 'removeBucket', bucket } })
}
