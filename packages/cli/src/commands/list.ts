import type { ListingEntry } from 'stowage'
import { parseAddress } from '../address.ts'
import type { Message } from '../output.ts'
import type { Session } from '../session.ts'

const sizeColumn = 14

function entryMessage(bucket: string, entry: ListingEntry): Message {
  if (entry.isPrefix) {
    const { prefix } = entry
    const blank = ' '.repeat('2026-01-01T00:00:00.000Z'.length)
    return {
      text: `${blank} ${'-'.padStart(sizeColumn)} ${bucket}/${prefix}`,
      json: { bucket, prefix },
    }
  }
  const { object, sizeBytes, etag, lastModified } = entry
  const size = String(sizeBytes).padStart(sizeColumn)
  return {
    text: `${lastModified.toISOString()} ${size} ${bucket}/${object}`,
    json: { bucket, object, sizeBytes, etag, lastModified },
  }
}

/** `stowage ls [BUCKET[/PREFIX]]` */
export async function list(
  { client, output, signal }: Session,
  target: string | undefined,
  options: { readonly recursive?: boolean },
): Promise<void> {
  if (target === undefined) {
    for await (const { name, creationDate } of client.listBuckets({ signal })) {
      const created = creationDate?.toISOString() ?? ''
      await output.say({ text: `${created} ${name}`, json: { bucket: name, creationDate } })
    }
    return
  }
  const { bucket, key: prefix } = parseAddress(target)
  const recursive = options.recursive === true
  for await (const entry of client.listObjectsV2(bucket, { prefix, recursive, signal })) {
    await output.say(entryMessage(bucket, entry))
  }
}
