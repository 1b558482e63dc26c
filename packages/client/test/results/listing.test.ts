import { describe, expect, it } from 'vitest'
import {
  httpReply,
  ScriptedServer,
  type RecordedRequest,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import { InvalidResponseError } from '../../src/errors.ts'
import { Listing } from '../../src/results/listing.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { withoutLeaks } from '../support/leaks.ts'

interface PageText {
  readonly keys?: readonly string[]
  readonly prefixes?: readonly string[]
  readonly next?: string | undefined
  readonly truncated?: boolean
  readonly encoding?: string
}

function page({ keys = [], prefixes = [], next, truncated, encoding }: PageText): readonly Step[] {
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>` +
      `<ETag>&quot;e&quot;</ETag><Size>7</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  )
  const common = prefixes.map(
    (prefix) => `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`,
  )
  const token = next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`
  const type = encoding === undefined ? '' : `<EncodingType>${encoding}</EncodingType>`
  return httpReply(
    200,
    {},
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
      `<IsTruncated>${truncated ?? next !== undefined}</IsTruncated>${type}${token}` +
      `${contents.join('')}${common.join('')}</ListBucketResult>`,
  )
}

function tokenOf({ target }: RecordedRequest): string | undefined {
  const [, query = ''] = target.split('?')
  return new URLSearchParams(query).get('continuation-token') ?? undefined
}

/** Ten keys a page, for ever. */
const endless = (_request: RecordedRequest, index: number): readonly Step[] =>
  page({ keys: Array.from({ length: 10 }, (_, at) => `k${index}-${at}`), next: `t/${index}+ =` })

async function keysOf(pages: readonly PageText[]): Promise<string[]> {
  await using server = await ScriptedServer.start(pages.map(page))
  await using client = clientOf(server.endpoint)
  const entries = await client.listObjectsV2('bkt').toArray()
  return entries.map((entry) => (entry.isPrefix ? `${entry.prefix} (prefix)` : entry.object))
}

describe('a listing', () => {
  it('asks for nothing until it is read', async () => {
    await using server = await ScriptedServer.start([page({})])
    await using client = clientOf(server.endpoint)
    const listing = client.listObjectsV2('bkt')
    listing.pages()
    listing[Symbol.asyncIterator]()
    await new Promise((done) => setTimeout(done, 10))
    expect(server.connections).toBe(0)
    expect(await listing.toArray()).toEqual([])
    expect(await listing.toArray()).toEqual([])
    expect(server.requests).toHaveLength(2)
  })

  it('fetches at most one page ahead, however long its reader takes', async () => {
    await using server = await ScriptedServer.start(endless)
    await using client = clientOf(server.endpoint)
    const entries = client.listObjectsV2('bkt')[Symbol.asyncIterator]()
    for (let count = 1; count <= 35; count++) {
      await entries.next()
      await new Promise((done) => setTimeout(done, 1))
      expect(server.requests.length).toBeLessThanOrEqual(Math.ceil(count / 10) + 1)
    }
    await entries.return?.()
  })

  it('sends each token as it came', async () => {
    await using server = await ScriptedServer.start(endless)
    await using client = clientOf(server.endpoint)
    let pages = 0
    for await (const _page of client.listObjectsV2('bkt').pages()) if (++pages === 3) break
    expect(server.requests.slice(0, 3).map(tokenOf)).toEqual([undefined, 't/0+ =', 't/1+ ='])
  })

  it('stops when its reader leaves, and frees what is under way', async () => {
    await using server = await ScriptedServer.start((request, index) =>
      index === 0 ? endless(request, index) : [{ pauseMs: 10_000 }],
    )
    const client = clientOf(server.endpoint)
    await withoutLeaks(server, client, async () => {
      let count = 0
      for await (const _entry of client.listObjectsV2('bkt')) {
        if (++count < 8) continue
        await expect.poll(() => server.requests.length).toBe(2)
        break
      }
      const [, ahead] = server.requests
      await expect.poll(() => ahead && server.isOpen(ahead.connection)).toBe(false)
    })
  })

  it('gives what came before a page that fails, then the failure, then nothing', async () => {
    await using server = await ScriptedServer.start([
      page({ keys: ['a', 'b'], next: 't' }),
      httpReply(403),
    ])
    await using client = clientOf(server.endpoint)
    const entries = client.listObjectsV2('bkt')[Symbol.asyncIterator]()
    expect(await entries.next()).toMatchObject({ value: { object: 'a' } })
    expect(await entries.next()).toMatchObject({ value: { object: 'b' } })
    expect(await failureOf(entries.next())).toMatchObject({ code: 'AccessDenied' })
    expect(await entries.next()).toMatchObject({ done: true })
  })

  it('serves calls of next() that do not wait for each other in order', async () => {
    await using server = await ScriptedServer.start([
      page({ keys: ['a', 'b'], next: 't' }),
      page({ keys: ['c'] }),
    ])
    await using client = clientOf(server.endpoint)
    const entries = client.listObjectsV2('bkt')[Symbol.asyncIterator]()
    const results = await Promise.all([1, 2, 3, 4].map(() => entries.next()))
    const keys = results.map(({ value }) => (value && !value.isPrefix ? value.object : undefined))
    expect(keys).toEqual(['a', 'b', 'c', undefined])
    const pages = client.listObjectsV2('bkt').pages()
    await Promise.all([pages.next(), pages.next()])
    expect(await pages.next()).toMatchObject({ done: true })
  })

  it('goes on after an empty page', async () => {
    const pages = [{ next: 't1' }, { keys: ['a'], next: 't2' }, { next: 't3' }, { keys: ['b'] }]
    expect(await keysOf(pages)).toEqual(['a', 'b'])
  })

  it.each([
    [
      'the same token again',
      [
        { keys: ['a'], next: 't' },
        { keys: ['b'], next: 't' },
      ],
    ],
    ['a circle of tokens', [{ next: 't' }, { next: 'u' }, { next: 't' }]],
    ['more to come, but no token', [{ keys: ['a'], truncated: true }]],
    ['more to come, and an empty token', [{ keys: ['a'], truncated: true, next: '' }]],
  ])('%s is an error', async (_case, pages) => {
    expect(await failureOf(keysOf(pages))).toBeInstanceOf(InvalidResponseError)
  })

  it('of empty pages without end is an error, also of new tokens', async () => {
    let pages = 0
    const listing = Listing.of<never, number>('ListObjectsV2', () =>
      Promise.resolve({ entries: [], next: ++pages }),
    )
    expect(await failureOf(listing.toArray())).toBeInstanceOf(InvalidResponseError)
    expect(pages).toBeLessThan(2000)
  })

  it('of 200,000 entries in one page fits into an array', async () => {
    const buckets = '<Bucket><Name>b</Name></Bucket>'.repeat(200_000)
    const document = `<ListAllMyBucketsResult><Buckets>${buckets}</Buckets></ListAllMyBucketsResult>`
    await using server = await ScriptedServer.start([httpReply(200, {}, document)])
    await using client = clientOf(server.endpoint)
    expect(await client.listBuckets().toArray()).toHaveLength(200_000)
  })
})

describe('keys', () => {
  const strange = ['0123', '1e3', '0x10', 'true', 'null', 'NaN', '__proto__', ' a ', 'é', '007']
  it('stay what they are', async () => {
    expect(await keysOf([{ keys: strange }])).toEqual(strange)
    expect(await keysOf([{ keys: strange, encoding: 'url' }])).toEqual(strange)
  })

  it('are decoded only where the store says so', async () => {
    expect(await keysOf([{ keys: ['a+b', 'a%20b', '100%'] }])).toEqual(['a+b', 'a%20b', '100%'])
    expect(await keysOf([{ keys: ['a+b', 'a%2Bb', 'a%20b', '%01'], encoding: 'url' }])).toEqual([
      'a b',
      'a+b',
      'a b',
      '\u0001',
    ])
  })

  it('and prefixes come in one listing', async () => {
    expect(await keysOf([{ keys: ['k'], prefixes: ['p/', 'a+b/'] }])).toEqual([
      'k',
      'p/ (prefix)',
      'a+b/ (prefix)',
    ])
  })
})

describe('the query of a listing', () => {
  it('says what was asked for', async () => {
    await using server = await ScriptedServer.start([page({})])
    await using client = clientOf(server.endpoint)
    await client.listObjectsV2('bkt', { prefix: 'a b/', startAfter: 'é', pageSize: 7 }).toArray()
    await client.listObjectsV2('bkt', { recursive: true, fetchOwner: true }).toArray()
    const [first, second] = server.requests.map(({ target }) =>
      Object.fromEntries(new URLSearchParams(target.split('?')[1])),
    )
    expect(first).toEqual({
      'list-type': '2',
      'encoding-type': 'url',
      prefix: 'a b/',
      delimiter: '/',
      'start-after': 'é',
      'max-keys': '7',
    })
    expect(second).toMatchObject({ delimiter: '', 'fetch-owner': 'true', prefix: '' })
  })
})

describe('listBuckets', () => {
  const bucket = (name: string): string => `<Bucket><Name>${name}</Name></Bucket>`
  const result = (names: string[], token?: string): readonly Step[] =>
    httpReply(
      200,
      {},
      `<ListAllMyBucketsResult><Buckets>${names.map(bucket).join('')}</Buckets>` +
        (token === undefined ? '' : `<ContinuationToken>${token}</ContinuationToken>`) +
        `</ListAllMyBucketsResult>`,
    )

  it('pages, and applies the prefix where the store does not', async () => {
    await using server = await ScriptedServer.start([
      result(['abc', 'xyz'], 't'),
      result(['abd'], ''),
    ])
    await using client = clientOf(server.endpoint)
    const buckets = await client.listBuckets({ prefix: 'ab' }).toArray()
    expect(buckets.map(({ name }) => name)).toEqual(['abc', 'abd'])
    expect(server.requests.map(tokenOf)).toEqual([undefined, 't'])
  })
  it('tells date and region where the store does', async () => {
    const dated =
      '<Bucket><Name>123</Name><CreationDate>2024-02-29T10:00:00.000Z</CreationDate>' +
      '<BucketRegion>eu-x-1</BucketRegion></Bucket>'
    const document = `<ListAllMyBucketsResult><Buckets>${dated}${bucket('bare')}</Buckets></ListAllMyBucketsResult>`
    await using server = await ScriptedServer.start([httpReply(200, {}, document)])
    await using client = clientOf(server.endpoint)
    expect(await client.listBuckets().toArray()).toEqual([
      { name: '123', creationDate: new Date('2024-02-29T10:00:00Z'), region: 'eu-x-1' },
      { name: 'bare', creationDate: undefined, region: undefined },
    ])
  })

  it.each(['', '<Buckets/>', '<Owner/><Buckets></Buckets>'])('may be none: %j', async (inner) => {
    const document = `<ListAllMyBucketsResult>${inner}</ListAllMyBucketsResult>`
    await using server = await ScriptedServer.start([httpReply(200, {}, document)])
    await using client = clientOf(server.endpoint)
    expect(await client.listBuckets().toArray()).toEqual([])
  })
})
