import { parseObject } from '../address.ts'
import type { Session } from '../session.ts'

/** `stowage cat BUCKET/KEY` */
export async function cat({ client, output, signal }: Session, target: string): Promise<void> {
  const { bucket, key } = parseObject(target)
  const reader = await client.getObject(bucket, key, { signal })
  for await (const chunk of reader) await output.bytes(chunk)
}
