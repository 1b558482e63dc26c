import { parseObject } from '../address.ts'
import type { Session } from '../session.ts'

/** `stowage stat BUCKET/KEY` */
export async function stat({ client, output, signal }: Session, target: string): Promise<void> {
  const { bucket, key } = parseObject(target)
  const found = await client.statObject(bucket, key, { signal })
  const rows = [
    ['object', `${bucket}/${key}`],
    ['size', `${found.sizeBytes} bytes`],
    ['etag', found.etag],
    ['modified', found.lastModified?.toISOString()],
    ['type', found.contentType],
    ['version', found.versionId],
    ...Object.entries(found.metadata).map(([name, value]) => [`meta ${name}`, value]),
  ]
  for (const [name = '', value] of rows) {
    if (value === undefined) continue
    await output.say({ text: `${name.padEnd(12)} ${value}`, json: { [name]: value } })
  }
}
