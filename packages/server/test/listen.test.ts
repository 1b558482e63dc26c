import { createHash } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'

import { startServer } from '@stowage/server'
import { openMemoryStore } from '../src/store/store.ts'
import { credentials, serve } from './support/http-server.ts'
import { listen, type Listener } from './support/listener.ts'
import { ManualTimers } from './support/manual-timers.ts'
import { RawClient, RawConnection, type RawRequest } from './support/raw-client.ts'
import { serverContext } from './support/server-context.ts'
import { describeServers } from './support/stores.ts'

const created = 's3:ObjectCreated:*'
const removed = 's3:ObjectRemoved:*'

describeServers('listening', (fixture) => {
  let client: RawClient
  const open: Listener[] = []

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket('heard')
    await client.makeBucket('other')
  })

  afterEach(() => {
    for (const listener of open.splice(0)) listener.close()
  })

  async function start(query: RawRequest['query'], bucket = 'heard'): Promise<Listener> {
    const listener = await listen(client, { bucket, query })
    open.push(listener)
    return listener
  }

  const put = (key: string, body = 'x', headers = {}, bucket = 'heard') =>
    client.put(bucket, key, body, headers)

  it('tells what was stored, and who did it', async () => {
    const listener = await start({ events: created })
    expect(listener.response.statusCode).toBe(200)
    const stored = await put('a b+c/ü', 'hello', {
      'content-type': 'text/plain',
      'x-amz-meta-the-colour': 'red',
    })
    await listener.until(({ records }) => records.length === 1)
    expect(listener.records[0]).toMatchObject({
      eventVersion: '2.0',
      eventSource: 'minio:s3',
      awsRegion: 'us-east-1',
      eventName: 's3:ObjectCreated:Put',
      userIdentity: { principalId: fixture().server.accessKey },
      requestParameters: { region: 'us-east-1', sourceIPAddress: '127.0.0.1' },
      responseElements: { 'x-amz-request-id': stored.headers['x-amz-request-id'] },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'Config',
        bucket: { name: 'heard', arn: 'arn:aws:s3:::heard' },
        object: {
          key: 'a+b%2Bc%2F%C3%BC',
          size: 5,
          eTag: createHash('md5').update('hello').digest('hex'),
          contentType: 'text/plain',
          userMetadata: { 'content-type': 'text/plain', 'X-Amz-Meta-The-Colour': 'red' },
        },
      },
    })
  })

  it('tells of what was asked for alone', async () => {
    const listener = await start({ events: [removed, 's3:ObjectAccessed:Get'] })
    await put('one')
    await client.get('heard', 'one')
    await client.send({ method: 'HEAD', bucket: 'heard', key: 'one' })
    await client.get('heard', 'one', { 'if-none-match': '*' })
    await client.get('heard', 'nothing')
    await client.send({ method: 'DELETE', bucket: 'heard', key: 'one' })
    await client.send({ method: 'DELETE', bucket: 'heard', key: 'one' })
    await put('one', 'x', {}, 'other')
    await client.send({ method: 'DELETE', bucket: 'other', key: 'one' })
    await put('last')
    await client.get('heard', 'last')
    await listener.until(({ records }) => records.length >= 4)
    expect(listener.records.map(({ eventName, s3 }) => [eventName, s3.object.key])).toEqual([
      ['s3:ObjectAccessed:Get', 'one'],
      ['s3:ObjectRemoved:Delete', 'one'],
      ['s3:ObjectRemoved:NoOP', 'one'],
      ['s3:ObjectAccessed:Get', 'last'],
    ])
  })

  it('tells of keys that begin and end as was asked for', async () => {
    const listener = await start({ events: created, prefix: 'in/', suffix: '.txt' })
    for (const key of ['in/a.txt', 'in/b.jpg', 'out/c.txt', 'in/.txt', 'in.txt']) await put(key)
    await put('in/last.txt')
    await listener.until(({ records }) => records.length >= 3)
    const keys = listener.records.map(({ s3 }) => decodeURIComponent(s3.object.key))
    expect(keys).toEqual(['in/a.txt', 'in/.txt', 'in/last.txt'])
  })

  it('hears every bucket at the root', async () => {
    const listener = await start({ events: created }, '')
    await put('root')
    await put('root', 'x', {}, 'other')
    await listener.until(({ records }) => records.length === 2)
    expect(listener.records.map(({ s3 }) => s3.bucket.name)).toEqual(['heard', 'other'])
  })

  it('tells versions, delete markers, copies, parts, tags and deletes of many', async () => {
    await client.makeBucket('kept')
    const send = (
      method: string,
      key: string,
      query: RawRequest['query'],
      body?: string,
      headers = {},
    ) => client.send({ method, bucket: 'kept', key, query, body, headers })
    const versioning = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    await send('PUT', '', { versioning: '' }, versioning)
    const all = ['s3:ObjectAccessed:*', created, removed, 's3:ObjectTagging:Put']
    const listener = await start({ events: all }, 'kept')
    const first = (await send('PUT', 'a', {}, 'x')).headers['x-amz-version-id']
    await send('DELETE', 'a', {})
    await send('DELETE', 'a', { versionId: String(first) })
    await send('PUT', 'b', {}, 'x')
    await send('PUT', 'c', {}, undefined, { 'x-amz-copy-source': '/kept/b' })
    const begun = await send('POST', 'd', { uploads: '' })
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(begun.text)?.[1] ?? ''
    const part = await send('PUT', 'd', { uploadId, partNumber: '1' }, 'part')
    const listed = `<Part><PartNumber>1</PartNumber><ETag>${part.headers.etag ?? ''}</ETag></Part>`
    const document = `<CompleteMultipartUpload>${listed}</CompleteMultipartUpload>`
    await send('POST', 'd', { uploadId }, document)
    const tags = '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>'
    await send('PUT', 'b', { tagging: '' }, tags)
    await send('DELETE', 'b', { tagging: '' })
    const many = '<Delete><Object><Key>c</Key></Object><Object><Key>d</Key></Object></Delete>'
    await send('POST', '', { delete: '' }, many, {
      'content-md5': createHash('md5').update(many).digest('base64'),
    })
    await send('HEAD', 'b', {})
    await listener.until(({ records }) => records.length >= 11)
    const told = listener.records.map(({ eventName, s3 }) => [eventName.slice(3), s3.object.key])
    expect(told).toEqual([
      ['ObjectCreated:Put', 'a'],
      ['ObjectRemoved:DeleteMarkerCreated', 'a'],
      ['ObjectRemoved:Delete', 'a'],
      ['ObjectCreated:Put', 'b'],
      ['ObjectCreated:Copy', 'c'],
      ['ObjectCreated:CompleteMultipartUpload', 'd'],
      ['ObjectTagging:Put', 'b'],
      ['ObjectCreated:DeleteTagging', 'b'],
      ['ObjectRemoved:DeleteMarkerCreated', 'c'],
      ['ObjectRemoved:DeleteMarkerCreated', 'd'],
      ['ObjectAccessed:Head', 'b'],
    ])
    const versions = listener.records.map(({ s3 }) => s3.object.versionId)
    expect(versions[0]).toBe(first)
    expect(versions[2]).toBe(first)
    expect(new Set(versions.slice(0, 6)).size).toBe(5)
    const sequencers = listener.records.map(({ s3 }) => s3.object.sequencer)
    expect(sequencers).toEqual([...sequencers].sort())
    expect(new Set(sequencers).size).toBe(sequencers.length)
  })

  it('says nothing of what was refused', async () => {
    const listener = await start({ events: created })
    await put('refused', 'x', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' })
    await put('refused', 'x', { 'if-match': 'other' })
    await put('stored')
    await listener.until(({ records }) => records.length === 1)
    expect(listener.records[0]?.s3.object.key).toBe('stored')
  })

  it.each([
    ['no such event', { events: 's3:ObjectCreated:Nothing' }],
    ['an event without a name', { events: '' }],
    ['one bad name among good ones', { events: [created, 'Put'] }],
    ['everything', { events: 's3:*' }],
    ['a prefix of dots', { events: created, prefix: '../a' }],
    ['two prefixes', { events: created, prefix: ['a', 'b'] }],
    ['no interval', { events: created, ping: 'x' }],
    ['an interval of nothing', { events: created, ping: '0' }],
  ])('refuses %s', async (_, query) => {
    const refused = await client.send({ bucket: 'heard', query })
    expect(refused).toMatchObject({ status: 400, code: 'InvalidArgument' })
  })

  it('refuses a bucket that is not there, and strangers', async () => {
    const query = { events: created }
    expect(await client.send({ bucket: 'nowhere', query })).toMatchObject({ code: 'NoSuchBucket' })
    const stranger = { bucket: 'heard', query, signed: false }
    expect(await client.send(stranger)).toMatchObject({ status: 403 })
  })

  // 10 000 changes in memory.
  it('tells each of many changes once, in order for every key', async () => {
    const listener = await start({ events: [created, removed], prefix: 'many/' })
    const keyCount = 20
    const rounds = fixture().kind === 'memory' ? 500 : 100
    const turns = Array.from({ length: keyCount }, async (_, index) => {
      const key = `many/${index}`
      for (let round = 0; round < rounds; round += 1) {
        if (round % 5 === 4) await client.send({ method: 'DELETE', bucket: 'heard', key })
        else await put(key, 'x'.repeat(round + 1))
      }
    })
    await Promise.all(turns)
    await listener.until(({ lineCount }) => lineCount >= keyCount * rounds)
    expect(listener.lineCount).toBe(keyCount * rounds)
    const sizes = new Map<string, unknown[]>()
    for (const { s3 } of listener.records) {
      const { key, size } = s3.object
      const known = sizes.get(key) ?? []
      known.push(size)
      sizes.set(key, known)
    }
    const wanted = Array.from({ length: rounds }, (_, round) =>
      round % 5 === 4 ? undefined : round + 1,
    )
    expect(sizes.size).toBe(keyCount)
    for (const told of sizes.values()) expect(told).toEqual(wanted)
  }, 60_000)
})

