import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'

import { startServer } from '@stowage/server'
import { checksum, copyObjectDocument, encodeDigest, encodeKeyPath } from '@stowage/protocol'

import { openCopySource, parseCopySource } from '../src/operations/copy-source.ts'
import type { OperationContext } from '../src/operations/operation.ts'
import { S3Failure } from '../src/failure.ts'
import { documentOf, setVersioning, versionOf } from './support/documents.ts'
import { RawClient, type RawResponse } from './support/raw-client.ts'
import { describeServers, temporaryDirectory } from './support/stores.ts'

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

function refusal(value: string): string {
  try {
    parseCopySource(value)
  } catch (error) {
    if (error instanceof S3Failure) return error.code
    throw error
  }
  return 'none'
}

describe('the source of a copy', () => {
  const versionId = '0'.repeat(46)

  it.each([
    ['bkt/key', 'key'],
    ['/bkt/key', 'key'],
    ['bkt/a/b//c', 'a/b//c'],
    ['bkt/../other/key', '../other/key'],
    ['bkt/%2e%2e/other', '../other'],
    ['bkt%2Fkey', 'key'],
    ['bkt/100%25', '100%'],
    ['bkt/%2525', '%25'],
    ['bkt/a+b', 'a+b'],
    ['bkt/a%20b', 'a b'],
    ['bkt/a?b', 'a?b'],
    ['bkt/a%3FversionId=null', 'a?versionId=null'],
    ['bkt/gr\u00c3\u00bcn', 'grün'],
    ['bkt/gr%C3%BCn', 'grün'],
    ['bkt//', '/'],
  ])('%s is the key %s', (value, key) => {
    expect(parseCopySource(value)).toEqual({ bucket: 'bkt', key, versionId: undefined })
    const versioned = { bucket: 'bkt', key, versionId }
    expect(parseCopySource(`${value}?versionId=${versionId}`)).toEqual(versioned)
  })

  it.each([
    '',
    '/',
    '//',
    'bkt',
    '/bkt',
    'bkt/',
    '/bkt/',
    '//bkt/key',
    '../bkt/key',
    '..%2Fbkt/key',
    './key',
    'bkt/%zz',
    'bkt/%ff',
    'bkt/\u00ff',
    'bkt/key?versionId=',
    'bkt/key?versionId=../x',
    'bkt/key?versionId=null&x=y',
    'arn:aws:s3:eu-west-1:123456789012:accesspoint/my/object/key',
    'http://bkt/key',
    `bkt/${'k'.repeat(1025)}`,
  ])('is not %j', (value) => {
    expect(refusal(value)).toBe('InvalidArgument')
  })
})

it('asks for permission to read the source before it looks for anything', async () => {
  const lookedFor: string[] = []
  const context = {
    identity: { kind: 'anonymous' },
    request: { header: () => 'secret/key' },
    server: {
      store: {
        buckets: { get: (bucket: string) => lookedFor.push(bucket) },
        configurations: { find: () => undefined },
      },
    },
  }
  // What else a context has must not be touched before the refusal.
  const opening = openCopySource(context as unknown as OperationContext)
  await expect(opening).rejects.toMatchObject({ code: 'AccessDenied' })
  expect(lookedFor).toEqual([])
})

