import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { httpHead, httpReply, ScriptedServer } from '../../../../test/support/scripted-server.ts'
import type { Client } from '../../src/client.ts'
import { InvalidResponseError, S3Error } from '../../src/errors.ts'
import { clientOf, failureOf } from '../support/assembled.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-foreign-'))
  await writeFile(join(folder, 'source'), 'x')
})
afterAll(() => rm(folder, { recursive: true }))

async function firstOf(items: AsyncIterable<unknown>): Promise<unknown> {
  for await (const item of items) return item
  return undefined
}

async function removeAll(client: Client): Promise<void> {
  const errors = []
  for await (const error of client.removeObjects('bkt', ['a', 'b'])) errors.push(error)
}

const stream = async function* (): AsyncGenerator<Uint8Array> {
  yield Buffer.from('content')
}
const retention = { mode: 'GOVERNANCE', retainUntilDate: new Date(0) } as const
const lifecycle = { status: 'Enabled', filter: { prefix: 'a/' }, expiration: { days: 1 } } as const
const policy = { Version: '2012-10-17', Statement: [] } as const
const query = {
  expression: 'SELECT 1',
  input: { csv: {} },
  output: { csv: {} },
} as const

type Operation = (client: Client) => Promise<unknown>

/** What S3 answers with a document, an object or a checksum: an empty answer is none of it. */
const telling: Readonly<Record<string, Operation>> = {
  listBuckets: (client) => client.listBuckets().toArray(),
  listObjects: (client) => client.listObjects('bkt').toArray(),
  listObjectsV2: (client) => client.listObjectsV2('bkt').toArray(),
  'listObjectsV2 of versions': (client) =>
    client.listObjectsV2('bkt', { includeVersions: true }).toArray(),
  listIncompleteUploads: (client) => client.listIncompleteUploads('bkt').toArray(),
  removeIncompleteUpload: (client) => client.removeIncompleteUpload('bkt', 'k'),
  'putObject of bytes': (client) => client.putObject('bkt', 'k', 'x'),
  'putObject of a stream': (client) => client.putObject('bkt', 'k', stream()),
  'putObject in parts': (client) => client.putObject('bkt', 'k', Buffer.alloc(20 * 1024 * 1024)),
  fPutObject: (client) => client.fPutObject('bkt', 'k', join(folder, 'source')),
  getObject: async (client) => (await client.getObject('bkt', 'k')).bytes(),
  'getObject of a range': (client) => client.getObject('bkt', 'k', { offset: 1, length: 2 }),
  fGetObject: (client) => client.fGetObject('bkt', 'k', join(folder, 'target')),
  statObject: (client) => client.statObject('bkt', 'k'),
  objectExists: (client) => client.objectExists('bkt', 'k'),
  getBucketVersioning: (client) => client.getBucketVersioning('bkt'),
  enableBucketVersioning: (client) => client.enableBucketVersioning('bkt'),
  getBucketPolicy: (client) => client.getBucketPolicy('bkt'),
  getBucketNotification: (client) => client.getBucketNotification('bkt'),
  getBucketEncryption: (client) => client.getBucketEncryption('bkt'),
  getBucketTags: (client) => client.getBucketTags('bkt'),
  getObjectTags: (client) => client.getObjectTags('bkt', 'k'),
  getObjectLockConfig: (client) => client.getObjectLockConfig('bkt'),
  getObjectRetention: (client) => client.getObjectRetention('bkt', 'k'),
  getObjectLegalHold: (client) => client.getObjectLegalHold('bkt', 'k'),
  getBucketLifecycle: (client) => client.getBucketLifecycle('bkt'),
  getBucketCors: (client) => client.getBucketCors('bkt'),
  selectObjectContent: async (client) =>
    (await client.selectObjectContent('bkt', 'k', query)).text(),
  listenBucketNotification: (client) => firstOf(client.listenBucketNotification('bkt')),
}

/** What S3 answers 200 with an error inside, which asks to be tried again where there is nothing. */
const late: Readonly<Record<string, Operation>> = {
  copyObject: (client) => client.copyObject('bkt', 'k', 'bkt/source'),
  removeObjects: removeAll,
}

