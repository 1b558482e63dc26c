import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'

import {
  checksum,
  completeMultipartUploadResultDocument,
  compositeChecksum,
  copyPartDocument,
  encodeDigest,
  initiateMultipartUploadDocument,
  listMultipartUploadsDocument,
  listPartsDocument,
  objectAttributesDocument,
} from '@stowage/protocol'

import { documentOf, setVersioning, versionOf } from './support/documents.ts'
import type { RawClient, RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const fiveMiB = 5 * 1024 * 1024
const large = Buffer.alloc(fiveMiB, 'large ')
const otherLarge = Buffer.alloc(fiveMiB, 'other ')

function md5(...pieces: (string | Uint8Array)[]): Buffer {
  const hash = createHash('md5')
  for (const piece of pieces) hash.update(piece)
  return hash.digest()
}

function etagOfPieces(...pieces: (string | Uint8Array)[]): string {
  return `${md5(...pieces.map((piece) => md5(piece))).toString('hex')}-${pieces.length}`
}

interface Listed {
  readonly partNumber: number
  readonly etag: string
  readonly more?: string
}

describeServers('multipart uploads', (fixture) => {
  const bucket = 'multipart'
  let client: RawClient
  let keys = 0
  let key = ''

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
  })

  const begin = async (headers = {}, name = `key-${(keys += 1)}`): Promise<string> => {
    key = name
    const answer = await client.send({
      method: 'POST',
      bucket,
      key,
      query: { uploads: '' },
      headers,
    })
    return documentOf(initiateMultipartUploadDocument, answer).uploadId
  }
  const part = (
    uploadId: string,
    partNumber: number,
    body: string | Uint8Array,
    headers = {},
  ): Promise<RawResponse> =>
    client.send({
      method: 'PUT',
      bucket,
      key,
      query: { partNumber: String(partNumber), uploadId },
      body,
      headers,
    })
  const complete = (
    uploadId: string,
    listed: readonly Listed[],
    headers = {},
  ): Promise<RawResponse> => {
    const rows = listed.map(
      ({ partNumber, etag, more = '' }) =>
        `<Part><PartNumber>${partNumber}</PartNumber><ETag>${etag}</ETag>${more}</Part>`,
    )
    const body = `<CompleteMultipartUpload>${rows.join('')}</CompleteMultipartUpload>`
    return client.send({ method: 'POST', bucket, key, query: { uploadId }, body, headers })
  }
  const abort = (uploadId: string): Promise<RawResponse> =>
    client.send({ method: 'DELETE', bucket, key, query: { uploadId } })
  const parts = async (uploadId: string, query = {}): Promise<RawResponse> =>
    client.send({ bucket, key, query: { uploadId, ...query } })
  const get = (query = {}, headers = {}): Promise<RawResponse> =>
    client.send({ bucket, key, query, headers })
  const listed = (partNumber: number, body: string | Uint8Array, more = ''): Listed => ({
    partNumber,
    etag: `"${md5(body).toString('hex')}"`,
    more,
  })

  it('become one object', async () => {
    const uploadId = await begin({
      'content-type': 'text/plain',
      'cache-control': 'no-store',
      'x-amz-meta-colour': 'blue',
      'x-amz-tagging': 'a=1',
      'x-amz-storage-class': 'STANDARD_IA',
    })
    const sent = await part(uploadId, 2, 'last')
    expect(sent).toMatchObject({
      status: 200,
      headers: { etag: `"${md5('last').toString('hex')}"` },
    })
    await part(uploadId, 1, large)
    expect((await get()).code).toBe('NoSuchKey')
    const answer = await complete(uploadId, [listed(1, large), listed(2, 'last')])
    const etag = etagOfPieces(large, 'last')
    expect(documentOf(completeMultipartUploadResultDocument, answer)).toMatchObject({
      bucket,
      object: key,
      etag,
    })
    const read = await get()
    expect(read.body.equals(Buffer.concat([large, Buffer.from('last')]))).toBe(true)
    expect(read.headers).toMatchObject({
      etag: `"${etag}"`,
      'content-type': 'text/plain',
      'cache-control': 'no-store',
      'x-amz-meta-colour': 'blue',
      'x-amz-tagging-count': '1',
      'x-amz-storage-class': 'STANDARD_IA',
    })
    expect((await parts(uploadId)).code).toBe('NoSuchUpload')
    expect((await abort(uploadId)).code).toBe('NoSuchUpload')
  })

  it('are read over the borders of parts, and part by part', async () => {
    const uploadId = await begin()
    await part(uploadId, 3, large)
    await part(uploadId, 7, 'last')
    await complete(uploadId, [listed(3, large), listed(7, 'last')])
    const range = await get({}, { range: `bytes=${fiveMiB - 2}-${fiveMiB + 1}` })
    expect(range).toMatchObject({ status: 206, text: `${large.toString('utf8').slice(-2)}la` })
    const second = await get({ partNumber: '7' })
    expect(second).toMatchObject({
      status: 206,
      text: 'last',
      headers: {
        'x-amz-mp-parts-count': '2',
        'content-range': `bytes ${fiveMiB}-${fiveMiB + 3}/${fiveMiB + 4}`,
      },
    })
    const head = await client.send({ method: 'HEAD', bucket, key, query: { partNumber: '3' } })
    expect(head).toMatchObject({
      status: 206,
      headers: { 'content-length': String(fiveMiB), 'x-amz-mp-parts-count': '2' },
    })
    expect((await get({ partNumber: '1' })).code).toBe('InvalidPartNumber')
    expect((await get()).headers['x-amz-mp-parts-count']).toBeUndefined()
  })

  it('may be one empty part', async () => {
    const uploadId = await begin()
    await part(uploadId, 1, '')
    expect((await complete(uploadId, [listed(1, '')])).status).toBe(200)
    expect(await get()).toMatchObject({ status: 200, text: '' })
  })

  describe('refuse', () => {
    it('what is not the order', async () => {
      const uploadId = await begin()
      await part(uploadId, 1, large)
      await part(uploadId, 2, 'last')
      const wrong = [
        [listed(2, 'last'), listed(1, large)],
        [listed(1, large), listed(1, large)],
      ]
      for (const order of wrong) {
        expect((await complete(uploadId, order)).code).toBe('InvalidPartOrder')
      }
      expect((await complete(uploadId, [])).code).toBe('MalformedXML')
    })

    it('parts that are not there, or not the same', async () => {
      const uploadId = await begin()
      await part(uploadId, 1, large)
      expect((await complete(uploadId, [listed(2, large)])).code).toBe('InvalidPart')
      expect((await complete(uploadId, [listed(1, 'x')])).code).toBe('InvalidPart')
      expect((await get()).code).toBe('NoSuchKey')
      expect((await complete(uploadId, [listed(1, large)])).status).toBe(200)
    })

    it('small parts before the last', async () => {
      const uploadId = await begin()
      const almost = large.subarray(1)
      await part(uploadId, 1, almost)
      await part(uploadId, 2, 'last')
      const answer = await complete(uploadId, [listed(1, almost), listed(2, 'last')])
      expect(answer).toMatchObject({ status: 400, code: 'EntityTooSmall' })
    })

    it.each(['0', '10001', '-1', 'x', '', '1.5'])('the part number %j', async (partNumber) => {
      const uploadId = await begin()
      const answer = await client.send({
        method: 'PUT',
        bucket,
        key,
        query: { partNumber, uploadId },
        body: 'x',
      })
      expect(answer.code).toBe('InvalidArgument')
    })

    it('a part with wrong sums, and keep the one before', async () => {
      const uploadId = await begin()
      await part(uploadId, 1, 'kept')
      const wrong = { 'content-md5': md5('other').toString('base64') }
      expect((await part(uploadId, 1, 'lost', wrong)).code).toBe('BadDigest')
      expect((await complete(uploadId, [listed(1, 'kept')])).status).toBe(200)
      expect((await get()).text).toBe('kept')
    })

    it('another size than promised', async () => {
      const uploadId = await begin()
      await part(uploadId, 1, 'four')
      const headers = { 'x-amz-mp-object-size': '5' }
      expect((await complete(uploadId, [listed(1, 'four')], headers)).code).toBe('InvalidRequest')
    })
  })

  it('are bound to their key and bucket', async () => {
    const uploadId = await begin()
    await part(uploadId, 1, 'x')
    const own = key
    key = 'another key'
    expect((await part(uploadId, 1, 'y')).code).toBe('NoSuchUpload')
    expect((await parts(uploadId)).code).toBe('NoSuchUpload')
    expect((await abort(uploadId)).code).toBe('NoSuchUpload')
    expect((await complete(uploadId, [listed(1, 'x')])).code).toBe('NoSuchUpload')
    key = own
    expect((await complete(uploadId, [listed(1, 'x')])).status).toBe(200)
  })

  it.each(['', 'x', '../../x', '0'.repeat(46), 'F'.repeat(46), `${'0'.repeat(45)}\u0000`])(
    'are not called %j',
    async (uploadId) => {
      key = 'unknown'
      expect((await part(uploadId, 1, 'y')).code).toBe('NoSuchUpload')
      expect((await parts(uploadId)).code).toBe('NoSuchUpload')
      expect((await abort(uploadId)).code).toBe('NoSuchUpload')
      expect((await complete(uploadId, [listed(1, 'x')])).code).toBe('NoSuchUpload')
    },
  )

  it('answer a second completion like the first', async () => {
    const uploadId = await begin()
    await part(uploadId, 1, large)
    await part(uploadId, 2, 'last')
    const both = [listed(1, large), listed(2, 'last')]
    const first = await complete(uploadId, both)
    expect(await complete(uploadId, both)).toMatchObject({ status: 200, text: first.text })
    expect((await complete(uploadId, [listed(1, large)])).code).toBe('NoSuchUpload')
    expect((await complete(uploadId, [listed(1, large), listed(3, 'last')])).code).toBe(
      'NoSuchUpload',
    )
    await client.put(bucket, key, 'new')
    expect((await complete(uploadId, both)).code).toBe('NoSuchUpload')
  })

  it('take the last part of a number, and drop those that are not listed', async () => {
    const uploadId = await begin()
    await part(uploadId, 1, 'first try')
    await part(uploadId, 1, 'second')
    await part(uploadId, 2, 'unused')
    expect((await complete(uploadId, [listed(1, 'first try')])).code).toBe('InvalidPart')
    expect((await complete(uploadId, [listed(1, 'second')])).status).toBe(200)
    expect((await get()).text).toBe('second')
  })

  it('meet conditions when they are completed', async () => {
    const uploadId = await begin()
    await client.put(bucket, key, 'old')
    await part(uploadId, 1, 'new')
    const create = { 'if-none-match': '*' }
    expect((await complete(uploadId, [listed(1, 'new')], create)).status).toBe(412)
    const same = { 'if-match': md5('other').toString('hex') }
    expect((await complete(uploadId, [listed(1, 'new')], same)).status).toBe(412)
    expect((await get()).text).toBe('old')
    const right = { 'if-match': md5('old').toString('hex') }
    expect((await complete(uploadId, [listed(1, 'new')], right)).status).toBe(200)
    expect((await get()).text).toBe('new')
  })

  it('are versions like others', async () => {
    await client.makeBucket('multipart-versions')
    await setVersioning(client, 'multipart-versions', 'Enabled')
    const send = (method: string, query: Record<string, string>, body = ''): Promise<RawResponse> =>
      client.send({ method, bucket: 'multipart-versions', key: 'key', query, body })
    const first = versionOf(await client.put('multipart-versions', 'key', 'old'))
    const { uploadId } = documentOf(
      initiateMultipartUploadDocument,
      await send('POST', { uploads: '' }),
    )
    await send('PUT', { uploadId, partNumber: '1' }, 'new')
    const { etag } = listed(1, 'new')
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`
    const done = await send('POST', { uploadId }, body)
    expect(versionOf(done)).not.toBe(first)
    expect((await send('GET', {})).text).toBe('new')
    expect((await send('GET', { versionId: first })).text).toBe('old')
  })

  describe('checksums', () => {
    const crc32 = (body: string | Uint8Array): string =>
      encodeDigest(checksum('CRC32', Buffer.from(body)))

    it('are made of those of the parts', async () => {
      const uploadId = await begin({ 'x-amz-checksum-algorithm': 'CRC32' })
      await part(uploadId, 1, large, { 'x-amz-checksum-crc32': crc32(large) })
      await part(uploadId, 2, 'last')
      const found = documentOf(listPartsDocument, await parts(uploadId))
      expect(found).toMatchObject({ checksumAlgorithm: 'CRC32', checksumType: 'COMPOSITE' })
      expect(found.parts.map(({ checksumCRC32 }) => checksumCRC32)).toEqual([
        crc32(large),
        crc32('last'),
      ])
      const wrong = `<ChecksumCRC32>${crc32('x')}</ChecksumCRC32>`
      expect((await complete(uploadId, [listed(1, large), listed(2, 'last', wrong)])).code).toBe(
        'InvalidPart',
      )
      const expected = compositeChecksum('CRC32', [
        checksum('CRC32', large),
        checksum('CRC32', Buffer.from('last')),
      ])
      const bad = { 'x-amz-checksum-crc32': crc32('x') }
      const both = [listed(1, large), listed(2, 'last')]
      expect((await complete(uploadId, both, bad)).code).toBe('BadDigest')
      const good = { 'x-amz-checksum-crc32': expected, 'x-amz-checksum-type': 'COMPOSITE' }
      const answer = await complete(uploadId, both, good)
      expect(documentOf(completeMultipartUploadResultDocument, answer)).toMatchObject({
        checksumCRC32: expected,
        checksumType: 'COMPOSITE',
      })
      const mode = { 'x-amz-checksum-mode': 'ENABLED' }
      expect((await get({}, mode)).headers).toMatchObject({
        'x-amz-checksum-crc32': expected,
        'x-amz-checksum-type': 'COMPOSITE',
      })
      expect((await get({ partNumber: '2' }, mode)).headers).toMatchObject({
        'x-amz-checksum-crc32': crc32('last'),
        'x-amz-checksum-type': 'COMPOSITE',
      })
      const ranged = await get({}, { ...mode, range: 'bytes=0-1' })
      expect(ranged.headers['x-amz-checksum-crc32']).toBeUndefined()
    })

    it('are those of the whole object where that is asked for', async () => {
      const uploadId = await begin({
        'x-amz-checksum-algorithm': 'CRC32',
        'x-amz-checksum-type': 'FULL_OBJECT',
      })
      await part(uploadId, 1, large)
      await part(uploadId, 2, 'last')
      const answer = await complete(uploadId, [listed(1, large), listed(2, 'last')])
      expect(documentOf(completeMultipartUploadResultDocument, answer)).toMatchObject({
        checksumCRC32: crc32(Buffer.concat([large, Buffer.from('last')])),
        checksumType: 'FULL_OBJECT',
      })
    })

    it('of the object are not those of another algorithm', async () => {
      for (const algorithm of ['CRC32', 'SHA256'] as const) {
        const uploadId = await begin({ 'x-amz-checksum-algorithm': algorithm })
        await part(uploadId, 1, 'last')
        const promised = { 'x-amz-checksum-crc32c': encodeDigest(checksum('CRC32C', large)) }
        const answer = await complete(uploadId, [listed(1, 'last')], promised)
        expect(answer.code).toBe('InvalidRequest')
        expect((await parts(uploadId)).status).toBe(200)
      }
    })

    it.each([
      { 'x-amz-checksum-algorithm': 'MD5' },
      { 'x-amz-checksum-algorithm': 'SHA256', 'x-amz-checksum-type': 'FULL_OBJECT' },
      { 'x-amz-checksum-algorithm': 'CRC64NVME', 'x-amz-checksum-type': 'COMPOSITE' },
      { 'x-amz-checksum-type': 'COMPOSITE' },
    ])('are not %j', async (headers) => {
      const answer = await client.send({
        method: 'POST',
        bucket,
        key: 'sums',
        query: { uploads: '' },
        headers,
      })
      expect(answer.code).toBe('InvalidRequest')
    })

    it('of parts are those of the upload', async () => {
      const uploadId = await begin({ 'x-amz-checksum-algorithm': 'SHA256' })
      const headers = { 'x-amz-checksum-crc32': crc32('x') }
      expect((await part(uploadId, 1, 'x', headers)).code).toBe('InvalidRequest')
    })
  })

  describe('attributes', () => {
    const attributes = (names: string, headers = {}): Promise<RawResponse> =>
      client.send({
        bucket,
        key,
        query: { attributes: '' },
        headers: { 'x-amz-object-attributes': names, ...headers },
      })

    it('tell of the parts, in pages', async () => {
      const uploadId = await begin({ 'x-amz-checksum-algorithm': 'SHA256' })
      await part(uploadId, 1, large)
      await part(uploadId, 4, 'last')
      await complete(uploadId, [listed(1, large), listed(4, 'last')])
      const sum = encodeDigest(checksum('SHA256', Buffer.from('last')))
      const all = documentOf(
        objectAttributesDocument,
        await attributes('ETag, ObjectParts,ObjectSize,StorageClass,Checksum'),
      )
      expect(all).toMatchObject({
        etag: etagOfPieces(large, 'last'),
        sizeBytes: fiveMiB + 4,
        storageClass: 'STANDARD',
        checksum: { checksumType: 'COMPOSITE' },
        objectParts: { totalPartsCount: 2, isTruncated: false },
      })
      const page = { 'x-amz-max-parts': '1', 'x-amz-part-number-marker': '1' }
      const second = documentOf(objectAttributesDocument, await attributes('ObjectParts', page))
      expect(second.objectParts).toMatchObject({
        isTruncated: false,
        nextPartNumberMarker: 4,
        parts: [{ partNumber: 4, sizeBytes: 4, checksumSHA256: sum }],
      })
      expect(second.sizeBytes).toBeUndefined()
    })

    it('are the known ones, of objects', async () => {
      await client.put(bucket, 'attributes', 'x')
      key = 'attributes'
      expect((await attributes('')).code).toBe('InvalidArgument')
      expect((await attributes('ETag,Colour')).code).toBe('InvalidArgument')
      const found = documentOf(objectAttributesDocument, await attributes('ETag,ObjectParts'))
      expect(found).toEqual({ etag: md5('x').toString('hex') })
      key = 'no attributes'
      expect((await attributes('ETag')).code).toBe('NoSuchKey')
    })
  })

  describe('listings', () => {
    it('of parts have pages', async () => {
      const uploadId = await begin()
      for (const number of [10, 2, 9999, 1]) await part(uploadId, number, `part ${number}`)
      const first = documentOf(listPartsDocument, await parts(uploadId, { 'max-parts': '3' }))
      expect(first).toMatchObject({ isTruncated: true, nextPartNumberMarker: 10, maxParts: 3 })
      expect(first.parts.map(({ partNumber }) => partNumber)).toEqual([1, 2, 10])
      expect(first.parts[0]).toMatchObject({ sizeBytes: 6, etag: md5('part 1').toString('hex') })
      const second = documentOf(
        listPartsDocument,
        await parts(uploadId, { 'part-number-marker': '10' }),
      )
      expect(second.isTruncated).toBe(false)
      expect(second.parts.map(({ partNumber }) => partNumber)).toEqual([9999])
      expect((await parts(uploadId, { 'max-parts': 'x' })).code).toBe('InvalidArgument')
    })

    it('of uploads go on behind key and upload', async () => {
      await client.makeBucket('uploads')
      const make = async (name: string): Promise<string> => {
        const answer = await client.send({
          method: 'POST',
          bucket: 'uploads',
          key: name,
          query: { uploads: '' },
        })
        return `${name} ${documentOf(initiateMultipartUploadDocument, answer).uploadId}`
      }
      const made: string[] = []
      for (const name of ['a', 'a', 'a', 'a/1', 'a/2', 'b']) made.push(await make(name))
      const list = async (query: Record<string, string>): ReturnType<typeof page> =>
        page(await client.send({ bucket: 'uploads', query: { uploads: '', ...query } }))
      const page = async (
        answer: RawResponse,
      ): Promise<{ rows: string[]; next: Record<string, string>; truncated: boolean }> => {
        const document = documentOf(listMultipartUploadsDocument, answer)
        return {
          rows: document.entries.map((entry) =>
            entry.isPrefix ? entry.prefix : `${entry.object} ${entry.uploadId}`,
          ),
          truncated: document.isTruncated,
          next: {
            'key-marker': document.nextKeyMarker ?? '',
            'upload-id-marker': document.nextUploadIdMarker ?? '',
          },
        }
      }
      expect((await list({})).rows).toEqual(made)
      for (const size of ['1', '2', '4']) {
        const rows: string[] = []
        let next: Record<string, string> = {}
        for (let truncated = true; truncated;) {
          const found = await list({ 'max-uploads': size, ...next })
          rows.push(...found.rows)
          truncated = found.truncated
          next = found.next
        }
        expect(rows).toEqual(made)
      }
      expect((await list({ delimiter: '/' })).rows).toEqual([...made.slice(0, 3), 'a/', made[5]])
      expect((await list({ prefix: 'a/' })).rows).toEqual(made.slice(3, 5))
      expect((await list({ 'key-marker': 'a' })).rows).toEqual(made.slice(3))
      expect((await list({ 'upload-id-marker': 'zzz' })).rows).toEqual(made)
    })
  })

  describe('copies of parts', () => {
    const copy = (uploadId: string, source: string, headers = {}): Promise<RawResponse> =>
      client.send({
        method: 'PUT',
        bucket,
        key,
        query: { partNumber: '1', uploadId },
        headers: { 'x-amz-copy-source': source, ...headers },
      })

    it('take all or a range', async () => {
      await client.put(bucket, 'source', 'hello world', {})
      const uploadId = await begin({ 'x-amz-checksum-algorithm': 'CRC32' })
      const all = documentOf(copyPartDocument, await copy(uploadId, `/${bucket}/source`))
      expect(all).toMatchObject({
        etag: md5('hello world').toString('hex'),
        checksumCRC32: encodeDigest(checksum('CRC32', Buffer.from('hello world'))),
      })
      const range = { 'x-amz-copy-source-range': 'bytes=6-10' }
      const some = documentOf(copyPartDocument, await copy(uploadId, `${bucket}/source`, range))
      expect(some.etag).toBe(md5('world').toString('hex'))
      expect((await complete(uploadId, [listed(1, 'world')])).status).toBe(200)
      expect((await get()).text).toBe('world')
    })

    it.each([
      ['bytes=0-11', 'InvalidArgument'],
      ['bytes=11-12', 'InvalidRange'],
      ['bytes=5-2', 'InvalidRange'],
      ['bytes=5-', 'InvalidArgument'],
      ['bytes=-5', 'InvalidArgument'],
      ['0-5', 'InvalidArgument'],
    ])('refuse the range %s', async (range, code) => {
      await client.put(bucket, 'source', 'hello world', {})
      const uploadId = await begin()
      const headers = { 'x-amz-copy-source-range': range }
      expect((await copy(uploadId, `${bucket}/source`, headers)).code).toBe(code)
    })

    it('meet conditions', async () => {
      await client.put(bucket, 'source', 'hello world', {})
      const uploadId = await begin()
      const headers = { 'x-amz-copy-source-if-match': '"other"' }
      expect((await copy(uploadId, `${bucket}/source`, headers)).status).toBe(412)
      expect((await copy(uploadId, `${bucket}/no source`)).code).toBe('NoSuchKey')
      expect((await copy('0'.repeat(46), `${bucket}/source`)).code).toBe('NoSuchUpload')
    })
  })

  it('end with their bucket', async () => {
    await client.makeBucket('ending')
    const upload = await client.send({
      method: 'POST',
      bucket: 'ending',
      key: 'key',
      query: { uploads: '' },
    })
    const { uploadId } = documentOf(initiateMultipartUploadDocument, upload)
    const query = { uploadId, partNumber: '1' }
    await client.send({ method: 'PUT', bucket: 'ending', key: 'key', query, body: large })
    expect((await client.send({ method: 'DELETE', bucket: 'ending' })).status).toBe(204)
    await client.makeBucket('ending')
    const again = await client.send({
      method: 'PUT',
      bucket: 'ending',
      key: 'key',
      query,
      body: 'x',
    })
    expect(again.code).toBe('NoSuchUpload')
  })

  it('are completed or aborted, never both', async () => {
    for (let round = 0; round < 8; round += 1) {
      const uploadId = await begin()
      await part(uploadId, 1, 'body')
      const [completed, aborted] = await Promise.all([
        complete(uploadId, [listed(1, 'body')]),
        abort(uploadId),
      ])
      expect([completed.status, aborted.status]).toEqual(
        completed.status === 200 ? [200, 404] : [404, 204],
      )
      expect((await get()).status).toBe(completed.status)
    }
  })

  it('have the part that was listed, also while it is being replaced', async () => {
    for (let round = 0; round < 8; round += 1) {
      const uploadId = await begin()
      await part(uploadId, 1, otherLarge)
      const [completed, replaced] = await Promise.all([
        complete(uploadId, [listed(1, otherLarge)]),
        part(uploadId, 1, 'replacement'),
      ])
      if (completed.status === 200) {
        expect((await get()).body.equals(otherLarge)).toBe(true)
        expect([200, 404]).toContain(replaced.status)
      } else {
        expect([completed.code, replaced.status]).toEqual(['InvalidPart', 200])
        expect((await complete(uploadId, [listed(1, 'replacement')])).status).toBe(200)
      }
    }
  })
})