describeServers('copies', (fixture) => {
  const bucket = 'copies'
  let client: RawClient

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
    await client.makeBucket('copies-to')
  })

  const copy = (source: string, to: string, headers = {}, into = bucket): Promise<RawResponse> =>
    client.send({
      method: 'PUT',
      bucket: into,
      key: to,
      headers: { 'x-amz-copy-source': source, ...headers },
    })
  const get = (key: string, from = bucket, headers = {}): Promise<RawResponse> =>
    client.send({ bucket: from, key, headers })

  it.each([0, 5, 4097, 300_000])('have the %d bytes of their source', async (sizeBytes) => {
    const body = 'x'.repeat(sizeBytes)
    await client.put(bucket, 'sized', body)
    const answer = await copy(`/${bucket}/sized`, 'sized copy', {}, 'copies-to')
    const { etag, lastModified } = documentOf(copyObjectDocument, answer)
    expect(etag).toBe(md5(body))
    expect(lastModified).toBeInstanceOf(Date)
    expect((await get('sized copy', 'copies-to')).text).toBe(body)
    await client.send({ method: 'DELETE', bucket, key: 'sized' })
    expect((await get('sized copy', 'copies-to')).text).toBe(body)
    await client.put('copies-to', 'sized copy', 'other')
    expect((await get('sized copy', 'copies-to')).text).toBe('other')
  })

  it('outlive their copies, and the other way round', async () => {
    const body = 'y'.repeat(10_000)
    await client.put(bucket, 'one', body)
    await copy(`${bucket}/one`, 'two')
    await copy(`${bucket}/two`, 'three')
    await client.send({ method: 'DELETE', bucket, key: 'two' })
    await client.put(bucket, 'three', 'z')
    expect((await get('one')).text).toBe(body)
    await copy(`${bucket}/one`, 'four')
    await client.send({ method: 'DELETE', bucket, key: 'one' })
    expect((await get('four')).text).toBe(body)
  })

  describe('of hostile keys', () => {
    it.each(['a b', '100%', 'a+b', 'a?versionId=null', '../x', 'ü/ö', 'a&b=c', '//', '%2F'])(
      'find %j',
      async (key) => {
        await client.put(bucket, key, key)
        expect((await copy(`${bucket}/${encodeKeyPath(key)}`, 'hostile')).status).toBe(200)
        expect((await get('hostile')).text).toBe(key)
      },
    )
  })

  const described = {
    'content-type': 'text/plain',
    'cache-control': 'no-cache',
    'x-amz-meta-colour': 'blue',
    'x-amz-tagging': 'a=1&b=2',
    'x-amz-website-redirect-location': '/elsewhere',
    'x-amz-storage-class': 'STANDARD_IA',
  }

  it('keep what is said of the source, but not where it is redirected or how it is kept', async () => {
    await client.put(bucket, 'described', 'x', described)
    await copy(`${bucket}/described`, 'kept', { 'content-type': 'ignored/type' })
    const { headers } = await get('kept')
    expect(headers).toMatchObject({
      'content-type': 'text/plain',
      'cache-control': 'no-cache',
      'x-amz-meta-colour': 'blue',
      'x-amz-tagging-count': '2',
    })
    expect(headers['x-amz-website-redirect-location']).toBeUndefined()
    expect(headers['x-amz-storage-class']).toBeUndefined()
  })

  it('take what is new where that is asked for', async () => {
    await client.put(bucket, 'described', 'x', described)
    await copy(`${bucket}/described`, 'replaced', {
      'x-amz-metadata-directive': 'REPLACE',
      'x-amz-meta-shape': 'round',
      'content-language': 'de',
    })
    const { headers } = await get('replaced')
    expect(headers).toMatchObject({
      'content-type': 'binary/octet-stream',
      'content-language': 'de',
      'x-amz-meta-shape': 'round',
      'x-amz-tagging-count': '2',
    })
    expect(headers['x-amz-meta-colour']).toBeUndefined()
    expect(headers['cache-control']).toBeUndefined()
    await copy(`${bucket}/described`, 'retagged', {
      'x-amz-tagging-directive': 'REPLACE',
      'x-amz-tagging': 'c=3',
    })
    const retagged = await get('retagged')
    expect(retagged.headers).toMatchObject({
      'x-amz-tagging-count': '1',
      'x-amz-meta-colour': 'blue',
    })
  })

  it.each([{ 'x-amz-metadata-directive': 'MERGE' }, { 'x-amz-tagging-directive': 'x' }])(
    'refuse %j',
    async (headers) => {
      await client.put(bucket, 'directed', 'x')
      expect((await copy(`${bucket}/directed`, 'refused', headers)).code).toBe('InvalidArgument')
    },
  )

  it('to themselves change something', async () => {
    await client.put(bucket, 'itself', 'x'.repeat(5000), { 'x-amz-meta-a': 'b' })
    const source = `${bucket}/itself`
    expect((await copy(source, 'itself')).code).toBe('InvalidRequest')
    const replace = { 'x-amz-metadata-directive': 'REPLACE', 'x-amz-meta-c': 'd' }
    expect((await copy(source, 'itself', replace)).status).toBe(200)
    const storage = { 'x-amz-storage-class': 'STANDARD_IA' }
    expect((await copy(source, 'itself', storage)).status).toBe(200)
    const read = await get('itself')
    expect(read.text).toBe('x'.repeat(5000))
    expect(read.headers).toMatchObject({
      'x-amz-meta-c': 'd',
      'x-amz-storage-class': 'STANDARD_IA',
    })
  })

  it('depend on the state of the source', async () => {
    await client.put(bucket, 'state', 'x')
    const etag = `"${md5('x')}"`
    const past = new Date(Date.now() - 86_400_000).toUTCString()
    const future = new Date(Date.now() + 86_400_000).toUTCString()
    const header = (name: string, value: string): Record<string, string> => ({
      [`x-amz-copy-source-if-${name}`]: value,
    })
    const cases = [
      [header('match', etag), 200],
      [header('match', '"other"'), 412],
      [header('none-match', etag), 412],
      [header('none-match', '"other"'), 200],
      [header('unmodified-since', past), 412],
      [header('unmodified-since', future), 200],
      [header('modified-since', past), 200],
      [header('modified-since', future), 412],
      [{ ...header('match', etag), ...header('unmodified-since', past) }, 200],
      [{ ...header('none-match', etag), ...header('modified-since', past) }, 412],
    ] as const
    for (const [headers, status] of cases) {
      expect([headers, (await copy(`${bucket}/state`, 'depends', headers)).status]).toEqual([
        headers,
        status,
      ])
    }
    const exists = { 'if-none-match': '*' }
    expect((await copy(`${bucket}/state`, 'depends', exists)).status).toBe(412)
    expect((await copy(`${bucket}/state`, 'new one', exists)).status).toBe(200)
  })

  it('need a source', async () => {
    expect((await copy(`${bucket}/nothing here`, 'x')).code).toBe('NoSuchKey')
    expect((await copy('no-such-bucket/key', 'x')).code).toBe('NoSuchBucket')
    expect((await copy('', 'x')).code).toBe('InvalidArgument')
    const unknown = `${bucket}/state?versionId=${'0'.repeat(46)}`
    expect((await copy(unknown, 'x')).code).toBe('NoSuchVersion')
  })

  it('need permission', async () => {
    const answer = await client.send({
      method: 'PUT',
      bucket,
      key: 'x',
      headers: { 'x-amz-copy-source': 'no-such-bucket/key' },
      signed: false,
    })
    expect(answer.status).toBe(403)
  })

  it('have the checksum that is asked for', async () => {
    await client.put(bucket, 'sum', 'x'.repeat(5000))
    const value = encodeDigest(checksum('SHA256', Buffer.from('x'.repeat(5000))))
    const answer = await copy(`${bucket}/sum`, 'summed', { 'x-amz-checksum-algorithm': 'SHA256' })
    expect(documentOf(copyObjectDocument, answer)).toMatchObject({
      checksumSHA256: value,
      checksumType: 'FULL_OBJECT',
    })
    const again = await copy(`${bucket}/summed`, 'summed again')
    expect(documentOf(copyObjectDocument, again).checksumSHA256).toBe(value)
    const mode = { 'x-amz-checksum-mode': 'ENABLED' }
    expect((await get('summed again', bucket, mode)).headers['x-amz-checksum-sha256']).toBe(value)
  })

  it('name versions', async () => {
    await client.makeBucket('copied-versions')
    const put = (body: string): Promise<RawResponse> => client.put('copied-versions', 'key', body)
    await setVersioning(client, 'copied-versions', 'Enabled')
    const first = versionOf(await put('first'))
    const second = versionOf(await put('second'))
    const restored = await copy(
      `copied-versions/key?versionId=${first}`,
      'key',
      {},
      'copied-versions',
    )
    expect(restored.headers['x-amz-copy-source-version-id']).toBe(first)
    expect([first, second]).not.toContain(versionOf(restored))
    expect((await get('key', 'copied-versions')).text).toBe('first')
    const removed = await client.send({ method: 'DELETE', bucket: 'copied-versions', key: 'key' })
    // In the answer of a copy these headers would be about the copy.
    const refused = await copy('copied-versions/key', 'x')
    expect(refused).toMatchObject({ status: 404, code: 'NoSuchKey' })
    expect(refused.headers).not.toHaveProperty('x-amz-version-id')
    expect(refused.headers).not.toHaveProperty('x-amz-delete-marker')
    const marker = `copied-versions/key?versionId=${versionOf(removed)}`
    expect((await copy(marker, 'x')).code).toBe('InvalidRequest')
  })
})

