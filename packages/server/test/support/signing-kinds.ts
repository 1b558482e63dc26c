import { createHash } from 'node:crypto'

import {
  amzDate,
  canonicalQuery,
  ChunkedEncoder,
  ChunkSigner,
  payloadMarkers,
  presignQuery,
  sha256Hex,
  signHeaders,
  SigningKey,
  signPostPolicy,
  type Credentials,
  type HeaderPair,
} from '@stowage/protocol'
import type { RecordedRequest } from '../../../../test/support/recorded-request.ts'
import type { ValidRequest } from './valid-requests.ts'

/** Who signs, when, and for which host. */
export interface Signer extends Credentials {
  readonly region: string
  readonly host: string
  readonly now: Date
}

/** A request that is ready to be sent. */
export interface SignedRequest extends RecordedRequest {
  /** The chunks of a framed body, each with its frame; the last holds the trailers. */
  readonly frames?: readonly string[]
}

/** How a request says who sends it. */
export const signingKinds = {
  'signed in a header': inHeader,
  presigned: (request, signer) => presigned(request, signer, sha256Hex(request.body ?? '')),
  'presigned for any body': (request, signer) => presigned(request, signer, undefined),
  'signed chunks': (request, signer) => framed(request, signer, streams.signed),
  'signed chunks and trailer': (request, signer) => framed(request, signer, streams.signedTrailer),
  'unsigned chunks and trailer': (request, signer) =>
    framed(request, signer, streams.unsignedTrailer),
  anonymous: (request, { host }) => assembled(request, [['host', host]], queryOf(request)),
} as const satisfies Readonly<
  Record<string, (request: ValidRequest, signer: Signer) => SignedRequest>
>

export type SigningKind = keyof typeof signingKinds

/** Kinds for requests with a body alone. */
export const framedKinds: ReadonlySet<SigningKind> = new Set([
  'signed chunks',
  'signed chunks and trailer',
  'unsigned chunks and trailer',
])

export function signedAs(kind: SigningKind, request: ValidRequest, signer: Signer): SignedRequest {
  return signingKinds[kind](request, signer)
}

/** Whether the kind makes sense for this request. */
export function isPossible(kind: SigningKind, { body = '' }: ValidRequest): boolean {
  return body !== '' || !(framedKinds.has(kind) || kind === 'presigned for any body')
}

function queryOf({ query = [] }: ValidRequest): string {
  return canonicalQuery(query)
}

function assembled(
  { method, path, body = '' }: ValidRequest,
  headers: readonly HeaderPair[],
  query: string,
): SignedRequest {
  const bytes = Buffer.from(body)
  const more: HeaderPair[] = [['connection', 'close']]
  if (bytes.length > 0) more.push(['content-length', String(bytes.length)])
  return {
    method,
    target: query === '' ? path : `${path}?${query}`,
    headers: [...headers, ...more],
    body: bytes,
  }
}

function keyOf({ secretKey, region, now }: Signer): { key: SigningKey; date: string } {
  const date = amzDate(now)
  return { key: new SigningKey(secretKey, { day: date.slice(0, 8), region, service: 's3' }), date }
}

function signedHead(
  request: ValidRequest,
  signer: Signer,
  payloadHash: string,
): { headers: readonly HeaderPair[]; signature: string } {
  const { key, date } = keyOf(signer)
  const headers: Record<string, string> = {
    host: signer.host,
    'x-amz-date': date,
    'x-amz-content-sha256': payloadHash,
    ...Object.fromEntries(request.headers ?? []),
  }
  const { authorization, signature } = signHeaders(key, signer.accessKey, {
    method: request.method,
    path: request.path,
    query: queryOf(request),
    headers,
    amzDate: date,
    payloadHash,
  })
  return { headers: [...Object.entries(headers), ['authorization', authorization]], signature }
}

function inHeader(request: ValidRequest, signer: Signer): SignedRequest {
  const { headers } = signedHead(request, signer, sha256Hex(request.body ?? ''))
  return assembled(request, headers, queryOf(request))
}