/** What S3 answers with nothing. */
const silent: Readonly<Record<string, Operation>> = {
  bucketExists: (client) => client.bucketExists('bkt'),
  makeBucket: (client) => client.makeBucket('bkt'),
  removeBucket: (client) => client.removeBucket('bkt'),
  removeObject: (client) => client.removeObject('bkt', 'k'),
  disableBucketVersioning: (client) => client.disableBucketVersioning('bkt'),
  setBucketPolicy: (client) => client.setBucketPolicy('bkt', policy),
  deleteBucketPolicy: (client) => client.deleteBucketPolicy('bkt'),
  setBucketNotification: (client) => client.setBucketNotification('bkt', {}),
  removeAllBucketNotification: (client) => client.removeAllBucketNotification('bkt'),
  putBucketEncryption: (client) => client.putBucketEncryption('bkt', { algorithm: 'AES256' }),
  deleteBucketEncryption: (client) => client.deleteBucketEncryption('bkt'),
  setBucketTags: (client) => client.setBucketTags('bkt', { a: 'b' }),
  deleteBucketTags: (client) => client.deleteBucketTags('bkt'),
  setObjectTags: (client) => client.setObjectTags('bkt', 'k', { a: 'b' }),
  deleteObjectTags: (client) => client.deleteObjectTags('bkt', 'k'),
  setObjectLockConfig: (client) => client.setObjectLockConfig('bkt', {}),
  setObjectRetention: (client) => client.setObjectRetention('bkt', 'k', retention),
  clearObjectRetention: (client) => client.clearObjectRetention('bkt', 'k'),
  setObjectLegalHold: (client) => client.setObjectLegalHold('bkt', 'k', true),
  setBucketLifecycle: (client) => client.setBucketLifecycle('bkt', [lifecycle]),
  deleteBucketLifecycle: (client) => client.deleteBucketLifecycle('bkt'),
  setBucketCors: (client) =>
    client.setBucketCors('bkt', [{ allowedOrigins: ['*'], allowedMethods: ['GET'] }]),
  deleteBucketCors: (client) => client.deleteBucketCors('bkt'),
}

type Answer = readonly [headers: Readonly<Record<string, string>>, body: string]

/** What portals, proxies and other servers answer in place of a store. */
const pages: Readonly<Record<string, Answer>> = {
  HTML: [{ 'content-type': 'text/html; charset=utf-8' }, '<!doctype html><html><p>Log in</html>'],
  'well-formed HTML': [{ 'content-type': 'text/html' }, '<html><body>Log in</body></html>'],
  'HTML behind a content delivery network': [
    { 'content-type': 'text/html', 'x-amz-cf-id': 'a', 'x-amz-cf-pop': 'b' },
    '<html/>',
  ],
  'an empty page of HTML': [{ 'content-type': 'text/html' }, ''],
  'HTML of an API gateway': [
    { 'content-type': 'text/html', 'x-amz-apigw-id': 'a', 'x-amzn-requestid': 'b' },
    '<html/>',
  ],
  'HTML that is packed': [
    { 'content-type': 'text/html', 'content-encoding': 'gzip' },
    gzipSync('<html/>').toString('latin1'),
  ],
  JSON: [{ 'content-type': 'application/json' }, '{"status":"ok"}'],
  text: [{ 'content-type': 'text/plain' }, 'OK'],
}
const nothing: Answer = [{}, '']

async function outcomeOf(operation: Operation, status: number, answer: Answer): Promise<unknown> {
  const [headers, body] = answer
  const length = { 'content-length': String(Buffer.byteLength(body)), ...headers }
  await using server = await ScriptedServer.start(({ method }) =>
    method === 'HEAD' || status === 204
      ? [httpHead(status, { ...length, connection: 'keep-alive' })]
      : httpReply(status, headers, body),
  )
  await using client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
  const outcome = await failureOf(operation(client))
  expect(await readdir(folder)).toEqual(['source'])
  return outcome
}

describe.each(Object.entries(pages))('200 with %s is no answer of a store', (_page, answer) => {
  it.each(Object.entries({ ...telling, ...silent }))('to %s', async (_name, operation) => {
    expect(await outcomeOf(operation, 200, answer)).toBeInstanceOf(InvalidResponseError)
  })

  it.each(Object.entries(late))('to %s, which may be an error', async (_name, operation) => {
    const outcome = await outcomeOf(operation, 200, answer)
    expect(outcome instanceof InvalidResponseError || outcome instanceof S3Error).toBe(true)
  })
})

