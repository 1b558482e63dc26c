import { parseObject } from '../address.ts'
import type { Session } from '../session.ts'

/** `stowage rm BUCKET/KEY…` */
export async function remove(
  { client, output, signal }: Session,
  targets: readonly string[],
): Promise<void> {
  for (const target of targets) {
    const { bucket, key } = parseObject(target)
    await client.removeObject(bucket, key, { signal })
    const json = { action: 'removeObject', bucket, object: key }
    await output.say({ text: `removed ${bucket}/${key}`, json })
  }
}
