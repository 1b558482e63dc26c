import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'

import { setVersioning } from './support/documents.ts'
import { describeServers } from './support/stores.ts'
import type { RawClient, RawResponse } from './support/raw-client.ts'

function md5(bytes: string | Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

function base64(algorithm: string, bytes: string): string {
  return createHash(algorithm).update(bytes).digest('base64')
}

describeServers('objects', (fixture) => {
  let client: RawClient

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket('objects')
  })

  const put = (key: string, body: string | Uint8Array, headers = {}): Promise<RawResponse> =>
    client.put('objects', key, body, headers)
  const get = (key: string, headers = {}): Promise<RawResponse> =>
    client.get('objects', key, headers)

  it.each([0, 1, 4096, 4097, 70_000, 3_000_000])('gives %d bytes back', async (sizeBytes) => {
    const body = Buffer.alloc(sizeBytes, 'stowage ')
    const stored = await put(`size-${sizeBytes}`, body)
    expect(stored).toMatchObject({ status: 200, headers: { etag: `"${md5(body)}"` } })
    const read = await get(`size-${sizeBytes}`)
    expect(read.status).toBe(200)
    expect(read.headers['content-length']).toBe(String(sizeBytes))
    expect(read.body.equals(body)).toBe(true)
  })

  it('answers HEAD like GET, without the body', async () => {
    await put('head', 'hello', { 'content-type': 'text/plain' })
    const head = await client.send({ method: 'HEAD', bucket: 'objects', key: 'head' })
    expect(head).toMatchObject({
      status: 200,
      text: '',
      headers: { 'content-length': '5', 'content-type': 'text/plain', etag: `"${md5('hello')}"` },
    })
  })

  it('answers HEAD of what is not there without a body', async () => {
    const head = await client.send({ method: 'HEAD', bucket: 'objects', key: 'nothing' })
    expect(head).toMatchObject({ status: 404, text: '' })
  })

  it('keeps the headers and the metadata as they were sent', async () => {
    const headers = {
      'cache-control': 'no-cache',
      'content-disposition': 'attachment; filename="a"',
      'content-encoding': 'gzip',
      'content-language': 'de',
      'content-type': 'text/html; charset=utf-8',
      expires: 'never',
      'x-amz-meta-colour': 'gr\u00c3\u00bcn',
      'x-amz-meta-empty': '',
      'x-amz-meta-__proto__': 'own',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-tagging': 'a=1&b=2',
      'x-amz-website-redirect-location': '/other',
    }
    expect(await put('headers', 'x', headers)).toMatchObject({ status: 200 })
    const { 'x-amz-tagging': _, ...returned } = headers
    const read = await get('headers')
    expect(read.headers).toMatchObject({ ...returned, 'x-amz-tagging-count': '2' })
    const head = await client.send({ method: 'HEAD', bucket: 'objects', key: 'headers' })
    expect(head.headers).toMatchObject({ ...returned, 'x-amz-tagging-count': '2' })
    const unchanged = await get('headers', { 'if-none-match': '*' })
    expect(unchanged).toMatchObject({ status: 304, headers: { expires: 'never' } })
  })

  it('has a content type when none was sent, and no storage class when it is the usual', async () => {
    await put('plain', 'x')
    const { headers } = await get('plain')
    expect(headers['content-type']).toBe('binary/octet-stream')
    expect(headers['x-amz-storage-class']).toBeUndefined()
  })

  it('forgets the transfer coding and keeps the others', async () => {
    await put('coded', 'x', { 'content-encoding': 'aws-chunked,gzip' })
    expect((await get('coded')).headers['content-encoding']).toBe('gzip')
    await put('coded', 'x', { 'content-encoding': 'aws-chunked' })
    expect((await get('coded')).headers['content-encoding']).toBeUndefined()
  })

  it('overwrites and deletes; deleting twice is no error', async () => {
    await put('again', 'one')
    await put('again', 'two')
    expect((await get('again')).text).toBe('two')
    for (let time = 0; time < 2; time += 1) {
      const gone = await client.send({ method: 'DELETE', bucket: 'objects', key: 'again' })
      expect(gone).toMatchObject({ status: 204, text: '' })
    }
    expect(await get('again')).toMatchObject({ status: 404, code: 'NoSuchKey' })
  })

  it('tells a missing bucket from a missing key', async () => {
    expect((await client.get('nobucket', 'key')).code).toBe('NoSuchBucket')
    expect((await client.put('nobucket', 'key', 'x')).code).toBe('NoSuchBucket')
    expect(await client.send({ method: 'DELETE', bucket: 'nobucket', key: 'k' })).toMatchObject({
      code: 'NoSuchBucket',
    })
  })

  it.each([
    ['x-amz-server-side-encryption', 'aws:kms:dsse', 'NotImplemented'],
    ['x-amz-server-side-encryption-customer-key', 'AAAA', 'InvalidArgument'],
    ['x-amz-object-lock-mode', 'COMPLIANCE', 'InvalidArgument'],
    ['x-amz-object-lock-legal-hold', 'ON', 'InvalidRequest'],
    ['x-amz-acl', 'public-read', 'AccessControlListNotSupported'],
    ['x-amz-grant-read', 'id=1', 'AccessControlListNotSupported'],
    ['x-amz-write-offset-bytes', '0', 'NotImplemented'],
    ['x-amz-storage-class', 'ATTIC', 'InvalidStorageClass'],
    ['x-amz-tagging', 'a=1&a=2', 'InvalidTag'],
    ['x-amz-meta-long', 'x'.repeat(2049), 'MetadataTooLarge'],
  ])('refuses %s: %s and stores nothing', async (name, value, code) => {
    expect((await put('refused', 'x', { [name]: value })).code).toBe(code)
    expect((await get('refused')).code).toBe('NoSuchKey')
  })

  it('does not read what it is told to decrypt', async () => {
    await put('in the clear', 'x')
    const headers = { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }
    expect((await get('in the clear', headers)).code).toBe('InvalidArgument')
  })

  it('takes a key of 1024 bytes and no longer one', async () => {
    expect((await put('é'.repeat(512), 'x')).status).toBe(200)
    expect((await put(`${'é'.repeat(512)}x`, 'x')).code).toBe('KeyTooLongError')
  })

  it.each(['GET', 'PUT', 'DELETE'])('refuses %s of a key that is too long', async (method) => {
    const key = `${'é'.repeat(512)}x`
    const bucket = `long-keys-${method.toLowerCase()}`
    await client.makeBucket(bucket)
    await setVersioning(client, bucket, 'Enabled')
    const answers = [
      await client.send({ method, bucket, key }),
      await client.send({ method, bucket, key, query: { tagging: '' } }),
    ]
    expect(answers.map(({ code }) => code)).toEqual(['KeyTooLongError', 'KeyTooLongError'])
    // Of all things, a delete marker would keep the key.
    const { text } = await client.send({ bucket, query: { versions: '' } })
    expect(text).not.toContain('<DeleteMarker>')
  })

  it('holds keys that would share a path on disk side by side', async () => {
    const keys = [
      'd',
      'd/',
      'd/e',
      'D',
      '../d',
      './d',
      'd//e',
      'cafe\u0301',
      'caf\u00e9',
      '__proto__',
    ]
    for (const key of keys) expect((await put(key, `of ${key}`)).status).toBe(200)
    for (const key of keys) expect((await get(key)).text).toBe(`of ${key}`)
  })

  describe('promises about the body', () => {
    const wrongMd5 = base64('md5', 'other')
    it.each([
      ['content-md5', wrongMd5, 'BadDigest'],
      ['content-md5', 'no base64', 'InvalidDigest'],
      ['content-md5', '', 'InvalidDigest'],
      ['x-amz-checksum-sha256', base64('sha256', 'other'), 'BadDigest'],
      ['x-amz-checksum-sha256', 'AAAA', 'InvalidRequest'],
      ['x-amz-checksum-crc32', 'AAAAAA==', 'BadDigest'],
      ['x-amz-checksum-sha3', 'AAAA', 'InvalidRequest'],
      ['x-amz-content-sha256', 'a'.repeat(64), 'XAmzContentSHA256Mismatch'],
    ])('refuses a wrong %s (%s) and keeps the old object', async (name, value, code) => {
      await put('promise', 'old')
      const refused = await client.send({
        method: 'PUT',
        bucket: 'objects',
        key: 'promise',
        body: 'new',
        ...(name === 'x-amz-content-sha256'
          ? { payloadHash: value }
          : { headers: { [name]: value } }),
      })
      expect(refused.code).toBe(code)
      expect((await get('promise')).text).toBe('old')
    })

    it.each([
      ['x-amz-checksum-crc32', 'y/Q5Jg=='],
      ['x-amz-checksum-crc32c', '4waSgw=='],
      ['x-amz-checksum-crc64nvme', 'rosUhgp5mIg='],
      ['x-amz-checksum-sha1', base64('sha1', '123456789')],
      ['x-amz-checksum-sha256', base64('sha256', '123456789')],
    ])('proves and keeps %s', async (name, value) => {
      const stored = await put('sum', '123456789', { [name]: value })
      expect(stored).toMatchObject({ status: 200, headers: { [name]: value } })
      expect((await get('sum')).headers[name]).toBeUndefined()
      const read = await get('sum', { 'x-amz-checksum-mode': 'ENABLED' })
      expect(read.headers).toMatchObject({ [name]: value, 'x-amz-checksum-type': 'FULL_OBJECT' })
    })

    it('tells no checksum of the whole beside a part', async () => {
      await put('sum', '123456789', { 'x-amz-checksum-crc32': 'y/Q5Jg==' })
      const enabled = { 'x-amz-checksum-mode': 'ENABLED' }
      const part = await get('sum', { ...enabled, range: 'bytes=0-7' })
      expect(part.status).toBe(206)
      expect(part.headers).not.toHaveProperty('x-amz-checksum-crc32')
      expect(part.headers).not.toHaveProperty('x-amz-checksum-type')
      const all = await get('sum', { ...enabled, range: 'bytes=0-8' })
      expect(all.headers).toMatchObject({ 'x-amz-checksum-crc32': 'y/Q5Jg==' })
    })

    it.each([
      [{}, 'InvalidRequest'],
      [{ 'x-amz-checksum-crc32c': '4waSgw==' }, 'InvalidRequest'],
      [{ 'x-amz-checksum-crc32': 'y/Q5Jg==' }, ''],
      [{ 'content-md5': base64('md5', '123456789') }, ''],
    ])('looks for the one that an SDK announces: %j', async (headers, code) => {
      const announced = { 'x-amz-sdk-checksum-algorithm': 'CRC32', ...headers }
      expect((await put('announced', '123456789', announced)).code).toBe(code)
    })

    it('takes one checksum, not two', async () => {
      const headers = {
        'x-amz-checksum-crc32': 'y/Q5Jg==',
        'x-amz-checksum-sha1': base64('sha1', '123456789'),
      }
      expect((await put('sums', '123456789', headers)).code).toBe('InvalidRequest')
    })

    it('takes a body whose hash is not signed', async () => {
      const request = { method: 'PUT', bucket: 'objects', key: 'unsigned', body: 'x' }
      const stored = await client.send({ ...request, payloadHash: 'UNSIGNED-PAYLOAD' })
      expect(stored.status).toBe(200)
    })
  })

  describe('conditions of reads', () => {
    let etag = ''
    const past = 'Sat, 01 Jan 2000 00:00:00 GMT'
    const future = 'Fri, 01 Jan 2100 00:00:00 GMT'

    beforeAll(async () => {
      etag = String((await put('condition', 'hello')).headers.etag)
    })

    const fill = (value: string): string => value.replace('ETAG', etag)

    it.each([
      [{ 'if-match': 'ETAG' }, 200],
      [{ 'if-match': '"other", ETAG' }, 200],
      [{ 'if-match': '*' }, 200],
      [{ 'if-match': '"other"' }, 412],
      [{ 'if-none-match': 'ETAG' }, 304],
      [{ 'if-none-match': 'W/ETAG' }, 304],
      [{ 'if-none-match': '*' }, 304],
      [{ 'if-none-match': '"other"' }, 200],
      [{ 'if-modified-since': past }, 200],
      [{ 'if-modified-since': future }, 304],
      [{ 'if-modified-since': 'no date' }, 200],
      [{ 'if-unmodified-since': past }, 412],
      [{ 'if-unmodified-since': future }, 200],
      [{ 'if-match': 'ETAG', 'if-unmodified-since': past }, 200],
      [{ 'if-none-match': '"other"', 'if-modified-since': future }, 200],
      [{ 'if-none-match': 'ETAG', 'if-modified-since': past }, 304],
      [{ 'if-match': '"other"', 'if-none-match': 'ETAG' }, 412],
    ])('%j: %d', async (conditions, status) => {
      const headers = Object.fromEntries(
        Object.entries(conditions).map(([name, value]) => [name, fill(value)]),
      )
      const read = await get('condition', headers)
      expect(read.status).toBe(status)
      if (status === 304) expect(read).toMatchObject({ text: '', headers: { etag } })
      const head = await client.send({
        method: 'HEAD',
        bucket: 'objects',
        key: 'condition',
        headers,
      })
      expect(head.status).toBe(status)
    })
  })

  describe('conditions of writes', () => {
    it('writes with If-None-Match: * once only', async () => {
      const writers = Array.from({ length: 16 }, (_, index) =>
        put('once', `writer ${index}`, { 'if-none-match': '*' }),
      )
      const statuses = (await Promise.all(writers)).map(({ status }) => status)
      expect(statuses.filter((status) => status === 200)).toHaveLength(1)
      expect(statuses.filter((status) => status === 412)).toHaveLength(15)
    })

    it('counts by If-Match without losing a step', async () => {
      await put('counter', '0')
      const step = async (): Promise<void> => {
        for (;;) {
          const { text, headers } = await get('counter')
          const next = String(Number(text) + 1)
          const { status } = await put('counter', next, { 'if-match': String(headers.etag) })
          if (status === 200) return
          expect(status).toBe(412)
        }
      }
      await Promise.all(Array.from({ length: 20 }, step))
      expect((await get('counter')).text).toBe('20')
    })

    it('has nothing to match where nothing is', async () => {
      expect((await put('absent', 'x', { 'if-match': '"a"' })).code).toBe('NoSuchKey')
      expect((await put('absent', 'x', { 'if-none-match': '"a"' })).code).toBe('NotImplemented')
    })

    it('deletes under a condition', async () => {
      const etag = String((await put('fragile', 'x')).headers.etag)
      const remove = { method: 'DELETE', bucket: 'objects', key: 'fragile' }
      const refused = await client.send({ ...remove, headers: { 'if-match': '"other"' } })
      expect(refused.code).toBe('PreconditionFailed')
      expect((await get('fragile')).status).toBe(200)
      expect(await client.send({ ...remove, headers: { 'if-match': etag } })).toMatchObject({
        status: 204,
      })
    })
  })

  describe.each([10, 10_000])('ranges of %d bytes', (sizeBytes) => {
    const body = Buffer.from(Array.from({ length: sizeBytes }, (_, index) => index % 251))
    const last = sizeBytes - 1

    beforeAll(async () => {
      await put(`range-${sizeBytes}`, body)
    })

    it.each([
      ['bytes=0-0', 0, 0],
      ['bytes=2-5', 2, 5],
      ['bytes=7-', 7, last],
      ['bytes=-3', last - 2, last],
      ['bytes=-999999', 0, last],
      ['bytes=5-999999', 5, last],
      [`bytes=${last}-${last}`, last, last],
    ])('%s', async (range, start, end) => {
      const read = await get(`range-${sizeBytes}`, { range })
      expect(read.status).toBe(206)
      expect(read.headers['content-range']).toBe(`bytes ${start}-${end}/${sizeBytes}`)
      expect(read.body.equals(body.subarray(start, end + 1))).toBe(true)
    })

    it.each(['bytes=0-1,3-4', 'bytes=5-2', 'lines=1-2', 'bytes=-'])('ignores %s', async (range) => {
      expect(await get(`range-${sizeBytes}`, { range })).toMatchObject({ status: 200 })
    })

    it.each([`bytes=${sizeBytes}-`, 'bytes=-0'])('cannot satisfy %s', async (range) => {
      const read = await get(`range-${sizeBytes}`, { range })
      expect(read).toMatchObject({ status: 416, code: 'InvalidRange' })
      expect(read.headers['content-range']).toBe(`bytes */${sizeBytes}`)
    })
  })

  it('cannot satisfy any range of nothing', async () => {
    await put('nothing-in-it', '')
    expect((await get('nothing-in-it', { range: 'bytes=0-' })).code).toBe('InvalidRange')
  })

  it('answers part 1 of an object that came whole, and no other', async () => {
    await put('part', 'hello')
    const part = (partNumber: string): Promise<RawResponse> =>
      client.send({ bucket: 'objects', key: 'part', query: { partNumber } })
    expect(await part('1')).toMatchObject({ status: 206, text: 'hello' })
    expect((await part('2')).code).toBe('InvalidPartNumber')
    expect((await part('0')).code).toBe('InvalidArgument')
    const upload = { method: 'PUT', bucket: 'objects', key: 'part', body: 'x' }
    expect((await client.send({ ...upload, query: { partNumber: '1' } })).code).toBe(
      'NotImplemented',
    )
    expect((await get('part')).text).toBe('hello')
  })

  describe('headers set by the query', () => {
    const read = (query: Record<string, string>, signed = true): Promise<RawResponse> =>
      client.send({ bucket: 'objects', key: 'override', query, signed })

    beforeAll(async () => {
      await put('override', 'x', { 'content-type': 'text/html' })
    })

    it('sets the six that may be set', async () => {
      const names = [
        'content-type',
        'content-language',
        'expires',
        'cache-control',
        'content-disposition',
        'content-encoding',
      ]
      const query = Object.fromEntries(names.map((name) => [`response-${name}`, `a ${name}`]))
      const { headers } = await read(query)
      for (const name of names) expect(headers[name]).toBe(`a ${name}`)
    })

    it('sets no others', async () => {
      const { headers } = await read({ 'response-etag': 'x', 'response-set-cookie': 'x' })
      expect(headers.etag).not.toBe('x')
      expect(headers['set-cookie']).toBeUndefined()
    })

    it('refuses line ends and stays alive', async () => {
      const refused = await read({ 'response-content-type': 'a\r\nset-cookie: b' })
      expect(refused).toMatchObject({ status: 400, code: 'InvalidArgument' })
      expect((await read({ 'response-content-type': 'a\u0000' })).code).toBe('InvalidArgument')
      expect((await read({ 'response-content-type': 'grün' })).status).toBe(200)
    })
  })

  it('knows the null version and no other', async () => {
    await put('version', 'x')
    const versionId = (
      id: string,
    ): { bucket: string; key: string; query: { versionId: string } } => ({
      bucket: 'objects',
      key: 'version',
      query: { versionId: id },
    })
    expect((await client.send(versionId('null'))).text).toBe('x')
    const unknown = '0'.repeat(46)
    expect((await client.send(versionId(unknown))).code).toBe('NoSuchVersion')
    expect((await client.send({ ...versionId(unknown), method: 'DELETE' })).status).toBe(204)
    expect((await client.send(versionId('1234'))).code).toBe('InvalidArgument')
    expect((await client.send({ ...versionId('1234'), method: 'DELETE' })).code).toBe(
      'InvalidArgument',
    )
    expect((await client.send({ ...versionId('null'), method: 'PUT', body: 'y' })).code).toBe(
      'InvalidArgument',
    )
    expect((await get('version')).text).toBe('x')
  })

  it('shows every reader one whole body while it is overwritten', async () => {
    const bodies = new Map<string, string>()
    for (let index = 0; index < 4; index += 1) {
      const body = String.fromCharCode(97 + index).repeat(5000 * (index + 1))
      bodies.set(`"${md5(body)}"`, body)
    }
    const texts = [...bodies.values()]
    await put('race', texts[0] ?? '')
    const work = Array.from({ length: 60 }, async (_, index) => {
      if (index % 3 === 0) {
        await put('race', texts[index % 4] ?? '')
        return
      }
      const read = await get('race')
      expect(read.status).toBe(200)
      expect(read.text).toBe(bodies.get(String(read.headers.etag)))
    })
    await Promise.all(work)
  })
})
