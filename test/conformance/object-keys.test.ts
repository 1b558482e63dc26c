import { expect, vi } from 'vitest'
import { isS3Error, type Client } from 'stowage'
import { vectors } from '../support/vectors.ts'
import { conformance } from './harness/conformance.ts'
import { forEach } from './harness/entries.ts'
import { plainHttp } from './harness/plain-http.ts'
import { expectRefusedLocally } from './harness/refusals.ts'

// A thousand requests, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

/** A few of each kind, so that a clone without the vectors is proven as well. */
const ownKeys = [
  'a/../b',
  '../b',
  '..',
  '.',
  './b',
  'a//b',
  '/lead',
  'a/',
  'a+b',
  'a b',
  'a%20b',
  '100%',
  '%2F',
  'a\\b',
  '#frag',
  '?q=1',
  'a&amp;b',
  '"quote"',
  "!'()*",
  '~x',
  'tab\there',
  'cr\rlf\n',
  '\u0001',
  ' leading and trailing ',
  '0123',
  '0x1F',
  '1e5',
  'true',
  'null',
  '__proto__',
  '汉字',
  '😀',
  'e\u0301',
  '\u00e9',
  '\ufffe',
  '\ufeffbom',
  'k'.repeat(1024),
  'd/'.repeat(512),
  'é'.repeat(512),
  'n'.repeat(255),
  'n'.repeat(256),
  ' ',
  '\\u0040 stays as it is',
  "äöüéà ®©µÀÆÇ ƕƩǅ 01000000 0x40 \u0040 amȡȹɆple&0a!-_.*'()&$@=;:+,?<>",
]

interface HostileKeys {
  readonly keys: readonly { readonly key: string | null; readonly key_recipe: string | null }[]
}

function hostileKeys(): string[] {
  // Long keys stand in the file as recipes; they are among our own.
  const file = vectors<HostileKeys>('own/hostile-keys.json')
  const published = file?.keys.flatMap(({ key }) => (key === null ? [] : [key])) ?? []
  return [...new Set([...ownKeys, ...published])]
}

/** Through bytes: `text()` drops a byte order mark, as everywhere on the web. */
async function contentOf(client: Client, bucket: string, key: string): Promise<string> {
  return Buffer.from(await (await client.getObject(bucket, key)).bytes()).toString()
}

/** Everything that takes a key, one after another; the content is the key itself. */
async function survive(client: Client, bucket: string, key: string): Promise<void> {
  const label = JSON.stringify(key)
  const { etag } = await client.putObject(bucket, key, key)
  const stat = await client.statObject(bucket, key)
  expect([stat.etag, stat.sizeBytes], label).toEqual([etag, Buffer.byteLength(key)])
  expect(await contentOf(client, bucket, key), label).toBe(key)
  const listed = await client.listObjectsV2(bucket, { recursive: true }).toArray()
  expect(
    listed.map((entry) => (entry.isPrefix ? undefined : entry.object)),
    label,
  ).toEqual([key])
  const { status, body } = await plainHttp(await client.presignedGetObject(bucket, key))
  expect({ status, body }, label).toEqual({ status: 200, body: key })
  await client.removeObject(bucket, key)
  const gone = await client.statObject(bucket, key).catch((error: unknown) => error)
  expect(isS3Error(gone, 'NoSuchKey'), label).toBe(true)
  expect(await client.listObjectsV2(bucket, { recursive: true }).toArray(), label).toEqual([])
}

/** The only key of a bucket, as every form of listing has it. */
async function listings(client: Client, bucket: string): Promise<string[]> {
  const all = [
    await client.listObjects(bucket, { recursive: true }).toArray(),
    await client.listObjectsV2(bucket, { recursive: true, fetchOwner: true }).toArray(),
    await client.listObjectsV2(bucket, { recursive: true, includeVersions: true }).toArray(),
  ]
  return all.flatMap((entries) =>
    entries.map((entry) => (entry.isPrefix ? entry.prefix : entry.object)),
  )
}

/** What takes a key in another place than the path of a plain request. */
async function surviveElsewhere(client: Client, bucket: string, key: string): Promise<void> {
  const label = JSON.stringify(key)
  const put = await client.presignedPutObject(bucket, key)
  expect((await plainHttp(put, { method: 'PUT', body: key })).status, label).toBe(200)
  expect(await listings(client, bucket), label).toEqual([key, key, key])
  await client.setObjectTags(bucket, key, { tag: 'value' })
  expect({ ...(await client.getObjectTags(bucket, key)) }, label).toEqual({ tag: 'value' })
  await client.copyObject(bucket, 'copy', { bucket, object: key })
  await client.removeObject(bucket, key)
  await client.copyObject(bucket, key, { bucket, object: 'copy' })
  expect(await contentOf(client, bucket, key), label).toBe(key)
  for await (const failure of client.removeObjects(bucket, [key, 'copy'])) {
    expect.unreachable(`${label}: ${failure.code}`)
  }
  expect(await listings(client, bucket), label).toEqual([])
}

