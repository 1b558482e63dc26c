import { expect } from 'vitest'
import type { Client, Listing, ListingEntry, ListObjectsOptions } from 'stowage'
import { conformance, type DefineCase } from './harness/conformance.ts'
import { forEach, inKeyOrder, nameOf, rowsOf } from './harness/entries.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'

type Version = 'listObjects' | 'listObjectsV2'
type Options = ListObjectsOptions<false>

function listing(
  client: Client,
  version: Version,
  bucket: string,
  options: Options = {},
): Listing<ListingEntry> {
  return client[version](bucket, options)
}

async function rows(
  client: Client,
  version: Version,
  bucket: string,
  options: Options = {},
): Promise<string[]> {
  return rowsOf(await listing(client, version, bucket, options).toArray())
}

const putAll = (client: Client, bucket: string, keys: readonly string[]): Promise<void> =>
  forEach(keys, (key) => client.putObject(bucket, key, key))

const tree = ['a', 'a/b', 'a/b/c', 'a/b/d/e', 'ab/c', 'b', 'b/c', 'z/y/x'] as const

/** Prefix, then what stands directly below it. */
const levels: readonly (readonly [prefix: string, rows: readonly string[]])[] = [
  ['', ['a', 'prefix: a/', 'prefix: ab/', 'b', 'prefix: b/', 'prefix: z/']],
  ['a', ['a', 'prefix: a/', 'prefix: ab/']],
  ['a/', ['a/b', 'prefix: a/b/']],
  ['a/b/', ['a/b/c', 'prefix: a/b/d/']],
  ['a/b/d/e', ['a/b/d/e']],
  ['z', ['prefix: z/']],
  ['z/y/', ['z/y/x']],
  ['nothing', []],
  ['a/b/c/', []],
]

const hostilePrefixes = [
  'a+b',
  'a b',
  'a%20b',
  '100%',
  '%2F',
  'ü',
  '汉字',
  '😀',
  'e\u0301',
  '&amp;',
  '<>"\'',
  '?q=1&r',
  '#f',
  'tab\t',
  'cr\r',
  'lf\n',
  '\u0001',
  '..',
  '.',
  ' ',
  '0123',
  'true',
  '\\',
  "!'()*~",
] as const

function defineTrees(defineCase: DefineCase, version: Version): void {
  defineCase('lists nothing in an empty bucket', async ({ client, bucket }) => {
    expect(await rows(client, version, await bucket())).toEqual([])
  })

  defineCase('says that the bucket is missing', async ({ client, bucketName }) => {
    expect(await codeOf(rows(client, version, bucketName()))).toBe('NoSuchBucket')
  })

  defineCase('lists one level, objects and prefixes in one order', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, tree)
    for (const [prefix, expected] of levels) {
      expect(await rows(client, version, name, { prefix }), prefix).toEqual(expected)
      expect(await rows(client, version, name, { prefix, recursive: false })).toEqual(expected)
    }
  })

  defineCase('lists everything below a prefix', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, tree)
    for (const [prefix] of levels) {
      const expected = tree.filter((key) => key.startsWith(prefix))
      const found = await rows(client, version, name, { prefix, recursive: true })
      expect(found, prefix).toEqual(expected)
    }
  })

  defineCase('tells siblings from children: - before / before _', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, ['0-', '0/1', '0/2', '0_', '0_/1'])
    expect(await rows(client, version, name)).toEqual(['0-', 'prefix: 0/', '0_', 'prefix: 0_/'])
    expect(await rows(client, version, name, { prefix: '0/' })).toEqual(['0/1', '0/2'])
    expect(await rows(client, version, name, { prefix: '0_' })).toEqual(['0_', 'prefix: 0_/'])
  })

  defineCase('lists the object whose key is the prefix', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, ['dir/', 'dir/a', 'dir/sub/', 'dir/sub/b'])
    expect(await rows(client, version, name)).toEqual(['prefix: dir/'])
    expect(await rows(client, version, name, { prefix: 'dir' })).toEqual(['prefix: dir/'])
    expect(await rows(client, version, name, { prefix: 'dir/' })).toEqual([
      'dir/',
      'dir/a',
      'prefix: dir/sub/',
    ])
    expect(await rows(client, version, name, { prefix: 'dir/sub/' })).toEqual([
      'dir/sub/',
      'dir/sub/b',
    ])
  })

  defineCase(
    'keeps hostile prefixes exactly',
    async ({ client, bucket }) => {
      const name = await bucket()
      await putAll(
        client,
        name,
        hostilePrefixes.map((prefix) => `${prefix}/key`),
      )
      const expected = inKeyOrder(hostilePrefixes.map((prefix) => `${prefix}/`))
      for (const pageSize of [3, 1000]) {
        const entries = await listing(client, version, name, { pageSize }).toArray()
        expect(entries.every(({ isPrefix }) => isPrefix)).toBe(true)
        expect(entries.map(nameOf)).toEqual(expected)
      }
      for (const prefix of hostilePrefixes) {
        const below = await rows(client, version, name, { prefix: `${prefix}/` })
        expect(below, JSON.stringify(prefix)).toEqual([`${prefix}/key`])
        const startAfter = `${prefix}/key`
        const behind = await rows(client, version, name, { prefix, startAfter, recursive: true })
        expect(behind, JSON.stringify(prefix)).not.toContain(startAfter)
      }
    },
    { needs: ['hostile keys'] },
  )
}

