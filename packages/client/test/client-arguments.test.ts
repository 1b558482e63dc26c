import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { httpReply, ScriptedServer } from '../../../test/support/scripted-server.ts'
import { Client } from '../src/client.ts'
import { sseC, sseKms } from '../src/request/sse.ts'
import { clientOf, failureOf, keys } from './support/assembled.ts'

let server: ScriptedServer
let client: Client
let receivedBefore = 0
beforeAll(async () => {
  server = await ScriptedServer.start([httpReply(200)])
  client = clientOf(server.endpoint)
})
beforeEach(() => {
  receivedBefore = server.requests.length
})
afterEach(() => expect(server.requests).toHaveLength(receivedBefore))
afterAll(async () => {
  await client.close()
  await server.close()
})

/** What the types forbid, and callers of plain JavaScript pass all the same. */
type Loose = (...args: unknown[]) => unknown

/** Every method that takes a bucket, with good arguments behind it, and where its options stand. */
const methods: Readonly<
  Record<string, { readonly rest: readonly unknown[]; readonly key: boolean }>
> = {
  makeBucket: { rest: [], key: false },
  bucketExists: { rest: [], key: false },
  removeBucket: { rest: [], key: false },
  putObject: { rest: ['data'], key: true },
  getObject: { rest: [], key: true },
  statObject: { rest: [], key: true },
  removeObject: { rest: [], key: true },
  listObjectsV2: { rest: [], key: false },
  presignedGetObject: { rest: [], key: true },
  presignedPutObject: { rest: [], key: true },
}

/** Calls a method by its name, and reads what it gives. */
async function call(name: string, args: readonly unknown[]): Promise<unknown> {
  const method: unknown = Reflect.get(client, name)
  const result = await (method as Loose).apply(client, [...args])
  if (typeof result !== 'object' || result === null || !('toArray' in result)) return result
  return (result.toArray as () => Promise<unknown>)()
}

async function refusedArgument(name: string, ...args: readonly unknown[]): Promise<string> {
  const failure = await failureOf(call(name, args))
  if (!(failure instanceof Error)) throw failure
  expect(failure).toMatchObject({ name: 'InvalidArgumentError' })
  expect(failure).toBeInstanceOf(TypeError)
  return String(Reflect.get(failure, 'argument'))
}

const badBuckets: readonly unknown[] = [
  undefined,
  null,
  1,
  {},
  '',
  ' ',
  'ab',
  'a'.repeat(64),
  'a b c',
  'a/b',
  '../x',
  'a#b',
  'a?b=c',
  'a=b',
  'a$b',
  'a*b',
  '-abc',
  'abc-',
  '.abc',
  'abc.',
  'a..b',
  'a.-b',
  'a-.b',
  '1.2.3.4',
  'bücket',
  'a\r\nb',
  'a@b',
  'a.'.repeat(50_000),
]
const badKeys: readonly unknown[] = [
  undefined,
  null,
  1,
  {},
  '',
  'x'.repeat(1025),
  'é'.repeat(513),
  '\ud800',
]

describe.each(Object.entries(methods))('%s', (name, { rest, key }) => {
  const before = (bucket: unknown): unknown[] => [bucket, ...(key ? ['k'] : []), ...rest]

  it('refuses what is no bucket', async () => {
    for (const bucket of badBuckets)
      expect(await refusedArgument(name, ...before(bucket))).toBe('bucket')
  })

  it('refuses what is no object', async () => {
    if (!key) return
    for (const object of badKeys)
      expect(await refusedArgument(name, 'bkt', object, ...rest)).toBe('object')
  })

  it.each<[string, unknown]>([
    ['region', 'evil.example/#'],
    ['region', ''],
    ['region', 1],
    ['signal', {}],
    ['signal', 'now'],
  ])('refuses the option %s: %j', async (option, value) => {
    expect(await refusedArgument(name, ...before('bkt'), { [option]: value })).toBe(option)
  })

  it.each(['a\r\nb', 'é', 5, null])('refuses the parameter value or header %j', async (value) => {
    const presigns = name.startsWith('presigned')
    if (!presigns) {
      const headers = { requestHeaders: { 'x-a': value } }
      expect(await refusedArgument(name, ...before('bkt'), headers)).toMatch(/^requestHeaders/)
    }
    if (typeof value === 'string') return
    const query = { extraQueryParams: { a: value } }
    expect(await refusedArgument(name, ...before('bkt'), query)).toMatch(/^extraQueryParams/)
  })

  it('refuses bad limits and headers', async () => {
    if (name.startsWith('presigned')) return
    for (const timeout of [-1, 1.5, Number.NaN, Infinity, '5']) {
      expect(await refusedArgument(name, ...before('bkt'), { timeout })).toBe('timeout')
    }
    for (const header of [
      'a b',
      '',
      'é',
      'a:',
      'Host',
      'authorization',
      'x-amz-date',
      'Content-Length',
      'transfer-encoding',
      'X-Amz-Security-Token',
    ]) {
      const options = { requestHeaders: { [header]: 'x' } }
      expect(await refusedArgument(name, ...before('bkt'), options)).toBe('requestHeaders')
    }
    const twice = { requestHeaders: { 'x-a': '1', 'X-A': '2' } }
    expect(await refusedArgument(name, ...before('bkt'), twice)).toBe('requestHeaders')
    for (const requestHeaders of ['x', 5, null, ['a']]) {
      expect(await refusedArgument(name, ...before('bkt'), { requestHeaders })).toMatch(
        /^requestHeaders/,
      )
    }
    for (const extraQueryParams of ['x', 5, null, [['a']], [5], { '': 'x' }]) {
      expect(await refusedArgument(name, ...before('bkt'), { extraQueryParams })).toMatch(
        /^extraQueryParams/,
      )
    }
  })
})

