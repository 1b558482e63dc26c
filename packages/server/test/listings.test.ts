import { beforeAll, describe, expect, it } from 'vitest'

import {
  decodeUrlEncoded,
  decodeXml,
  encodeKeyPath,
  listObjectsDocument,
  listObjectsV2Document,
  objectKeyProblem,
  type ListingEntry,
  type ListObjectsResult,
  type ListObjectsV2Result,
} from '@stowage/protocol'
import { vectors } from '../../../test/support/vectors.ts'
import type { RawClient } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

interface HostileKeys {
  readonly keys: readonly {
    readonly key: string | null
    readonly key_recipe: string | null
    readonly legal_s3_key: boolean
  }[]
}

const own = [
  'a',
  'a/b',
  'a/b/c',
  'a/',
  'b',
  '0123',
  'true',
  'a+b',
  'a b',
  'a%20b',
  '100%',
  '../x',
  './x',
  '..',
  '//',
  'dir1/a.b/1',
  'dir1/a/1',
  '\u{1F600}',
  '\uE000',
  '\uFFFD',
  '\u{10FFFF}',
  'control\u0001',
  'nul\0',
  'nul\0l',
  'line\r\nend',
  '<&">',
  '__proto__',
  'é',
  'e\u0301',
]

function hostileKeys(): string[] {
  const published = vectors<HostileKeys>('own/hostile-keys.json')?.keys ?? []
  const keys = published.flatMap(({ key, legal_s3_key: legal }) =>
    key !== null && legal && objectKeyProblem(key) === undefined ? [key] : [],
  )
  return [...new Set([...own, ...keys])]
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

function names(entries: readonly ListingEntry[]): string[] {
  return entries.map((entry) => (entry.isPrefix ? `prefix ${entry.prefix}` : entry.object))
}

/** What a listing has to be, worked out the slow way. */
function expected(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const found = new Map<string, string>()
  for (const key of [...keys].sort(byBytes)) {
    if (!key.startsWith(prefix)) continue
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const common = key.slice(0, end + delimiter.length)
    if (end === -1) found.set(key, key)
    else found.set(`prefix ${common}`, `prefix ${common}`)
  }
  return [...found.keys()]
}

describeServers('listings with metadata', (fixture) => {
  it('tell of headers, metadata and tags', async () => {
    const { client } = fixture()
    await client.makeBucket('described')
    await client.put('described', 'key', 'x', {
      'content-type': 'text/plain',
      'x-amz-meta-colour': 'gr\u00c3\u00bcn',
      'x-amz-meta-__proto__': 'own',
      'x-amz-tagging': 'a=1&b=2',
    })
    await client.put('described', 'other', 'x')
    const list = async (query: Record<string, string>): Promise<ListObjectsV2Result> => {
      const answer = await client.send({
        bucket: 'described',
        query: { 'list-type': '2', ...query },
      })
      return decodeXml(listObjectsV2Document, answer.text)
    }
    const { entries } = await list({ metadata: 'true' })
    expect(entries[0]).toMatchObject({
      object: 'key',
      userMetadata: {
        'content-type': 'text/plain',
        'X-Amz-Meta-colour': 'grün',
        'X-Amz-Meta-__proto__': 'own',
      },
      userTags: 'a=1&b=2',
    })
    expect(entries[1]).toMatchObject({ object: 'other', userTags: undefined })
    expect((await list({})).entries[0]).toMatchObject({ userMetadata: undefined })
    expect((await list({ metadata: 'true', delimiter: 'e' })).entries[0]).toEqual({
      isPrefix: true,
      prefix: 'ke',
    })
  })
})

describeServers('listings', (fixture) => {
  const keys = hostileKeys()
  const bucket = 'listings'
  let client: RawClient

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
    await client.makeBucket('listings2')
    await client.put('listings2', 'a', 'of the next bucket')
    for (const key of keys) {
      const { status } = await client.put(bucket, key, key)
      if (status !== 200) throw new Error(`${JSON.stringify(key)}: ${status}`)
    }
  })

  async function pageV2(query: Record<string, string>): Promise<ListObjectsV2Result> {
    const full = { 'list-type': '2', 'encoding-type': 'url', ...query }
    const { status, text } = await client.send({ bucket, query: full })
    expect(status).toBe(200)
    return decodeUrlEncoded(decodeXml(listObjectsV2Document, text))
  }

  async function pageV1(query: Record<string, string>): Promise<ListObjectsResult> {
    const { status, text } = await client.send({
      bucket,
      query: { 'encoding-type': 'url', ...query },
    })
    expect(status).toBe(200)
    return decodeUrlEncoded(decodeXml(listObjectsDocument, text))
  }

  async function allV2(query: Record<string, string>): Promise<string[]> {
    const found: string[] = []
    let more: Record<string, string> = {}
    for (;;) {
      const { entries, isTruncated, nextContinuationToken } = await pageV2({ ...query, ...more })
      found.push(...names(entries))
      expect(isTruncated).toBe(nextContinuationToken !== undefined)
      if (nextContinuationToken === undefined) return found
      more = { 'continuation-token': nextContinuationToken }
    }
  }

  async function allV1(query: Record<string, string>): Promise<string[]> {
    const found: string[] = []
    let more: Record<string, string> = {}
    for (;;) {
      const { entries, isTruncated, nextMarker } = await pageV1({ ...query, ...more })
      found.push(...names(entries))
      if (!isTruncated) return found
      const last = entries.at(-1)
      more = { marker: nextMarker ?? (last?.isPrefix === false ? last.object : '') }
    }
  }

  describe.each(['', '/', 'a', '%', ' ', '.', '/a', '\u{1F600}'])('delimiter %j', (delimiter) => {
    it.each(['', 'a', 'a/', 'dir1/', 'dir1/a', '\u{1F600}', 'absent'])(
      'prefix %j is the same in pages of every size and in both versions',
      async (prefix) => {
        const want = expected(keys, prefix, delimiter)
        const query = { prefix, delimiter }
        for (const size of ['1', '2', '7', '1000']) {
          const paged = { ...query, 'max-keys': size }
          if (size === '1' && want.length > 30) continue
          expect(await allV2(paged)).toEqual(want)
          expect(await allV1(paged)).toEqual(want)
        }
      },
    )
  })

  it('starts behind a key, there or not', async () => {
    const sorted = [...keys].sort(byBytes)
    for (const after of ['a', 'a/', 'a/a', 'zzz', '\u{10FFFF}', sorted.at(-1) ?? '']) {
      const want = sorted.filter((key) => byBytes(key, after) > 0)
      expect(names((await pageV2({ 'start-after': after })).entries)).toEqual(want)
      expect(names((await pageV1({ marker: after })).entries)).toEqual(want)
    }
  })

  it('does not start before the prefix', async () => {
    const want = expected(keys, 'dir1/', '')
    expect(names((await pageV2({ prefix: 'dir1/', 'start-after': 'a' })).entries)).toEqual(want)
    expect(names((await pageV2({ prefix: 'dir1/', 'start-after': 'e' })).entries)).toEqual([])
  })

  it('tells what was asked and what an object is', async () => {
    const result = await pageV2({ prefix: 'a', 'max-keys': '1', 'start-after': '0' })
    expect(result).toMatchObject({
      name: bucket,
      prefix: 'a',
      maxKeys: 1,
      keyCount: 1,
      startAfter: '0',
    })
    expect(result.entries[0]).toMatchObject({
      object: 'a',
      sizeBytes: 1,
      etag: '0cc175b9c0f1b6a831c399e269772661',
      storageClass: 'STANDARD',
    })
    expect(result.entries[0]).not.toHaveProperty('owner.id')
    const owned = await pageV2({ prefix: 'a', 'max-keys': '1', 'fetch-owner': 'true' })
    expect(owned.entries[0]).toHaveProperty('owner.id')
  })

  it('has no more than 1000 keys a page, and none when none are wanted', async () => {
    expect(await pageV2({ 'max-keys': '0' })).toMatchObject({ entries: [], isTruncated: false })
    expect(await pageV2({ 'max-keys': '5000' })).toMatchObject({ maxKeys: 1000 })
  })

  it.each([
    { 'max-keys': '-1' },
    { 'max-keys': 'x' },
    { 'max-keys': '99999999999' },
    { 'encoding-type': 'xml' },
    { 'continuation-token': 'forged' },
    { 'continuation-token': '' },
    { 'list-type': '3' },
  ])('refuses %j', async (query) => {
    const full = { 'list-type': '2', ...query }
    expect((await client.send({ bucket, query: full })).code).toBe('InvalidArgument')
  })

  it('knows its bucket', async () => {
    const query = { 'list-type': '2' }
    expect((await client.send({ bucket: 'nowhere', query })).code).toBe('NoSuchBucket')
    expect((await client.send({ bucket: 'nowhere' })).code).toBe('NoSuchBucket')
  })

  it('gives every key back under its name', async () => {
    for (const key of keys) {
      const { status, text } = await client.send({ path: `/${bucket}/${encodeKeyPath(key)}` })
      expect([status, text]).toEqual([200, key])
    }
  })
})
