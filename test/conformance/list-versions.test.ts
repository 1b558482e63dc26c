import { expect } from 'vitest'
import type { Client, Listing, ListObjectsOptions, VersionListingEntry } from 'stowage'
import { conformance, type DefineCase } from './harness/conformance.ts'
import { inKeyOrder, rowsOf } from './harness/entries.ts'
import { codeOf } from './harness/refusals.ts'

type Version = 'listObjects' | 'listObjectsV2'
type Options = Omit<ListObjectsOptions, 'includeVersions'>

function versionsOf(
  client: Client,
  version: Version,
  bucket: string,
  options: Options = {},
): Listing<VersionListingEntry> {
  return client[version](bucket, { recursive: true, ...options, includeVersions: true })
}

/**
 * One version in short: key, id, `latest` and `marker` where it is that. Prefixes come last: where
 * they stand among the versions is the store's choice.
 */
function inShort(entries: readonly VersionListingEntry[]): string[] {
  const versions: string[] = []
  const prefixes: string[] = []
  for (const entry of entries) {
    if (entry.isPrefix) {
      prefixes.push(`prefix: ${entry.prefix}`)
      continue
    }
    const { object, versionId, isLatest, isDeleteMarker } = entry
    const marks = [isLatest ? 'latest' : '', isDeleteMarker ? 'marker' : '']
    versions.push([object, versionId, ...marks].join(' '))
  }
  return [...versions, ...prefixes]
}

async function shortList(
  client: Client,
  version: Version,
  bucket: string,
  options: Options = {},
): Promise<string[]> {
  return inShort(await versionsOf(client, version, bucket, options).toArray())
}

async function put(client: Client, bucket: string, key: string, data = key): Promise<string> {
  const { versionId } = await client.putObject(bucket, key, data)
  return versionId ?? 'null'
}

async function remove(client: Client, bucket: string, key: string): Promise<string> {
  const { versionId, isDeleteMarker } = await client.removeObject(bucket, key)
  expect(isDeleteMarker).toBe(true)
  return versionId ?? 'null'
}

/** Three keys with versions and markers between them; gives the listing that is right. */
async function fill(client: Client, bucket: string): Promise<string[]> {
  await client.enableBucketVersioning(bucket)
  const a1 = await put(client, bucket, 'a', 'one')
  const c1 = await put(client, bucket, 'c/d')
  const a2 = await put(client, bucket, 'a', 'two')
  const a3 = await remove(client, bucket, 'a')
  const b1 = await put(client, bucket, 'b')
  const a4 = await put(client, bucket, 'a', 'four')
  const b2 = await put(client, bucket, 'b')
  const b3 = await remove(client, bucket, 'b')
  return [
    `a ${a4} latest `,
    `a ${a3}  marker`,
    `a ${a2}  `,
    `a ${a1}  `,
    `b ${b3} latest marker`,
    `b ${b2}  `,
    `b ${b1}  `,
    `c/d ${c1} latest `,
  ]
}

function defineOrder(defineCase: DefineCase, version: Version): void {
  defineCase('with versions: one of each, null, where none are kept', async (context) => {
    const { client, bucket } = context
    const name = await bucket()
    expect(await shortList(client, version, name)).toEqual([])
    await client.putObject(name, 'a', 'one')
    const { etag } = await client.putObject(name, 'a', 'three')
    const entries = await versionsOf(client, version, name).toArray()
    expect(inShort(entries)).toEqual(['a null latest '])
    expect(entries[0]).toMatchObject({ sizeBytes: 5, etag, isDeleteMarker: false, isLatest: true })
  })

  defineCase('with versions: newest first, delete markers where they belong', async (context) => {
    const { client, bucket } = context
    const name = await bucket()
    const expected = await fill(client, name)
    expect(await shortList(client, version, name)).toEqual(expected)
    expect(rowsOf(await client[version](name, { recursive: true }).toArray())).toEqual(['a', 'c/d'])
  })

  defineCase('with versions: the same in pages of any size, no key cut short', async (context) => {
    const { client, bucket } = context
    const name = await bucket()
    const expected = await fill(client, name)
    for (const pageSize of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      const paged: string[] = []
      for await (const { entries } of versionsOf(client, version, name, { pageSize }).pages()) {
        expect(entries.length).toBeLessThanOrEqual(pageSize)
        paged.push(...inShort(entries))
      }
      expect(paged, String(pageSize)).toEqual(expected)
    }
  })

  defineCase('with versions: behind a key, below a prefix, level by level', async (context) => {
    const { client, bucket } = context
    const name = await bucket()
    const expected = await fill(client, name)
    for (const pageSize of [1, 2, 1000]) {
      const list = (options: Options): Promise<string[]> =>
        shortList(client, version, name, { pageSize, ...options })
      expect(await list({ startAfter: 'a' })).toEqual(expected.slice(4))
      expect(await list({ startAfter: 'aa' })).toEqual(expected.slice(4))
      expect(await list({ startAfter: 'c/d' })).toEqual([])
      expect(await list({ prefix: 'b' })).toEqual(expected.slice(4, 7))
      expect(await list({ prefix: 'c/' })).toEqual(expected.slice(7))
      expect(await list({ prefix: 'nothing' })).toEqual([])
      const level = [...expected.slice(0, 7), 'prefix: c/']
      expect(await list({ recursive: false })).toEqual(level)
      expect(await list({ recursive: false, startAfter: 'a' })).toEqual(level.slice(4))
      expect(await list({ recursive: false, startAfter: 'd' })).toEqual([])
    }
  })
}

