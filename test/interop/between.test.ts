import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { PlainClient } from './support/driver.ts'
import { allClients } from './support/drivers.ts'
import { meetsAt, openPlace, placeNames } from './support/meeting-place.ts'

const bytes = Buffer.from(Array.from({ length: 256 * 40 }, (_, index) => (index * 7) % 256))
const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex')
const key = 'folder/sp ace+é %2F'
const contentType = 'application/x-between; v=1'
const metadata = { colour: 'red', 'many-words': 'one, two' }

/** Enough for several parts with every client. */
const long = Buffer.alloc(9 * 1024 ** 2, 'what is long is cut into parts')

/** What an object of a client has for metadata. */
function metadataBy(writer: string): Readonly<Record<string, string>> {
  // Our own program has no option for it; s3cmd always adds the digest that it checks later.
  if (writer === 'stowage-cli') return {}
  return writer === 's3cmd' ? { ...metadata, 's3cmd-attrs': `md5:${md5(bytes)}` } : metadata
}

/** What one client writes every other one reads: bytes, ETag, metadata and content type. */
describe.each(placeNames)('between clients (%s)', (placeName) => {
  const clients = allClients.filter(
    (kind) => kind.missing === undefined && meetsAt(kind, placeName),
  )
  let place: Awaited<ReturnType<typeof openPlace>> | undefined
  const opened = new Map<string, PlainClient>()
  const buckets = new Map<string, string>()

  beforeAll(async () => {
    place = await openPlace(placeName)
    for (const kind of clients) opened.set(kind.name, await kind.open(place.target))
  })

  afterAll(async () => {
    for (const client of opened.values()) await client.close()
    await place?.close()
  })

  function client(name: string): PlainClient {
    const found = opened.get(name)
    if (found === undefined) throw new Error(`no client ${name}`)
    return found
  }

  /** The bucket of a writer, which writes when it is first asked for. */
  async function writtenBy(name: string): Promise<string> {
    const known = buckets.get(name)
    if (known !== undefined) return known
    const bucket = place?.newBucketName() ?? ''
    buckets.set(name, bucket)
    const writer = client(name)
    await writer.makeBucket(bucket)
    await writer.put(bucket, key, bytes, { contentType, metadata })
    await writer.putParts(bucket, 'long', long)
    return bucket
  }

  const names = clients.map(({ name }) => name)
  const pairs = names.flatMap((writer) => names.map((reader) => ({ writer, reader })))

  it.each(pairs)('$reader reads what $writer wrote', async ({ writer, reader }) => {
    const bucket = await writtenBy(writer)
    const to = client(reader)
    expect(await to.stat(bucket, key)).toEqual({
      sizeBytes: bytes.length,
      etag: md5(bytes),
      contentType,
      metadata: metadataBy(writer),
    })
    expect(await to.get(bucket, key)).toEqual(bytes)
    expect(md5(await to.get(bucket, 'long'))).toBe(md5(long))
  })

  it.each(names)('%s lists and removes what others wrote', async (name) => {
    const others = client(names.find((other) => other !== name) ?? name)
    const bucket = place?.newBucketName() ?? ''
    await others.makeBucket(bucket)
    await others.put(bucket, key, bytes)
    expect((await client(name).list(bucket)).keys).toEqual([key])
    await client(name).remove(bucket, key)
    expect((await others.list(bucket)).keys).toEqual([])
    await client(name).removeBucket(bucket)
    await expect(others.list(bucket)).rejects.toThrow()
  })
})