function definePages(defineCase: DefineCase, version: Version): void {
  defineCase('gives the same in pages of any size', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, tree)
    for (const recursive of [true, false]) {
      const whole = await rows(client, version, name, { recursive })
      for (const pageSize of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
        const paged: string[] = []
        const pages = listing(client, version, name, { recursive, pageSize }).pages()
        for await (const { entries } of pages) {
          expect(entries.length).toBeLessThanOrEqual(pageSize)
          paged.push(...rowsOf(entries))
        }
        expect(paged, `${pageSize}, ${recursive}`).toEqual(whole)
      }
    }
  })

  defineCase('begins behind a key, also in pages', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, tree)
    for (const startAfter of [...tree, '', '!', 'a/a', 'aa', 'z', 'z/y/x/', 'zz']) {
      const expected = tree.filter((key) => key > startAfter)
      for (const pageSize of [1, 3, 1000]) {
        const found = await rows(client, version, name, { startAfter, recursive: true, pageSize })
        expect(found, `${startAfter} ${pageSize}`).toEqual(expected)
      }
    }
    const below = { prefix: 'a/', startAfter: 'a/b', recursive: true } as const
    expect(await rows(client, version, name, below)).toEqual(['a/b/c', 'a/b/d/e'])
    expect(await rows(client, version, name, { startAfter: 'b' })).toEqual([
      'prefix: b/',
      'prefix: z/',
    ])
  })

  defineCase('stops asking where the loop is left', async ({ newClient, bucket }) => {
    const name = await bucket()
    let requests = 0
    const client = newClient({ onRequest: () => requests++ })
    await putAll(client, name, tree)
    requests = 0
    for await (const entry of listing(client, version, name, { recursive: true, pageSize: 2 })) {
      expect(nameOf(entry)).toBe('a')
      break
    }
    expect(requests).toBe(1)
    let seen = 0
    for await (const entry of listing(client, version, name, { recursive: true, pageSize: 2 })) {
      seen += nameOf(entry).length > 0 ? 1 : 0
      if (seen === 3) break
    }
    // Two pages were needed, and one may be on its way.
    const asked = requests
    expect(asked).toBeLessThanOrEqual(4)
    await client.bucketExists(name)
    expect(requests).toBe(asked + 1)
  })

  defineCase('asks anew each time it is read', async ({ client, bucket }) => {
    const name = await bucket()
    const all = listing(client, version, name)
    expect(rowsOf(await all.toArray())).toEqual([])
    await client.putObject(name, 'later', '')
    expect(rowsOf(await all.toArray())).toEqual(['later'])
    await client.removeObject(name, 'later')
    expect(rowsOf(await all.toArray())).toEqual([])
  })

  defineCase('ends with the reason of the signal', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, ['a', 'b', 'c'])
    const reason = new Error('enough')
    const controller = new AbortController()
    const { signal } = controller
    const keys: string[] = []
    const reading = (async () => {
      for await (const entry of listing(client, version, name, { pageSize: 1, signal })) {
        keys.push(nameOf(entry))
        controller.abort(reason)
      }
    })()
    await expect(reading).rejects.toBe(reason)
    expect(keys).toEqual(['a'])
  })
}

function defineFacts(defineCase: DefineCase, version: Version): void {
  defineCase('tells size, ETag and time of objects', async ({ client, bucket }) => {
    const name = await bucket()
    const { etag } = await client.putObject(name, 'key', 'twelve bytes')
    const stat = await client.statObject(name, 'key')
    const [entry, ...more] = await listing(client, version, name).toArray()
    expect(more).toEqual([])
    expect(entry).toMatchObject({ isPrefix: false, object: 'key', sizeBytes: 12, etag })
    if (entry === undefined || entry.isPrefix) throw new Error('no object')
    // The header has whole seconds.
    const seconds = Math.floor(entry.lastModified.getTime() / 1000)
    expect(seconds).toBe((stat.lastModified?.getTime() ?? 0) / 1000)
  })

  defineCase('keeps keys that look like numbers or truths', async ({ client, bucket }) => {
    const name = await bucket()
    const keys = ['0123', '0x1F', '1', '1e5', '1e999', 'NaN', '__proto__', 'false', 'null', 'true']
    await putAll(client, name, keys)
    expect(await rows(client, version, name)).toEqual(inKeyOrder(keys))
  })

  defineCase('is refused to who has no keys', async ({ anonymous, bucket }) => {
    expect(await codeOf(rows(anonymous(), version, await bucket()))).toBe('AccessDenied')
  })

  defineCase('refuses wrong options without a request', async ({ newClient, bucket }) => {
    const name = await bucket()
    const wrong = [
      { pageSize: 0 },
      { pageSize: 1001 },
      { pageSize: 1.5 },
      { pageSize: '10' },
      { prefix: 7 },
      { prefix: '\ud800' },
      { startAfter: null },
      { recursive: 'yes' },
      { includeVersions: 1 },
    ]
    const { listObjects, listObjectsV2 } = newClient({})
    const list = version === 'listObjects' ? listObjects : listObjectsV2
    for (const options of wrong) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(list, client, [name, options]),
        JSON.stringify(options),
      )
    }
  })
}

function defineBoth(version: Version): (defineCase: DefineCase) => void {
  return (defineCase) => {
    defineTrees(defineCase, version)
    definePages(defineCase, version)
    defineFacts(defineCase, version)
  }
}

conformance('listObjects', defineBoth('listObjects'))
conformance('listObjectsV2', defineBoth('listObjectsV2'))