describe('200 with a document of somebody else is no answer of a store', () => {
  // The head of a bucket has no document, and the others say what they were given instead.
  const elsewhere = new Set(['bucketExists', 'selectObjectContent', 'listenBucketNotification'])
  const asked = Object.entries({ ...telling, ...silent }).filter(([name]) => !elsewhere.has(name))
  it.each(asked)('to %s', async (_name, operation) => {
    const answer: Answer = [{ 'content-type': 'application/xml' }, '<login/>']
    expect(await outcomeOf(operation, 200, answer)).toBeInstanceOf(InvalidResponseError)
  })
})

describe.each([200, 204])('nothing at all, of status %i, is no answer of a store', (status) => {
  it.each(Object.entries(telling))('to %s', async (_name, operation) => {
    expect(await outcomeOf(operation, status, nothing)).toMatchObject({
      name: expect.stringMatching(/^(InvalidResponseError|S3Error)$/),
    })
  })
})

describe('a store that says no more than it must', () => {
  it.each(Object.entries(silent))('answers %s with nothing', async (_name, operation) => {
    for (const type of [{}, { 'content-type': 'application/xml' }]) {
      await using server = await ScriptedServer.start([httpReply(200, type)])
      await using client = clientOf(server.endpoint)
      await operation(client)
      expect(server.requests).toHaveLength(1)
    }
  })

  it.each([
    [{ 'x-amz-request-id': '1', 'content-type': 'text/html' }, ''],
    [{ 'x-amzn-requestid': '1', 'content-type': 'text/html' }, ''],
    [{ 'x-amzn-requestid': '1', 'content-type': 'application/xml' }, '<CreateBucketResponse/>'],
    [{}, '<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>'],
  ] as readonly Answer[])('answers as fakes of S3 do: %j %s', async (headers, body) => {
    const { bucketExists: _, ...others } = silent
    for (const operation of Object.values(others)) {
      await using server = await ScriptedServer.start([httpReply(200, headers, body)])
      await using client = clientOf(server.endpoint)
      await operation(client)
    }
  })

  it.each([{}, { 'content-type': 'text/html' }])(
    'answers removals and configurations with 204 and %j',
    async (headers) => {
      await using server = await ScriptedServer.start([[httpHead(204, headers)]])
      await using client = clientOf(server.endpoint)
      const { bucketExists: _, ...others } = silent
      for (const operation of Object.values(others)) await operation(client)
    },
  )

  it('tells that it stored something by the ETag alone, whatever type it gives nothing', async () => {
    const headers = { 'content-type': 'text/html; charset=utf-8', etag: '"e"' }
    await using server = await ScriptedServer.start([httpReply(200, headers)])
    await using client = clientOf(server.endpoint)
    expect(await client.putObject('bkt', 'k', 'x')).toMatchObject({ etag: 'e' })
    const page = await ScriptedServer.start([httpReply(200, headers, '<html/>')])
    await using portal = clientOf(page.endpoint)
    expect(await failureOf(portal.putObject('bkt', 'k', 'x'))).toBeInstanceOf(InvalidResponseError)
    await page.close()
  })

  it('tells an object by its ETag or its time alone', async () => {
    for (const headers of [{ etag: '"e"' }, { 'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT' }]) {
      await using server = await ScriptedServer.start([
        httpReply(200, { 'content-type': 'text/html', ...headers }, ''),
      ])
      await using client = clientOf(server.endpoint)
      expect(await client.objectExists('bkt', 'k')).toBe(true)
      expect(await (await client.getObject('bkt', 'k')).text()).toBe('')
    }
  })
})

describe('an error status with a page of HTML', () => {
  it.each(Object.entries({ ...telling, ...silent, ...late }))(
    'to %s is an S3Error',
    async (_name, operation) => {
      const outcome = await outcomeOf(operation, 502, [{ 'content-type': 'text/html' }, '<html/>'])
      expect(outcome).toMatchObject({ name: 'S3Error', status: 502 })
    },
  )
})