describe('a listener', () => {
  it('hears a space each half second when there is nothing else', async () => {
    const timers = new ManualTimers()
    await using server = await startServer({ timers })
    const client = new RawClient(server)
    await client.makeBucket('quiet')
    const listener = await listen(client, { bucket: 'quiet', query: { events: created } })
    timers.pass(499)
    timers.pass(1)
    await listener.until(({ text }) => text !== '')
    timers.pass(500)
    await listener.until(({ text }) => text.length > 1)
    expect(listener.text).toBe('  ')
    listener.close()
    client.close()
  })

  it('hears an empty record at the interval that it asks for', async () => {
    const timers = new ManualTimers()
    await using server = await startServer({ timers })
    const client = new RawClient(server)
    await client.makeBucket('quiet')
    const query = { events: created, ping: '3' }
    const listener = await listen(client, { bucket: 'quiet', query })
    timers.pass(2999)
    await client.put('quiet', 'key', 'x')
    await listener.until(({ records }) => records.length === 1)
    timers.pass(1)
    await listener.until(({ text }) => text.endsWith('{"Records":null}\n'))
    expect(listener.text.split('\n')).toHaveLength(3)
    listener.close()
    client.close()
  })

  it('is let go when it goes, with all that it held', async () => {
    const timers = new ManualTimers()
    const store = await openMemoryStore()
    const context = { ...serverContext(store, credentials) }
    const served = { ...context, notifications: { ...context.notifications, timers } }
    const { client, listener: http } = await serve(served)
    await client.makeBucket('left')
    const listener = await listen(client, { bucket: 'left', query: { events: created } })
    expect([timers.count, context.events.subscriptionCount]).toEqual([1, 1])
    listener.close()
    while (context.events.subscriptionCount > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(timers.count).toBe(0)
    client.close()
    await http.close()
    await store.close()
  })

  it('that takes nothing is cut off, and the others hear on', async () => {
    const store = await openMemoryStore()
    const context = serverContext(store, credentials, 200_000)
    const { client, listener: http, port } = await serve(context)
    await client.makeBucket('slow')
    const query = { events: created }
    const slow = new RawConnection(port)
    slow.write(client.wireHead({ bucket: 'slow', query }))
    await slow.until('\r\n\r\n')
    slow.socket.pause()
    const other = await listen(client, { bucket: 'slow', query })
    let told = 0
    // The buffers of the sockets take some megabytes first.
    while (context.events.subscriptionCount > 1 && told < 20_000) {
      const puts = Array.from({ length: 20 }, (_, index) =>
        client.put('slow', `${index}`, 'x', { 'x-amz-meta-a': 'y'.repeat(2000) }),
      )
      await Promise.all(puts)
      told += puts.length
    }
    expect(context.events.subscriptionCount).toBe(1)
    await other.until(({ lineCount }) => lineCount === told)
    slow.destroy()
    other.close()
    client.close()
    await http.close()
    await store.close()
  }, 60_000)

  it('is ended when the server closes', async () => {
    const server = await startServer()
    const client = new RawClient(server)
    await client.makeBucket('ended')
    const listener = await listen(client, { bucket: 'ended', query: { events: created } })
    await server.close()
    await listener.untilClosed()
    expect(listener.closed).toBe(true)
    client.close()
  })
})
