import { expect } from 'vitest'
import { isS3Error, type Client } from 'stowage'
import { vectors } from '../support/vectors.ts'
import { conformance } from './harness/conformance.ts'
import { plainHttp } from './harness/plain-http.ts'

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
}

conformance('object keys', (defineCase) => {
  defineCase(
    'survive put, stat, get, list, presigned get and remove, byte for byte',
    async ({ client, bucket }) => {
      const name = await bucket()
      for (const key of hostileKeys()) await survive(client, name, key)
      expect(await client.listObjectsV2(name, { recursive: true }).toArray()).toEqual([])
    },
    { needs: ['hostile keys'] },
  )

  defineCase(
    'live side by side, and list in the order of their UTF-8 bytes',
    async ({ client, bucket }) => {
      const name = await bucket()
      const keys = hostileKeys()
      for (const key of keys) await client.putObject(name, key, key)
      const listed = await client.listObjectsV2(name, { recursive: true, pageSize: 7 }).toArray()
      const expected = keys
        .map((key) => Buffer.from(key))
        .sort((a, b) => Buffer.compare(a, b))
        .map(String)
      expect(listed.map((entry) => (entry.isPrefix ? undefined : entry.object))).toEqual(expected)
      for (const key of keys) {
        expect(await contentOf(client, name, key)).toBe(key)
      }
    },
    { needs: ['hostile keys'] },
  )
})
