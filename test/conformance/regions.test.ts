import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, type StowageServer } from '@stowage/server'
import { Client, PostPolicy, S3Error, type ClientOptions } from 'stowage'
import { contentOf, digest, partSize, pattern, rejection } from './harness/content.ts'
import { verdict } from './harness/forms.ts'
import { plainHttp } from './harness/plain-http.ts'

/** Where the store is; clients that are told nothing take `us-east-1` for their region. */
const home = 'eu-west-3'
const bucket = 'far-away'

type Operation = (client: Client) => Promise<unknown>

/** One of each kind: with and without bucket, object and body, with and without a body back. */
const operations: Readonly<Record<string, Operation>> = {
  listBuckets: (client) => client.listBuckets().toArray(),
  bucketExists: (client) => client.bucketExists(bucket),
  getBucketVersioning: (client) => client.getBucketVersioning(bucket),
  setBucketTags: (client) => client.setBucketTags(bucket, { a: 'b' }),
  listObjects: (client) => client.listObjects(bucket).toArray(),
  listObjectsV2: (client) => client.listObjectsV2(bucket).toArray(),
  listIncompleteUploads: (client) => client.listIncompleteUploads(bucket).toArray(),
  statObject: (client) => client.statObject(bucket, 'there'),
  objectExists: (client) => client.objectExists(bucket, 'there'),
  getObject: async (client) => (await client.getObject(bucket, 'there')).text(),
  getObjectTags: (client) => client.getObjectTags(bucket, 'there'),
  'putObject of bytes': (client) => client.putObject(bucket, 'new', 'data'),
  'putObject of a stream': (client) =>
    client.putObject(bucket, 'new', new Blob(['data']).stream(), { length: 4 }),
  copyObject: (client) => client.copyObject(bucket, 'copy', `${bucket}/there`),
  removeObject: (client) => client.removeObject(bucket, 'copy'),
  removeObjects: async (client) => {
    for await (const { code } of client.removeObjects(bucket, ['copy', 'new']))
      throw new Error(code)
  },
}

describe.each(['memory', 'disk'] as const)('a store in another region (%s)', (kind) => {
  let server: StowageServer
  let directory: string | undefined
  let requests = 0

  /** A client that knows nothing yet. */
  function newClient(options: Partial<ClientOptions> = {}): Client {
    const { endpoint, accessKey, secretKey } = server
    return new Client({ endpoint, accessKey, secretKey, onRequest: () => requests++, ...options })
  }

  async function counted<T>(run: () => Promise<T>): Promise<{ result: T; requests: number }> {
    const before = requests
    const result = await run()
    return { result, requests: requests - before }
  }

  beforeAll(async () => {
    if (kind === 'disk') directory = await mkdtemp(join(tmpdir(), 'stowage-regions-'))
    server = await startServer({ region: home, directory, durability: 'flush' })
    await using client = newClient()
    await client.makeBucket(bucket, { region: home })
    await client.putObject(bucket, 'there', 'content')
  })
  afterAll(async () => {
    await server.close()
    if (directory !== undefined) await rm(directory, { recursive: true })
  })

  it.each(Object.entries(operations))(
    '%s finds it, and knows it from then on',
    async (_name, run) => {
      await using client = newClient()
      const first = await counted(() => run(client))
      const second = await counted(() => run(client))
      // HEAD has no document to say where the store is; then it is asked.
      expect(first.requests - second.requests).toBeGreaterThanOrEqual(1)
      expect(first.requests - second.requests).toBeLessThanOrEqual(2)
      expect(second.requests).toBe(1)
    },
  )

  it('every call finds it when the first ones come together', async () => {
    await using client = newClient()
    const names = Array.from({ length: 30 }, (_, index) => `together/${index}`)
    const { requests: sent } = await counted(() =>
      Promise.all(names.map((name) => client.putObject(bucket, name, name))),
    )
    expect(sent).toBeLessThanOrEqual(2 * names.length)
    for (const name of names) expect((await contentOf(client, bucket, name)).toString()).toBe(name)
    const cold = newClient()
    const stats = await counted(() =>
      Promise.all(names.map((name) => cold.statObject(bucket, name))),
    )
    expect(stats.result.map(({ sizeBytes }) => sizeBytes)).toEqual(
      names.map(({ length }) => length),
    )
    // Each one twice, and one question for all.
    expect(stats.requests).toBeLessThanOrEqual(2 * names.length + 1)
    await cold.close()
  })

  it('an upload in parts finds it, and a download in ranges', async () => {
    const content = pattern(2 * partSize + 1000)
    await using writer = newClient()
    const stream = new Blob([new Uint8Array(content)]).stream()
    await writer.putObject(bucket, 'large', stream, { partSize, concurrency: 3 })
    await using reader = newClient()
    expect(digest(await contentOf(reader, bucket, 'large'))).toBe(digest(content))
    expect(await reader.listIncompleteUploads(bucket).toArray()).toEqual([])
  })

  it('a client that was told the wrong one says so, and does not try another', async () => {
    await using client = newClient({ region: 'us-west-2' })
    for (const call of [
      () => client.getObject(bucket, 'there'),
      () => client.putObject(bucket, 'wrong', 'x'),
      () => client.listObjectsV2(bucket).toArray(),
    ]) {
      const { result, requests: sent } = await counted(() => rejection(call()))
      expect(result).toBeInstanceOf(S3Error)
      expect(result).toMatchObject({ code: 'AuthorizationHeaderMalformed', region: home })
      expect(sent).toBe(1)
    }
    await using right = newClient({ region: home })
    expect((await counted(() => right.statObject(bucket, 'there'))).requests).toBe(1)
    await using once = newClient()
    const called = await counted(() => once.statObject(bucket, 'there', { region: home }))
    expect(called.requests).toBe(1)
  })

  it('URLs and forms are good once it is known, and refused before', async () => {
    await using client = newClient()
    const { result: early, requests: sent } = await counted(() =>
      client.presignedGetObject(bucket, 'there'),
    )
    // Only AWS is asked: elsewhere one region is the rule, and presigning needs no network.
    expect(sent).toBe(0)
    expect(verdict(await plainHttp(early))).toMatch(/^400 Authorization/)
    await client.statObject(bucket, 'there')
    const url = await client.presignedGetObject(bucket, 'there')
    expect((await plainHttp(url)).body).toBe('content')
    const expires = new Date(Date.now() + 60_000)
    const policy = new PostPolicy().setBucket(bucket).setKey('form').setExpires(expires)
    const { fields } = await client.presignedPostPolicy(policy)
    expect(fields['x-amz-credential']).toContain(`/${home}/s3/`)
  })
})
