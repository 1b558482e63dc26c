import {
  ChunkedEncoder,
  ChunkSigner,
  emptySha256,
  encodeUriComponentStrict,
  payloadMarkers,
  sha256Hex,
  signHeaders,
  SigningKey,
} from '@stowage/protocol'
import { crc32 } from 'node:zlib'

import type { RecordedRequest } from '../../support/recorded-request.ts'
import { keys } from './replay.ts'

export interface CraftInput {
  readonly method?: string
  readonly target?: string
  /** More headers, all of them signed. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly payloadHash?: string
  readonly region?: string
  readonly service?: string
  /** Day of the credential, when it is not that of the request. */
  readonly day?: string
  readonly signsHost?: boolean
}

interface Crafted {
  readonly request: RecordedRequest
  readonly key: SigningKey
  readonly signature: string
  readonly amzDate: string
}

const host = '127.0.0.1'

function wireDate(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d{3}/g, '')
}

/** A request with a correct signature over whatever it is told to sign. */
export function craft(input: CraftInput, now: Date = new Date()): Crafted {
  const { method = 'PUT', target = '/seeded/present', body = Buffer.alloc(0) } = input
  const { region = 'us-east-1', service = 's3', signsHost = true } = input
  const amzDate = wireDate(now)
  const payloadHash = input.payloadHash ?? sha256Hex(body)
  const key = new SigningKey(keys.secretKey, {
    day: input.day ?? amzDate.slice(0, 8),
    region,
    service,
  })
  const headers = {
    ...(signsHost ? { host } : {}),
    'x-amz-date': amzDate,
    'x-amz-content-sha256': payloadHash,
    ...input.headers,
  }
  const [path = '', query = ''] = target.split('?')
  const facts = { method, path, query, headers, amzDate, payloadHash }
  const { authorization, signature } = signHeaders(key, keys.accessKey, facts)
  const request: RecordedRequest = {
    method,
    target,
    headers: [
      ...(signsHost ? [] : [['host', host] as const]),
      ...Object.entries(headers),
      ['authorization', authorization],
      ['content-length', String(body.length)],
    ],
    body,
  }
  return { request, key, signature, amzDate }
}

export const streamedData: readonly Buffer[] = ['first piece', 'second', 'and the third'].map(
  (text) => Buffer.from(text),
)

/** The lines of an aws-chunked body, one entry for each chunk and one for the end. */
export interface Framed {
  readonly request: RecordedRequest
  readonly frames: readonly Buffer[]
}

/** An upload whose chunks are signed, as the Java and C++ clients of AWS send it. */
export function craftSignedStream(trailer: boolean): Framed {
  const whole = Buffer.concat(streamedData)
  const payloadHash = trailer
    ? payloadMarkers.streamingSignedTrailer
    : payloadMarkers.streamingSigned
  const headers = {
    'x-amz-decoded-content-length': String(whole.length),
    'content-encoding': 'aws-chunked',
    ...(trailer ? { 'x-amz-trailer': 'x-amz-checksum-crc32' } : {}),
  }
  const { request, key, signature, amzDate } = craft({ headers, payloadHash })
  const encoder = new ChunkedEncoder(new ChunkSigner({ key, amzDate, seedSignature: signature }))
  const frames = streamedData.map((data) =>
    Buffer.concat([Buffer.from(encoder.header(data)), data, Buffer.from('\r\n')]),
  )
  const trailers = trailer ? [['x-amz-checksum-crc32', crc32Base64(whole)] as const] : []
  frames.push(Buffer.from(encoder.end(trailers)))
  return { request: withFrames(request, frames), frames }
}

export function withFrames(request: RecordedRequest, frames: readonly Buffer[]): RecordedRequest {
  const body = Buffer.concat(frames)
  const others = request.headers.filter(([name]) => name !== 'content-length')
  return { ...request, headers: [...others, ['content-length', String(body.length)]], body }
}

/** What CVE-2025-31489 and CVE-2026-41145 sent: nothing in it takes a secret to make. */
export function craftUnsignedStream(inQuery: boolean): RecordedRequest {
  const data = Buffer.from('planted')
  const amzDate = wireDate(new Date())
  const credential = `${keys.accessKey}/${amzDate.slice(0, 8)}/us-east-1/s3/aws4_request`
  const signature = emptySha256
  const names = 'host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-trailer'
  const query =
    `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeUriComponentStrict(credential)}` +
    `&X-Amz-Date=${amzDate}&X-Amz-Expires=600&X-Amz-SignedHeaders=` +
    `${encodeUriComponentStrict(names)}&X-Amz-Signature=${signature}`
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`
  const frame =
    `${data.length.toString(16)}\r\n${data.toString()}\r\n` +
    `0\r\nx-amz-checksum-crc32:${crc32Base64(data)}\r\n\r\n`
  const request: RecordedRequest = {
    method: 'PUT',
    target: inQuery ? `/seeded/present?${query}` : '/seeded/present',
    headers: [
      ['host', host],
      ['x-amz-date', amzDate],
      ['x-amz-content-sha256', payloadMarkers.streamingUnsignedTrailer],
      ['x-amz-decoded-content-length', String(data.length)],
      ['x-amz-trailer', 'x-amz-checksum-crc32'],
      ...(inQuery ? [] : [['authorization', authorization] as const]),
    ],
    body: Buffer.alloc(0),
  }
  return withFrames(request, [Buffer.from(frame)])
}

function crc32Base64(data: Buffer): string {
  const digest = Buffer.alloc(4)
  digest.writeUInt32BE(crc32(data))
  return digest.toString('base64')
}
