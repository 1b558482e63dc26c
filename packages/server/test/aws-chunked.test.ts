import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'

import { ChunkedEncoder, ChunkSigner, payloadMarkers, type HeaderPair } from '@stowage/protocol'
import type { RawClient, RawRequest, RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const variants = {
  signed: { payloadHash: payloadMarkers.streamingSigned, trailer: false, signed: true },
  'signed with trailer': {
    payloadHash: payloadMarkers.streamingSignedTrailer,
    trailer: true,
    signed: true,
  },
  'unsigned with trailer': {
    payloadHash: payloadMarkers.streamingUnsignedTrailer,
    trailer: true,
    signed: false,
  },
} as const

type Variant = (typeof variants)[keyof typeof variants]

const trailerName = 'x-amz-checksum-sha256'

interface Upload {
  readonly variant: Variant
  readonly chunks: readonly string[]
  readonly headers?: Record<string, string>
  readonly trailers?: readonly HeaderPair[]
  /** Changes the framed body before it is sent. */
  readonly damage?: (framed: string) => string
}

describeServers('aws-chunked', (fixture) => {
  const bucket = 'chunked'
  let client: RawClient

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
  })

  function upload(key: string, input: Upload): Promise<RawResponse> {
    const { variant, chunks, damage = (framed: string): string => framed } = input
    const data = chunks.join('')
    const sum = createHash('sha256').update(data).digest('base64')
    const request: RawRequest = {
      method: 'PUT',
      bucket,
      key,
      payloadHash: variant.payloadHash,
      headers: {
        'content-encoding': 'aws-chunked',
        'x-amz-decoded-content-length': String(data.length),
        ...(variant.trailer ? { 'x-amz-trailer': trailerName } : {}),
        ...input.headers,
      },
    }
    const { target, headers, signature, key: signingKey, amzDate } = client.head(request)
    const signer = new ChunkSigner({ key: signingKey, amzDate, seedSignature: signature })
    const encoder = new ChunkedEncoder(variant.signed ? signer : undefined)
    let framed = ''
    for (const chunk of chunks) framed += `${encoder.header(Buffer.from(chunk))}${chunk}\r\n`
    const trailers = input.trailers ?? (variant.trailer ? [[trailerName, sum] as const] : [])
    framed += encoder.end(trailers)
    return client.exchange('PUT', target, headers, damage(framed))
  }

  describe.each(Object.entries(variants))('%s', (_name, variant) => {
    const chunks = ['a'.repeat(9000), 'b'.repeat(9000), 'c']

    it('stores the data without the frames', async () => {
      expect((await upload('whole', { variant, chunks })).status).toBe(200)
      const read = await client.get(bucket, 'whole')
      expect(read.text).toBe(chunks.join(''))
      expect(read.headers['content-encoding']).toBeUndefined()
    })

    it('stores nothing at all', async () => {
      expect((await upload('empty', { variant, chunks: [] })).status).toBe(200)
      expect((await client.get(bucket, 'empty')).text).toBe('')
    })

    const damages: Record<string, (framed: string) => string> = {
      'a changed byte': (framed) => framed.replace('bbb', 'bxb'),
      'a cut': (framed) => framed.slice(0, framed.length - 20),
      'no last chunk': (framed) => framed.slice(0, framed.lastIndexOf('\r\n0') + 2),
      'bytes behind the end': (framed) => `${framed}0\r\n\r\n`,
      'a wrong chunk size': (framed) => framed.replace(/^2328/, '2327'),
      'a bad chunk size': (framed) => framed.replace(/^2328/, '0x28'),
    }
    it.each(Object.entries(damages))('refuses %s and keeps the old object', async (_, damage) => {
      await client.put(bucket, 'damaged', 'old')
      const refused = await upload('damaged', { variant, chunks, damage })
      expect(refused.status).toBeGreaterThanOrEqual(400)
      expect(refused.status).toBeLessThan(500)
      expect(refused.code).not.toBe('')
      expect((await client.get(bucket, 'damaged')).text).toBe('old')
    })

    it.each(['18002', '18000', '0', '-1', '1e3', ''])(
      'refuses a decoded length of %j',
      async (length) => {
        const headers = { 'x-amz-decoded-content-length': length }
        const refused = await upload('length', { variant, chunks, headers })
        expect(refused.status).toBeGreaterThanOrEqual(400)
        expect((await client.get(bucket, 'length')).code).toBe('NoSuchKey')
      },
    )
  })

  describe.each([variants['signed with trailer'], variants['unsigned with trailer']])(
    'trailers of $payloadHash',
    (variant) => {
      const right = createHash('sha256').update('data').digest('base64')
      const wrong = createHash('sha256').update('other').digest('base64')

      it('keeps the checksum', async () => {
        const stored = await upload('trailer', { variant, chunks: ['data'] })
        expect(stored).toMatchObject({ status: 200, headers: { [trailerName]: right } })
      })

      it.each([
        ['a wrong checksum', [[trailerName, wrong]], 'BadDigest'],
        ['another one', [['x-amz-checksum-sha1', right]], 'MalformedTrailerError'],
        [
          'one more',
          [
            [trailerName, right],
            ['x-amz-meta-a', 'b'],
          ],
          'MalformedTrailerError',
        ],
        [
          'the same twice',
          [
            [trailerName, right],
            [trailerName, right],
          ],
          'MalformedTrailerError',
        ],
      ] as const)('refuses %s', async (_name, trailers, code) => {
        const refused = await upload('trailers', { variant, chunks: ['data'], trailers })
        expect(refused.code).toBe(code)
        expect((await client.get(bucket, 'trailers')).code).toBe('NoSuchKey')
      })

      it('refuses a missing one', async () => {
        const refused = await upload('trailers', { variant, chunks: ['data'], trailers: [] })
        // Signed trailers lack their signature as well.
        const code = variant.signed ? 'SignatureDoesNotMatch' : 'MalformedTrailerError'
        expect(refused.code).toBe(code)
        expect((await client.get(bucket, 'trailers')).code).toBe('NoSuchKey')
      })

      it('refuses a trailer beside a header', async () => {
        const headers = {
          'x-amz-checksum-sha1': createHash('sha1').update('data').digest('base64'),
        }
        const refused = await upload('trailers', { variant, chunks: ['data'], headers })
        expect(refused.code).toBe('InvalidRequest')
      })
    },
  )

  describe('without a signature', () => {
    const sum = createHash('sha256').update('data').digest('base64')

    async function uploadUnsigned(trailer: string): Promise<RawResponse> {
      const statement = { Effect: 'Allow', Principal: '*', Action: 's3:PutObject' }
      const Statement = [{ ...statement, Resource: `arn:aws:s3:::${bucket}/*` }]
      const body = JSON.stringify({ Version: '2012-10-17', Statement })
      await client.send({ method: 'PUT', bucket, query: { policy: '' }, body })
      return client.send({
        method: 'PUT',
        bucket,
        key: 'unsigned',
        signed: false,
        headers: {
          'content-encoding': 'aws-chunked',
          'x-amz-content-sha256': payloadMarkers.streamingUnsignedTrailer,
          'x-amz-decoded-content-length': '4',
          'x-amz-trailer': trailerName,
        },
        body: `4\r\ndata\r\n0\r\n${trailerName}:${trailer}\r\n\r\n`,
      })
    }

    it('takes the frames off, and compares the checksum behind them', async () => {
      const stored = await uploadUnsigned(sum)
      expect(stored).toMatchObject({ status: 200, headers: { [trailerName]: sum } })
      expect((await client.get(bucket, 'unsigned')).text).toBe('data')
      const other = createHash('sha256').update('other').digest('base64')
      expect((await uploadUnsigned(other)).code).toBe('BadDigest')
    })
  })

  it('refuses a made-up signature of unsigned chunks', async () => {
    const request: RawRequest = {
      method: 'PUT',
      bucket,
      key: 'forged',
      payloadHash: payloadMarkers.streamingUnsignedTrailer,
      headers: { 'x-amz-decoded-content-length': '1', 'x-amz-trailer': trailerName },
    }
    const { target, headers } = client.head(request)
    const authorization = String(headers['authorization']).replace(/.{8}$/, '00000000')
    const sum = createHash('sha256').update('x').digest('base64')
    const body = `1\r\nx\r\n0\r\n${trailerName}:${sum}\r\n\r\n`
    const refused = await client.exchange('PUT', target, { ...headers, authorization }, body)
    expect(refused).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' })
    expect((await client.get(bucket, 'forged')).code).toBe('NoSuchKey')
  })
})
