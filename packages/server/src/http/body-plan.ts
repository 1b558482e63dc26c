import { decodeDigest, type PayloadMode, type RequestHeader } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { checksumClaim, type ChecksumClaim } from './checksum-claims.ts'
import type { IncomingRequest } from './incoming.ts'

/** What a request promises of its body. Every promise is checked before anything is committed. */
export interface BodyPlan {
  readonly payload: PayloadMode
  /** Bytes behind the framing; undefined when the sender does not know. */
  readonly sizeBytes: number | undefined
  /** Content-MD5: 16 bytes. */
  readonly md5: Uint8Array | undefined
  readonly checksum: ChecksumClaim | undefined
  /** Names announced in `x-amz-trailer`. */
  readonly trailers: readonly string[]
}

export interface BodyRules {
  readonly maxBytes: number
  /** Whether the size must be known ahead, as for an object. */
  readonly needsSize: boolean
}

/** @throws S3Failure when the headers about the body contradict themselves or the rules */
export function planBody(
  request: IncomingRequest,
  payload: PayloadMode,
  rules: BodyRules,
): BodyPlan {
  const sizeBytes = declaredSize(request, payload)
  if (sizeBytes === undefined && rules.needsSize) throw new S3Failure('MissingContentLength')
  if (sizeBytes !== undefined && sizeBytes > rules.maxBytes) throw new S3Failure('EntityTooLarge')
  const trailers = announcedTrailers(request)
  if (trailers.length > 0 && (payload.kind !== 'streaming' || !payload.trailer)) {
    throw new S3Failure('InvalidRequest', {
      message: 'Trailing headers are announced for a body that has none.',
    })
  }
  return {
    payload,
    sizeBytes,
    md5: claimedMd5(request),
    checksum: checksumClaim(request, trailers),
    trailers,
  }
}

function declaredSize(request: IncomingRequest, payload: PayloadMode): number | undefined {
  const contentLength = wholeNumber(request, 'content-length')
  const decoded = wholeNumber(request, 'x-amz-decoded-content-length')
  if (payload.kind !== 'streaming') {
    if (decoded === undefined || decoded === (contentLength ?? decoded)) {
      return contentLength ?? decoded
    }
    throw new S3Failure('InvalidRequest', {
      message: 'x-amz-decoded-content-length contradicts Content-Length.',
    })
  }
  if (decoded === undefined) throw new S3Failure('MissingContentLength')
  if (contentLength !== undefined && contentLength < decoded) {
    throw new S3Failure('InvalidRequest', {
      message: 'The framed body is shorter than what it should hold.',
    })
  }
  return decoded
}

function wholeNumber(request: IncomingRequest, name: RequestHeader): number | undefined {
  const text = request.header(name)
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) {
    throw new S3Failure('InvalidArgument', { message: `The header ${name} must be a number.` })
  }
  return Number(text)
}

function announcedTrailers(request: IncomingRequest): readonly string[] {
  const names = (request.header('x-amz-trailer') ?? '').split(',')
  return names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '')
}

function claimedMd5(request: IncomingRequest): Uint8Array | undefined {
  const text = request.header('content-md5')
  if (text === undefined) return undefined
  const digest = decodeDigest('MD5', text)
  if (digest === undefined) throw new S3Failure('InvalidDigest')
  return digest
}