const injections = ['a\r\nx-evil: 1', 'a\nb', 'a\u0000b', 'a\u007fb']

const options: readonly (readonly [method: string, argument: string | RegExp, options: object])[] =
  [
    ['makeBucket', 'objectLock', { objectLock: 'yes' }],
    ['makeBucket', 'region', { region: 'a b' }],
    ['listObjectsV2', 'prefix', { prefix: 5 }],
    ['listObjectsV2', 'prefix', { prefix: '\ud800' }],
    ['listObjectsV2', 'startAfter', { startAfter: {} }],
    ['listObjectsV2', 'pageSize', { pageSize: 0 }],
    ['listObjectsV2', 'pageSize', { pageSize: 1001 }],
    ['listObjectsV2', 'pageSize', { pageSize: '7' }],
    ['listObjectsV2', 'recursive', { recursive: 1 }],
    ['listObjectsV2', 'fetchOwner', { fetchOwner: 'true' }],
    ['listObjectsV2', 'includeUserMetadata', { includeUserMetadata: 1 }],
    ...[-1, 1.5, Number.NaN, 2 ** 53, '1'].flatMap((value) =>
      ['offset', 'length', 'suffixLength'].map(
        (name) => ['getObject', /offset|length/i, { [name]: value }] as const,
      ),
    ),
    ['getObject', /suffixLength/, { suffixLength: 0 }],
    ['getObject', /suffixLength/, { suffixLength: 1, offset: 1 }],
    ['getObject', 'versionId', { versionId: '' }],
    ['getObject', 'versionId', { versionId: 5 }],
    ['statObject', 'versionId', { versionId: null }],
    ['removeObject', 'versionId', { versionId: '' }],
    ['removeObject', 'bypassGovernance', { bypassGovernance: 1 }],
    ['putObject', 'contentType', { contentType: '' }],
    ['putObject', 'storageClass', { storageClass: 5 }],
    ['putObject', 'tags', { tags: { '': 'x' } }],
    [
      'putObject',
      'tags',
      { tags: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`t${at}`, ''])) },
    ],
    ['putObject', 'tags', { tags: 'a=b' }],
    ['putObject', 'tags', { tags: null }],
    ['putObject', 'tags', { tags: { ['x'.repeat(129)]: '' } }],
    ['putObject', /^tags/, { tags: { a: 'x'.repeat(257) } }],
    ['putObject', /^tags/, { tags: { a: 5 } }],
    ['putObject', 'metadata', { metadata: 'a' }],
    ['putObject', 'metadata', { metadata: null }],
    ['putObject', 'metadata', { metadata: { a: 5 } }],
    ['putObject', 'metadata', { metadata: { a: '1', A: '2' } }],
    ['putObject', 'metadata', { metadata: { 'a b': '1' } }],
    ['putObject', 'metadata', { metadata: { é: '1' } }],
    ['putObject', 'metadata', { metadata: { a: '\ud800' } }],
    ['putObject', 'conditions', { conditions: 'abc' }],
    ['putObject', 'conditions', { conditions: null }],
    ['putObject', 'conditions.ifMatch', { conditions: { ifMatch: '' } }],
    ['putObject', 'conditions.ifNoneMatch', { conditions: { ifNoneMatch: 5 } }],
    ['getObject', 'conditions.ifModifiedSince', { conditions: { ifModifiedSince: 'today' } }],
    [
      'statObject',
      'conditions.ifUnmodifiedSince',
      { conditions: { ifUnmodifiedSince: new Date(Number.NaN) } },
    ],
    ...['putObject', 'getObject', 'statObject'].flatMap((name) =>
      [{}, 'key', null, new Uint8Array(32)].map((sse) => [name, 'sse', { sse }] as const),
    ),
    ['getObject', 'sse', { sse: sseKms('key') }],
    ...injections.flatMap((text) => [
      ['putObject', 'contentType', { contentType: text }] as const,
      ['putObject', 'storageClass', { storageClass: text }] as const,
      ['putObject', 'metadata', { metadata: { a: text } }] as const,
      ['putObject', 'metadata', { metadata: { [text]: 'a' } }] as const,
      ['putObject', 'conditions.ifMatch', { conditions: { ifMatch: text } }] as const,
      ['presignedPutObject', /^headers/, { headers: { 'x-a': text } }] as const,
      ['presignedPutObject', /^headers/, { headers: { [text]: 'a' } }] as const,
    ]),
    ...[0, -1, 604_801, 1.5, Number.NaN, '60'].flatMap((expirySeconds) =>
      ['presignedGetObject', 'presignedPutObject'].map(
        (name) => [name, 'expirySeconds', { expirySeconds }] as const,
      ),
    ),
    ['presignedGetObject', 'requestDate', { requestDate: 'today' }],
    ['presignedGetObject', 'requestDate', { requestDate: new Date(Number.NaN) }],
    ['presignedGetObject', 'versionId', { versionId: '' }],
    ['presignedGetObject', 'responseHeaders', { responseHeaders: { 'x-amz-acl': 'public-read' } }],
    ['presignedGetObject', /^responseHeaders/, { responseHeaders: { 'response-content-type': 5 } }],
  ]

