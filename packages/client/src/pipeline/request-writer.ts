import { payloadMarkers, type ChunkSigner } from '@stowage/protocol'
import type { CachedCredentials } from '../credentials/cached-credentials.ts'
import { checkHeaders } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import { orAborted } from './abortable.ts'
import { checkCall } from './call-check.ts'
import type { Endpoint } from './endpoint.ts'
import type { CallOptions } from '../options.ts'
import type { Framing, RequestBody } from '../request/body.ts'
import type { RequestDescription } from '../request/request.ts'
import { noPayload, queryText, unsignedPayload, type Signer } from './signer.ts'
import type { StoreClock } from './store-clock.ts'
import type { WireBody, WireRequest } from '../transport/transport.ts'

export interface RequestWriterParts {
  readonly endpoint: Endpoint
  readonly credentials: CachedCredentials
  readonly signer: Signer
  readonly clock: StoreClock
  readonly payloadSigning: 'auto' | 'always' | 'never'
  readonly userAgent: string
  /** Whether customer keys may go over plain http to another machine. */
  readonly allowInsecureSseC: boolean
}

const customerKeyHeader = /^x-amz-(copy-source-)?server-side-encryption-customer-key$/i

function holdsCustomerKey(headers: Readonly<Record<string, string>> | undefined): boolean {
  return headers !== undefined && Object.keys(headers).some((name) => customerKeyHeader.test(name))
}

const { streamingSignedTrailer: signedFraming, streamingUnsignedTrailer: unsignedFraming } =
  payloadMarkers

/** Says how the body travels; the store takes the framing off, also where nothing is signed. */
function announceFraming(
  headers: Record<string, string>,
  body: RequestBody,
  framing: Framing,
  payloadHash: string,
): void {
  const encoding = headers['content-encoding']
  headers['content-encoding'] = encoding === undefined ? 'aws-chunked' : `aws-chunked,${encoding}`
  headers['x-amz-decoded-content-length'] = String(body.lengthBytes)
  headers['x-amz-trailer'] = framing.trailerName
  headers['x-amz-content-sha256'] = payloadHash
}

/** Opens a body for one attempt, and says how long it is. */
function openBody(
  headers: Record<string, string>,
  body: RequestBody,
  chunkSigner: ChunkSigner | undefined,
): WireBody {
  const { framing } = body
  const bytes = framing ? framing.wireBytes(chunkSigner !== undefined) : body.lengthBytes
  headers['content-length'] = String(bytes)
  return framing ? framing.frame(chunkSigner) : body.open()
}

/** Makes a described request one that can go over the wire: addressed, dated, signed. */
export class RequestWriter {
  readonly #parts: RequestWriterParts

  constructor(parts: RequestWriterParts) {
    this.#parts = parts
  }

  /** Checks what only the inside of a client can, before anything is sent. */
  check({ headers }: RequestDescription, options: CallOptions): void {
    checkCall(options)
    const { endpoint, allowInsecureSseC } = this.#parts
    if (endpoint.secure || endpoint.isLoopback || allowInsecureSseC) return
    if (holdsCustomerKey(headers) || holdsCustomerKey(options.requestHeaders)) {
      throw new InvalidArgumentError('sse', 'would send a key over plain http')
    }
  }

  async write(
    request: RequestDescription,
    options: CallOptions,
    region: string,
    signal: AbortSignal | undefined,
  ): Promise<WireRequest> {
    const { endpoint, signer, clock } = this.#parts
    const { body, method } = request
    const found = this.#parts.credentials.get()
    const credentials = found instanceof Promise ? await orAborted(found, signal) : found
    const address = endpoint.address(request.bucket, request.object, region, request.pathStyle)
    const query = queryText(request.query, options.extraQueryParams)
    const headers: Record<string, string> = {
      host: address.host,
      'user-agent': this.#parts.userAgent,
      ...request.headers,
    }
    if (options.requestHeaders) {
      Object.assign(headers, checkHeaders('requestHeaders', options.requestHeaders))
    }
    const hash = this.#payloadHash(request, credentials !== undefined)
    const payloadHash = hash instanceof Promise ? await orAborted(hash, signal) : hash
    const nowMs = clock.nowMs() // Hashing may have taken its time.
    if (body?.framing) announceFraming(headers, body, body.framing, payloadHash)
    const signable = { method, query, headers, payloadHash }
    const signature = credentials && signer.sign(signable, address, region, credentials, nowMs)
    const chunkSigner =
      credentials && signature !== undefined && payloadHash === signedFraming
        ? signer.chunkSigner(signature, region, credentials, nowMs)
        : undefined
    return {
      origin: address.origin,
      target: query === '' ? address.path : `${address.path}?${query}`,
      method,
      headers,
      body: body ? openBody(headers, body, chunkSigner) : null,
      silenceMs: request.silenceMs,
      signal,
      secretKey: credentials?.secretKey,
    }
  }

  #payloadHash({ body }: RequestDescription, signed: boolean): string | Promise<string> {
    if (!body) return noPayload
    const { payloadSigning, endpoint } = this.#parts
    const sign = payloadSigning === 'always' || (payloadSigning === 'auto' && !endpoint.secure)
    if (body.framing) return sign && signed ? signedFraming : unsignedFraming
    return (signed && sign ? body.sha256?.() : undefined) ?? unsignedPayload
  }
}