function presigned(
  request: ValidRequest,
  signer: Signer,
  payloadHash: string | undefined,
): SignedRequest {
  const { key, date } = keyOf(signer)
  const headers = { host: signer.host, ...Object.fromEntries(request.headers ?? []) }
  const stated = payloadHash === undefined ? [] : [['X-Amz-Content-Sha256', payloadHash] as const]
  const query = presignQuery(key, signer, {
    method: request.method,
    path: request.path,
    query: [...(request.query ?? []), ...stated],
    headers,
    amzDate: date,
    expirySeconds: 600,
    payloadHash,
  })
  return assembled(request, Object.entries(headers), query)
}

const streams = {
  signed: { marker: payloadMarkers.streamingSigned, signed: true, trailer: false },
  signedTrailer: { marker: payloadMarkers.streamingSignedTrailer, signed: true, trailer: true },
  unsignedTrailer: {
    marker: payloadMarkers.streamingUnsignedTrailer,
    signed: false,
    trailer: true,
  },
} as const

const trailerName = 'x-amz-checksum-sha256'

/** Sizes of the first chunks; the last takes what is left. */
const chunkSizes = [3, 5] as const

function framed(
  request: ValidRequest,
  signer: Signer,
  { marker, signed, trailer }: (typeof streams)[keyof typeof streams],
): SignedRequest {
  const body = request.body ?? ''
  const more: HeaderPair[] = [
    ['content-encoding', 'aws-chunked'],
    ['x-amz-decoded-content-length', String(Buffer.byteLength(body))],
  ]
  if (trailer) more.push(['x-amz-trailer', trailerName])
  const withFraming = { ...request, headers: [...(request.headers ?? []), ...more] }
  const { headers, signature } = signedHead(withFraming, signer, marker)
  const { key, date } = keyOf(signer)
  const encoder = new ChunkedEncoder(
    signed ? new ChunkSigner({ key, amzDate: date, seedSignature: signature }) : undefined,
  )
  const sum = createHash('sha256').update(body).digest('base64')
  const frames = [
    ...chunksOf(body).map((chunk) => `${encoder.header(Buffer.from(chunk))}${chunk}\r\n`),
    encoder.end(trailer ? [[trailerName, sum]] : []),
  ]
  const wire = { ...withFraming, body: frames.join('') }
  return { ...assembled(wire, headers, queryOf(request)), frames }
}

function chunksOf(body: string): readonly string[] {
  const chunks: string[] = []
  let from = 0
  for (const size of [...chunkSizes, body.length]) {
    const chunk = body.slice(from, from + size)
    if (chunk !== '') chunks.push(chunk)
    from += size
  }
  return chunks
}

export type FormFields = readonly (readonly [name: string, value: string])[]

/** A signed form of an upload; the file is the last field. */
export function signedForm(bucket: string, fields: FormFields, signer: Signer): FormFields {
  const { key, date } = keyOf(signer)
  const all: FormFields = [
    ...fields,
    ['x-amz-algorithm', 'AWS4-HMAC-SHA256'],
    ['x-amz-credential', `${signer.accessKey}/${key.credentialScope}`],
    ['x-amz-date', date],
  ]
  const conditions = [{ bucket }, ...all.map(([name, value]) => ['eq', `$${name}`, value])]
  const expiration = new Date(signer.now.getTime() + 600_000).toISOString()
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
  return [...all, ['policy', policy], ['x-amz-signature', signPostPolicy(key, policy)]]
}

/** A form as the request that a browser makes of it. */
export function formRequest(
  bucket: string,
  fields: FormFields,
  { host }: Pick<Signer, 'host'>,
): SignedRequest {
  const parts = fields.map(([name, value]) => {
    const more = name === 'file' ? '; filename="name.txt"' : ''
    return `--X-X\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
  })
  const headers: readonly HeaderPair[] = [
    ['host', host],
    ['content-type', 'multipart/form-data; boundary=X-X'],
  ]
  const body = `${parts.join('')}--X-X--\r\n`
  return assembled({ method: 'POST', path: `/${bucket}`, body }, headers, '')
}