describe('options', () => {
  it.each(options)('%s refuses %s: %j', async (name, argument, given) => {
    const { rest = [], key = false } = methods[name] ?? {}
    const refused = await refusedArgument(name, 'bkt', ...(key ? ['k'] : []), ...rest, given)
    if (typeof argument === 'string') expect(refused).toBe(argument)
    else expect(refused).toMatch(argument)
  })

  it('listBuckets refuses its own', async () => {
    expect(await refusedArgument('listBuckets', { prefix: 5 })).toBe('prefix')
    expect(await refusedArgument('listBuckets', { signal: 5 })).toBe('signal')
  })
})

describe('customer keys over plain http', () => {
  const sse = sseC(new Uint8Array(32))
  const calls: readonly ((client: Client) => Promise<unknown>)[] = [
    (client) => client.putObject('bkt', 'k', 'x', { sse, timeout: 20 }),
    (client) => client.getObject('bkt', 'k', { sse, timeout: 20 }),
    (client) => client.statObject('bkt', 'k', { sse, timeout: 20 }),
    (client) => client.statObject('bkt', 'k', { requestHeaders: sse.headers(), timeout: 20 }),
  ]

  it.each(calls)('are refused (%#)', async (send) => {
    await using client = clientOf('http://192.0.2.1')
    expect(await failureOf(send(client))).toMatchObject({ argument: 'sse' })
  })

  it.each(['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1', 'https://192.0.2.1'])(
    'are no matter for %s',
    async (endpoint) => {
      await using client = clientOf(endpoint, { retry: { maxAttempts: 1 } })
      for (const send of calls)
        expect(await failureOf(send(client))).toMatchObject({ name: 'TransportError' })
    },
  )

  it('go where the caller insists', async () => {
    await using client = clientOf('http://192.0.2.1', { allowInsecureSseC: true })
    for (const send of calls)
      expect(await failureOf(send(client))).toMatchObject({ name: 'TransportError' })
  })
})

describe('new Client', () => {
  it.each<[string, object]>([
    ['accessKey', { accessKey: '', secretKey: 'x' }],
    ['accessKey', { accessKey: 'a b', secretKey: 'x' }],
    ['accessKey', { secretKey: 'x' }],
    ['secretKey', { accessKey: 'a' }],
    ['secretKey', { accessKey: 'a', secretKey: 'x\n' }],
    ['secretKey', { accessKey: 'a', secretKey: 5 }],
    ['sessionToken', { ...keys, sessionToken: 'a\r\nb' }],
    ['credentials', { ...keys, credentials: async () => undefined }],
    ['credentials', { credentials: {} }],
    ['region', { region: 'evil.example/#' }],
    ['region', { region: '' }],
    ['secure', { secure: 'no' }],
    ['addressing', { addressing: 'host' }],
    ['payloadSigning', { payloadSigning: true }],
    ['allowInsecureSseC', { allowInsecureSseC: 'yes' }],
    ['publicEndpoint', { publicEndpoint: 'http://a@b' }],
    ['dispatcher', { dispatcher: {} }],
    ['timeouts.connect', { timeouts: { connect: -1 } }],
    ['timeouts.firstByte', { timeouts: { firstByte: '5' } }],
    ['timeouts.total', { timeouts: { total: Number.NaN } }],
    ['retry.maxAttempts', { retry: { maxAttempts: 0 } }],
  ])('refuses %s', (argument, options) => {
    expect(() => new Client({ endpoint: 'host', ...options })).toThrow(
      expect.objectContaining({ name: 'InvalidArgumentError', argument }),
    )
  })
})