/** Each key alone in its bucket; several buckets at a time, as stores take a while to answer. */
async function forEachAlone(
  newBucket: () => Promise<string>,
  keys: readonly string[],
  test: (bucket: string, key: string) => Promise<void>,
): Promise<void> {
  const waiting = [...keys]
  const lane = async (): Promise<void> => {
    const bucket = await newBucket()
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) await test(bucket, key)
  }
  await Promise.all(Array.from({ length: 6 }, lane))
}

conformance('object keys', (defineCase) => {
  defineCase(
    'survive put, stat, get, list, presigned get and remove, byte for byte',
    async ({ client, bucket }) => {
      await forEachAlone(bucket, hostileKeys(), (name, key) => survive(client, name, key))
    },
    { needs: ['hostile keys'] },
  )

  defineCase(
    'survive presigned put, both listings, versions, tags, copies, and removal among many',
    async ({ client, bucket }) => {
      await forEachAlone(bucket, hostileKeys(), (name, key) => surviveElsewhere(client, name, key))
    },
    { needs: ['hostile keys'] },
  )

  defineCase(
    'survive the listing with metadata',
    async ({ client, bucket }) => {
      const name = await bucket()
      const keys = hostileKeys()
      await forEach(keys, (key) => client.putObject(name, key, '', { metadata: { note: 'x' } }))
      const options = { recursive: true, includeUserMetadata: true, pageSize: 7 }
      const listed = await client.listObjectsV2(name, options).toArray()
      const found = listed.map((entry) => (entry.isPrefix ? '' : entry.object))
      expect(new Set(found)).toEqual(new Set(keys))
      for (const entry of listed) expect(!entry.isPrefix && entry.userMetadata?.['note']).toBe('x')
    },
    { needs: ['hostile keys', 'metadata in listings'] },
  )

  defineCase(
    'survive a query',
    async ({ client, bucket }) => {
      const name = await bucket()
      const select = { expression: 'SELECT s._1 FROM S3Object s', input: { csv: {} } }
      for (const key of ownKeys) {
        await client.putObject(name, key, 'one\ntwo\n')
        const records = await client.selectObjectContent(name, key, {
          ...select,
          output: { csv: {} },
        })
        expect(await records.text(), JSON.stringify(key)).toBe('one\ntwo\n')
        await client.removeObject(name, key)
      }
    },
    { needs: ['hostile keys'] },
  )

  defineCase('that cannot be keys are refused before any request', async ({ newClient }) => {
    for (const key of ['', 'k'.repeat(1025), 'é'.repeat(513), '\ud800', 'a\udc00']) {
      const calls: readonly ((client: Client) => unknown)[] = [
        (client) => client.putObject('bucket', key, 'x'),
        (client) => client.getObject('bucket', key),
        (client) => client.statObject('bucket', key),
        (client) => client.copyObject('bucket', 'target', { bucket: 'bucket', object: key }),
        (client) => client.copyObject('bucket', key, 'bucket/source'),
        (client) => client.removeObject('bucket', key),
        (client) => client.removeObjects('bucket', [key])[Symbol.asyncIterator]().next(),
        (client) => client.getObjectTags('bucket', key),
        (client) => client.presignedGetObject('bucket', key),
      ]
      for (const call of calls) await expectRefusedLocally(newClient, call, JSON.stringify(key))
    }
  })

  defineCase(
    'live side by side, and list in the order of their UTF-8 bytes',
    async ({ client, bucket }) => {
      const name = await bucket()
      const keys = hostileKeys()
      await forEach(keys, (key) => client.putObject(name, key, key))
      const listed = await client.listObjectsV2(name, { recursive: true, pageSize: 7 }).toArray()
      const expected = keys
        .map((key) => Buffer.from(key))
        .sort((a, b) => Buffer.compare(a, b))
        .map(String)
      expect(listed.map((entry) => (entry.isPrefix ? undefined : entry.object))).toEqual(expected)
      await forEach(keys, async (key) => expect(await contentOf(client, name, key)).toBe(key))
    },
    { needs: ['hostile keys'] },
  )
})