function defineStates(defineCase: DefineCase, version: Version): void {
  defineCase('with versions: null versions before, between and after others', async (context) => {
    const { client, bucket } = context
    const name = await bucket()
    await put(client, name, 'a', 'before')
    await client.enableBucketVersioning(name)
    expect(await shortList(client, version, name)).toEqual(['a null latest '])
    const second = await put(client, name, 'a', 'second')
    expect(await shortList(client, version, name)).toEqual([`a ${second} latest `, 'a null  '])
    await client.disableBucketVersioning(name)
    // Takes the place of the other version that is called null.
    expect(await put(client, name, 'a', 'suspended')).toBe('null')
    const suspended = ['a null latest ', `a ${second}  `]
    expect(await shortList(client, version, name)).toEqual(suspended)
    expect(await shortList(client, version, name, { pageSize: 1 })).toEqual(suspended)
    expect(await remove(client, name, 'a')).toBe('null')
    expect(await shortList(client, version, name)).toEqual([
      'a null latest marker',
      `a ${second}  `,
    ])
    await client.enableBucketVersioning(name)
    const last = await put(client, name, 'a', 'last')
    const all = [`a ${last} latest `, 'a null  marker', `a ${second}  `]
    expect(await shortList(client, version, name)).toEqual(all)
  })

  defineCase(
    'with versions: pages that begin behind a null version',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const first = await put(client, name, 'a', 'first')
      await client.disableBucketVersioning(name)
      await put(client, name, 'a', 'null')
      await client.enableBucketVersioning(name)
      const last = await put(client, name, 'a', 'last')
      const all = [`a ${last} latest `, 'a null  ', `a ${first}  `]
      for (const pageSize of [1, 2]) {
        expect(await shortList(client, version, name, { pageSize })).toEqual(all)
      }
    },
    { needs: ['pages behind null versions'] },
  )

  defineCase(
    'with versions: a delete marker upon another',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const first = await remove(client, name, 'a')
      const second = await remove(client, name, 'a')
      const all = [`a ${second} latest marker`, `a ${first}  marker`]
      expect(await shortList(client, version, name)).toEqual(all)
      expect(await shortList(client, version, name, { pageSize: 1 })).toEqual(all)
    },
    { needs: ['markers upon markers'] },
  )

  defineCase(
    'with versions: what was removed for good is gone, the next one up',
    async (context) => {
      const { client, bucket } = context
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const first = await put(client, name, 'a', 'first')
      const second = await put(client, name, 'a', 'second')
      const marker = await remove(client, name, 'a')
      await client.removeObject(name, 'a', { versionId: marker })
      expect(await shortList(client, version, name)).toEqual([
        `a ${second} latest `,
        `a ${first}  `,
      ])
      expect(await (await client.getObject(name, 'a')).text()).toBe('second')
      await client.removeObject(name, 'a', { versionId: second })
      expect(await shortList(client, version, name)).toEqual([`a ${first} latest `])
      expect(await (await client.getObject(name, 'a')).text()).toBe('first')
    },
  )

  defineCase(
    'with versions: hostile keys, across pages',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const keys = ['a b', 'a%20b', 'a%2Fb', 'a+b', 'a&b', '100%', 'ü', '😀', '\u0001', '../x', '1']
      for (const key of keys) {
        await put(client, name, key, 'one')
        await put(client, name, key, 'two')
      }
      const expected = inKeyOrder(keys).flatMap((key) => [key, key])
      for (const pageSize of [1, 3, 1000]) {
        const entries = await versionsOf(client, version, name, { pageSize }).toArray()
        expect(rowsOf(entries), String(pageSize)).toEqual(expected)
        const ids = entries.map((entry) => (entry.isPrefix ? '' : entry.versionId))
        expect(new Set(ids).size).toBe(expected.length)
      }
    },
    { needs: ['hostile keys'] },
  )

  defineCase('with versions: says that the bucket is missing', async ({ client, bucketName }) => {
    expect(await codeOf(versionsOf(client, version, bucketName()).toArray())).toBe('NoSuchBucket')
  })

  defineCase('with versions: is refused to who has no keys', async ({ anonymous, bucket }) => {
    const listing = versionsOf(anonymous(), version, await bucket())
    expect(await codeOf(listing.toArray())).toBe('AccessDenied')
  })
}

for (const version of ['listObjects', 'listObjectsV2'] as const) {
  conformance(version, (defineCase) => {
    defineOrder(defineCase, version)
    defineStates(defineCase, version)
  })
}