describe('copies on disk', () => {
  const files = (directory: string): number =>
    readdirSync(join(directory, 'blobs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(directory, 'blobs', name)).isFile(),
    ).length

  it('share the bytes until the last has gone, also after a restart', async () => {
    const directory = temporaryDirectory()
    const body = 'x'.repeat(100_000)
    const options = { directory: directory.path, durability: 'flush' } as const
    const copyTo = (client: RawClient, from: string, to: string): Promise<RawResponse> =>
      client.send({
        method: 'PUT',
        bucket: 'shared',
        key: to,
        headers: { 'x-amz-copy-source': `shared/${from}` },
      })
    const refuse = async (client: RawClient, from: string): Promise<number> => {
      const headers = { 'x-amz-copy-source': `shared/${from}`, 'if-none-match': '*' }
      return (await client.send({ method: 'PUT', bucket: 'shared', key: 'c', headers })).status
    }
    const remove = (client: RawClient, key: string): Promise<RawResponse> =>
      client.send({ method: 'DELETE', bucket: 'shared', key })

    const first = await startServer(options)
    let client = new RawClient(first)
    await client.makeBucket('shared')
    await client.put('shared', 'a', body)
    await copyTo(client, 'a', 'b')
    await copyTo(client, 'b', 'c')
    expect(await refuse(client, 'a')).toBe(412)
    expect(files(directory.path)).toBe(1)
    await remove(client, 'a')
    client.close()
    await first.close()

    const second = await startServer(options)
    client = new RawClient(second)
    expect(files(directory.path)).toBe(1)
    expect(await refuse(client, 'b')).toBe(412)
    await remove(client, 'b')
    expect((await client.get('shared', 'c')).text).toBe(body)
    await remove(client, 'c')
    client.close()
    await second.close()
    expect(files(directory.path)).toBe(0)
    directory.remove()
  })
})
