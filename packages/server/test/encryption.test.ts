import { createHash, randomBytes } from 'node:crypto'
import { networkInterfaces } from 'node:os'
import { beforeAll, describe, expect, it } from 'vitest'

import { startServer } from '@stowage/server'
import { RawClient, type RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const prefix = 'x-amz-server-side-encryption'

function md5(bytes: string | Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest()
}

function customerHeaders(key: Buffer, family = prefix): Record<string, string> {
  return {
    [`${family}-customer-algorithm`]: 'AES256',
    [`${family}-customer-key`]: key.toString('base64'),
    [`${family}-customer-key-md5`]: md5(key).toString('base64'),
  }
}

const key = randomBytes(32)
const headersOfKey = customerHeaders(key)
const context = Buffer.from('{"project":"x"}').toString('base64')
const body = Buffer.alloc(200_000, 'the plain text of an object ')

const methods: readonly (readonly [name: string, put: Record<string, string>, get: object])[] = [
  ['SSE-S3', { [prefix]: 'AES256' }, {}],
  ['SSE-KMS', { [prefix]: 'aws:kms', [`${prefix}-aws-kms-key-id`]: 'one' }, {}],
  ['SSE-KMS with the default key', { [prefix]: 'aws:kms' }, {}],
  ['SSE-C', headersOfKey, headersOfKey],
]

describeServers(
  'encryption',
  (fixture) => {
    let client: RawClient

    beforeAll(async () => {
      client = fixture().client
      await client.makeBucket('sealed')
    })

    const put = (name: string, bytes: string | Uint8Array, headers = {}): Promise<RawResponse> =>
      client.put('sealed', name, bytes, headers)
    const get = (name: string, headers = {}): Promise<RawResponse> =>
      client.get('sealed', name, headers)
    const head = (name: string, headers = {}): Promise<RawResponse> =>
      client.send({ method: 'HEAD', bucket: 'sealed', key: name, headers })

    describe.each(methods)('%s', (method, putHeaders, getHeaders) => {
      it.each([0, 1, 65_536, 200_000])('gives %d bytes back', async (sizeBytes) => {
        const bytes = body.subarray(0, sizeBytes)
        const name = `${method} ${sizeBytes}`
        expect(await put(name, bytes, putHeaders)).toMatchObject({ status: 200 })
        const read = await get(name, getHeaders)
        expect(read.status).toBe(200)
        expect(read.headers['content-length']).toBe(String(sizeBytes))
        expect(read.body.equals(bytes)).toBe(true)
        const { headers } = await head(name, getHeaders)
        expect(headers['content-length']).toBe(String(sizeBytes))
        expect(headers.etag).toBe(read.headers.etag)
      })

      it('gives ranges back', async () => {
        await put(`${method} range`, body, putHeaders)
        for (const [start, end] of [
          [0, 0],
          [65_535, 65_536],
          [100_000, 199_999],
        ] as const) {
          const range = `bytes=${start}-${end}`
          const read = await get(`${method} range`, { ...getHeaders, range })
          expect(read.status).toBe(206)
          expect(read.headers['content-range']).toBe(`bytes ${start}-${end}/200000`)
          expect(read.body.equals(body.subarray(start, end + 1))).toBe(true)
        }
      })

      it('tells sizes as they were in listings', async () => {
        await put('size', body, putHeaders)
        const listed = await client.send({ bucket: 'sealed', query: { prefix: 'size' } })
        expect(listed.text).toContain('<Size>200000</Size>')
      })

      it('proves the body before it is stored', async () => {
        const wrong = { ...putHeaders, 'content-md5': md5('other').toString('base64') }
        expect(await put(`${method} wrong`, 'x', wrong)).toMatchObject({ code: 'BadDigest' })
        expect(await get(`${method} wrong`)).toMatchObject({ code: 'NoSuchKey' })
      })
    })

    it('gives the MD5 as ETag with SSE-S3 alone', async () => {
      const digest = `"${md5(body).toString('hex')}"`
      const etag = async (headers: object): Promise<unknown> =>
        (await put('etag', body, headers)).headers.etag
      expect(await etag({ [prefix]: 'AES256' })).toBe(digest)
      expect(await etag({ [prefix]: 'aws:kms' })).toMatch(/^"[0-9a-f]{32}"$/)
      expect(await etag({ [prefix]: 'aws:kms' })).not.toBe(digest)
      expect(await etag(headersOfKey)).not.toBe(digest)
    })

    it('tells the encryption in every answer', async () => {
      const kms = {
        [prefix]: 'aws:kms',
        [`${prefix}-aws-kms-key-id`]: 'one',
        [`${prefix}-bucket-key-enabled`]: 'true',
      }
      const stored = await put('told', 'x', { ...kms, [`${prefix}-context`]: context })
      expect(stored.headers).toMatchObject({ ...kms, [`${prefix}-context`]: context })
      const read = await get('told')
      expect(read.headers).toMatchObject(kms)
      expect(read.headers[`${prefix}-context`]).toBeUndefined()
      const told = {
        [`${prefix}-customer-algorithm`]: 'AES256',
        [`${prefix}-customer-key-md5`]: md5(key).toString('base64'),
      }
      expect((await put('told', 'x', headersOfKey)).headers).toMatchObject(told)
      const { headers } = await head('told', headersOfKey)
      expect(headers).toMatchObject(told)
      expect(headers[prefix]).toBeUndefined()
      expect(headers[`${prefix}-customer-key`]).toBeUndefined()
    })

    it('needs the key of an object', async () => {
      await put('mine', 'secret', headersOfKey)
      expect(await get('mine')).toMatchObject({ status: 400, code: 'InvalidRequest' })
      expect(await head('mine')).toMatchObject({ status: 400 })
      const other = customerHeaders(randomBytes(32))
      expect(await get('mine', other)).toMatchObject({ status: 403, code: 'AccessDenied' })
      expect(await head('mine', other)).toMatchObject({ status: 403 })
      expect(await get('mine', { ...other, range: 'bytes=0-1' })).toMatchObject({ status: 403 })
    })

    it('needs the key also to tell of an object', async () => {
      await put('attributes', 'secret', headersOfKey)
      const attributes = (headers: object): Promise<RawResponse> =>
        client.send({
          bucket: 'sealed',
          key: 'attributes',
          query: { attributes: '' },
          headers: { 'x-amz-object-attributes': 'ObjectSize', ...headers },
        })
      expect(await attributes({})).toMatchObject({ status: 400, code: 'InvalidRequest' })
      const other = customerHeaders(randomBytes(32))
      expect(await attributes(other)).toMatchObject({ status: 403, code: 'AccessDenied' })
      expect((await attributes(headersOfKey)).text).toContain('<ObjectSize>6</ObjectSize>')
    })

    it('refuses a key where there is none', async () => {
      await put('plain', 'x')
      expect(await get('plain', headersOfKey)).toMatchObject({ code: 'InvalidRequest' })
      await put('plain', 'x', { [prefix]: 'AES256' })
      expect(await get('plain', headersOfKey)).toMatchObject({ code: 'InvalidRequest' })
      expect(await head('plain', headersOfKey)).toMatchObject({ status: 400 })
    })

    it('refuses to read with the headers of an upload', async () => {
      await put('read', 'x', { [prefix]: 'AES256' })
      const read = await get('read', { [prefix]: 'AES256' })
      expect(read).toMatchObject({ status: 400, code: 'InvalidArgument' })
      expect(await head('read', { [prefix]: 'aws:kms' })).toMatchObject({ status: 400 })
    })

    const family = `${prefix}-customer`
    it.each([
      [
        'another algorithm',
        { [`${family}-algorithm`]: 'AES128' },
        'InvalidEncryptionAlgorithmError',
      ],
      ['no algorithm', { [`${family}-algorithm`]: undefined }, 'InvalidArgument'],
      ['no key', { [`${family}-key`]: undefined }, 'InvalidArgument'],
      ['no MD5', { [`${family}-key-md5`]: undefined }, 'InvalidArgument'],
      ['another MD5', { [`${family}-key-md5`]: 'A'.repeat(22) + '==' }, 'InvalidArgument'],
      ['a short MD5', { [`${family}-key-md5`]: 'AAAA' }, 'InvalidArgument'],
      ['a short key', customerHeaders(randomBytes(16)), 'InvalidArgument'],
      ['no base64', { [`${family}-key`]: '!'.repeat(44) }, 'InvalidArgument'],
      ['SSE-S3 beside', { [prefix]: 'AES256' }, 'InvalidArgument'],
      ['SSE-KMS beside', { [prefix]: 'aws:kms' }, 'InvalidArgument'],
    ])('refuses a key with %s', async (_, changes: Record<string, unknown>, code) => {
      const merged = Object.entries({ ...headersOfKey, ...changes })
      const headers = Object.fromEntries(merged.filter(([, value]) => value !== undefined))
      const refused = await put('refused', 'x', headers)
      expect(refused).toMatchObject({ status: 400, code })
      expect(refused.text).not.toContain(key.toString('base64'))
      expect(await get('refused')).toMatchObject({ code: 'NoSuchKey' })
    })

    const kmsId = `${prefix}-aws-kms-key-id`
    it.each([
      ['an unknown key', { [prefix]: 'aws:kms', [kmsId]: 'none' }, 'KMS.NotFoundException'],
      [
        'a key named like a property',
        { [prefix]: 'aws:kms', [kmsId]: '__proto__' },
        'KMS.NotFoundException',
      ],
      ['a key without a method', { [kmsId]: 'one' }, 'InvalidArgument'],
      ['a key with SSE-S3', { [prefix]: 'AES256', [kmsId]: 'one' }, 'InvalidArgument'],
      ['an unknown method', { [prefix]: 'aes:kms' }, 'InvalidArgument'],
      ['two layers', { [prefix]: 'aws:kms:dsse' }, 'NotImplemented'],
      [
        'a context that is no base64',
        { [prefix]: 'aws:kms', [`${prefix}-context`]: '{}' },
        'InvalidArgument',
      ],
      [
        'a context that is no object',
        { [prefix]: 'aws:kms', [`${prefix}-context`]: 'WzFd' },
        'InvalidArgument',
      ],
      [
        'a context of numbers',
        { [prefix]: 'aws:kms', [`${prefix}-context`]: 'eyJhIjoxfQ==' },
        'InvalidArgument',
      ],
    ])('refuses %s', async (_, headers, code) => {
      expect(await put('refused', 'x', headers)).toMatchObject({ code })
    })

    it('knows a key by the name that clients of MinIO give it', async () => {
      const named = { [prefix]: 'aws:kms', [kmsId]: 'arn:aws:kms:one' }
      expect((await put('arn', 'x', named)).headers).toMatchObject({ [kmsId]: 'one' })
    })

    it('judges conditions of sealed objects by their ETag', async () => {
      const { headers } = await put('conditional', 'x', headersOfKey)
      const etag = headers.etag ?? ''
      const ifNoneMatch = { ...headersOfKey, 'if-none-match': etag }
      expect(await get('conditional', ifNoneMatch)).toMatchObject({ status: 304 })
      const ifMatch = { ...headersOfKey, 'if-match': etag }
      expect(await get('conditional', ifMatch)).toMatchObject({ status: 200, text: 'x' })
    })
  },
  { encryption: { kmsKeys: { one: randomBytes(32) } } },
)

function configuration(algorithm: string, more = ''): string {
  const byDefault = `<SSEAlgorithm>${algorithm}</SSEAlgorithm>${more}`
  return `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>${byDefault}</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`
}

describeServers(
  'the encryption of buckets',
  (fixture) => {
    let client: RawClient

    beforeAll(async () => {
      client = fixture().client
      await client.makeBucket('buckets')
    })

    const query = { encryption: '' }
    const set = (body: string): Promise<RawResponse> =>
      client.send({ method: 'PUT', bucket: 'buckets', query, body })
    const read = (): Promise<RawResponse> => client.send({ bucket: 'buckets', query })
    const reset = (): Promise<RawResponse> =>
      client.send({ method: 'DELETE', bucket: 'buckets', query })

    it('is not there at first, and not once it is removed', async () => {
      const missing = { status: 404, code: 'ServerSideEncryptionConfigurationNotFoundError' }
      expect(await read()).toMatchObject(missing)
      expect(await set(configuration('AES256'))).toMatchObject({ status: 200 })
      expect((await read()).text).toContain('<SSEAlgorithm>AES256</SSEAlgorithm>')
      expect(await reset()).toMatchObject({ status: 204 })
      expect(await read()).toMatchObject(missing)
      expect(await reset()).toMatchObject({ status: 204 })
    })

    it('is that of new objects which ask for no other', async () => {
      const keyId = '<KMSMasterKeyID>one</KMSMasterKeyID>'
      await set(configuration('aws:kms', keyId))
      const stored = await client.put('buckets', 'key', 'x')
      expect(stored.headers).toMatchObject({
        [prefix]: 'aws:kms',
        [`${prefix}-aws-kms-key-id`]: 'one',
      })
      const asked = await client.put('buckets', 'key', 'x', { [prefix]: 'AES256' })
      expect(asked.headers[prefix]).toBe('AES256')
      const own = await client.put('buckets', 'key', 'x', headersOfKey)
      expect(own.headers[prefix]).toBeUndefined()
      await set(configuration('aws:kms'))
      const byDefault = await client.put('buckets', 'key', 'x')
      expect(byDefault.headers).toMatchObject({ [prefix]: 'aws:kms' })
      await reset()
      expect((await client.put('buckets', 'key', 'x')).headers[prefix]).toBeUndefined()
    })

    it('keeps the wish for a bucket key', async () => {
      const document = configuration('aws:kms').replace(
        '</Rule>',
        '<BucketKeyEnabled>true</BucketKeyEnabled></Rule>',
      )
      await set(document)
      expect((await read()).text).toContain('<BucketKeyEnabled>true</BucketKeyEnabled>')
      const header = `${prefix}-bucket-key-enabled`
      expect((await client.put('buckets', 'key', 'x')).headers[header]).toBe('true')
      const not = await client.put('buckets', 'key', 'x', {
        [prefix]: 'aws:kms',
        [header]: 'false',
      })
      expect(not.headers[header]).toBeUndefined()
      await reset()
    })

    const one = '<KMSMasterKeyID>one</KMSMasterKeyID>'
    const rule = '<Rule></Rule>'
    it.each([
      ['no rule', '<ServerSideEncryptionConfiguration/>', 'MalformedXML'],
      [
        'an empty rule',
        `<ServerSideEncryptionConfiguration>${rule}</ServerSideEncryptionConfiguration>`,
        'MalformedXML',
      ],
      ['two rules', configuration('AES256').replace('<Rule>', `${rule}<Rule>`), 'MalformedXML'],
      ['an unknown algorithm', configuration('ROT13'), 'MalformedXML'],
      ['a KMS key with AES256', configuration('AES256', one), 'InvalidArgument'],
      [
        'an unknown key',
        configuration('aws:kms', one.replace('one', 'x')),
        'KMS.NotFoundException',
      ],
      ['no document', '', 'MalformedXML'],
    ])('refuses %s', async (_, document, code) => {
      expect(await set(document)).toMatchObject({ status: 400, code })
      expect(await read()).toMatchObject({ status: 404 })
    })

    it('is that of a bucket which exists', async () => {
      const elsewhere = { bucket: 'nowhere', query }
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? configuration('AES256') : undefined
        const answer = await client.send({ ...elsewhere, method, body })
        expect(answer).toMatchObject({ status: 404, code: 'NoSuchBucket' })
      }
    })
  },
  { encryption: { kmsKeys: { one: randomBytes(32) } } },
)

describe('the options of encryption', () => {
  it('refuse keys of another length', async () => {
    const masterKey = new Uint8Array(31)
    await expect(startServer({ encryption: { masterKey } })).rejects.toBeInstanceOf(TypeError)
    const kmsKeys = { one: new Uint8Array(16) }
    await expect(startServer({ encryption: { kmsKeys } })).rejects.toBeInstanceOf(TypeError)
  })
})

const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === 'IPv4' && !address.internal)?.address

// Needs an address of this machine that is no loopback.
describe.skipIf(outside === undefined)('keys of senders from other machines', () => {
  it.each([
    [false, 400],
    [true, 200],
  ])('with customerKeysOverHttp %s: %d', async (customerKeysOverHttp, status) => {
    const keys = { accessKey: 'AKOUTSIDE', secretKey: randomBytes(16).toString('hex') }
    const host = outside ?? ''
    await using server = await startServer({ ...keys, host, encryption: { customerKeysOverHttp } })
    const client = new RawClient(server, undefined, host)
    await client.makeBucket('outside')
    const stored = await client.put('outside', 'key', 'x', headersOfKey)
    expect(stored.status).toBe(status)
    client.close()
  })
})
