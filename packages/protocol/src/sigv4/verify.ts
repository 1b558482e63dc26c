import { parseAmzDate } from '../headers/dates.ts'
import {
  claimsQuerySignature,
  headerMap,
  parseAuthorizationHeader,
  parsePresignedQuery,
  refuse,
  type Refusal,
  type SignatureClaim,
} from './authorization.ts'
import { canonicalHeaders, canonicalRequest } from './canonical.ts'
import type { ChunkSigningContext } from './chunk-signer.ts'
import { sha256Hex } from './hash.ts'
import { equalInConstantTime } from './post-policy.ts'
import { countsBlanks, ruleForUnsigned, type Unsigned } from './request-headers.ts'
import { SigningKey, stringToSign } from './signing-key.ts'
import { trimBlanks } from './trim-blanks.ts'
import { canonicalReceivedPath, canonicalReceivedQuery, parseTarget } from './target.ts'
import {
  payloadMarkers,
  type Credentials,
  type HeaderPair,
  type QueryPair,
  type SigningScope,
} from './types.ts'

/** A request as it came off the wire. */
export interface ReceivedRequest {
  readonly method: string
  /** The request target in origin form, not normalised. */
  readonly target: string
  /** Names in lower case, in wire order, copies kept. */
  readonly headers: readonly HeaderPair[]
}

/** What a request promises of its body, by its signature or without one. */
export type PayloadMode =
  | { readonly kind: 'sha256'; readonly hex: string }
  | { readonly kind: 'unsigned' }
  | {
      readonly kind: 'streaming'
      readonly trailer: boolean
      /** Given when each chunk is signed. */
      readonly context: ChunkSigningContext | undefined
    }

/** What is known of the sender. */
export type Verdict =
  | { readonly kind: 'anonymous'; readonly payload: PayloadMode }
  | {
      readonly kind: 'signed'
      readonly accessKey: string
      readonly presigned: boolean
      readonly payload: PayloadMode
      /** Headers that the request must be served without, because nobody signed them. */
      readonly ignoredHeaders: readonly string[]
    }
  | Refusal

export interface VerifyOptions {
  /** The region that requests must be signed for. */
  readonly region: string
  /** The service that requests must be signed for. Default `s3`. */
  readonly service?: string | undefined
  readonly now: Date
  /** The credentials behind an access key; undefined when there are none. */
  credentialsFor(accessKey: string): Credentials | undefined
  /** The key for a secret and scope; give a cached one to save its derivation. */
  signingKey?(credentials: Credentials, scope: SigningScope): SigningKey
}

const maxSkewMs = 15 * 60 * 1000
const hexSha256 = /^[0-9a-f]{64}$/
const payloadHashHeader = 'x-amz-content-sha256'

/**
 * Decides who sent a request: the signature in its Authorization header or in its query
 * must cover the method, the path, the query and every header that orders something, be
 * made with the secret of a known key for this region, and be young enough.
 */
export function verifyRequest(request: ReceivedRequest, options: VerifyOptions): Verdict {
  const target = parseTarget(request.target)
  if (!target) return refuse('InvalidURI', 'The request target cannot be decoded.')
  const headers = headerMap(request.headers)
  if (typeof headers === 'string') {
    return refuse('InvalidRequest', `The header ${headers} stands in the request twice.`)
  }
  const claim = readClaim(headers, target.query)
  if (claim === undefined) return anonymous(headers)
  if ('kind' in claim) return claim
  return (
    checkScope(claim, options) ??
    checkTime(claim, options.now) ??
    checkCoverage(claim, headers) ??
    checkSignature(request, target.rawPath, target.rawQuery, headers, claim, options)
  )
}

function readClaim(
  headers: ReadonlyMap<string, string>,
  query: readonly QueryPair[],
): SignatureClaim | Refusal | undefined {
  const authorization = headers.get('authorization')
  const inQuery = claimsQuerySignature(query)
  if (authorization !== undefined && inQuery) {
    return refuse('InvalidRequest', 'Only one authentication mechanism may be used at a time.')
  }
  if (authorization !== undefined) return parseAuthorizationHeader(authorization, headers)
  return inQuery ? parsePresignedQuery(query) : undefined
}

/** A body that nobody signed may be framed all the same, or come with its hash. */
function anonymous(headers: ReadonlyMap<string, string>): Verdict {
  const promise = headers.get(payloadHashHeader) ?? payloadMarkers.unsigned
  const payload = payloadMode(promise, undefined)
  return payload ? { kind: 'anonymous', payload } : malformedPayloadHash()
}

function checkScope(claim: SignatureClaim, options: VerifyOptions): Refusal | undefined {
  const code =
    claim.expirySeconds === undefined
      ? 'AuthorizationHeaderMalformed'
      : 'AuthorizationQueryParametersError'
  const service = options.service ?? 's3'
  if (claim.scope.service !== service) {
    return refuse(code, `The signature is for the service ${claim.scope.service}, not ${service}.`)
  }
  if (claim.scope.region !== options.region) {
    return refuse(
      code,
      `The region '${claim.scope.region}' is wrong; expecting '${options.region}'.`,
      {
        Region: options.region,
      },
    )
  }
  return undefined
}

function checkTime(claim: SignatureClaim, now: Date): Refusal | undefined {
  const date = parseAmzDate(claim.amzDate)
  if (!date || !claim.amzDate.startsWith(claim.scope.day)) {
    return refuse('AccessDenied', 'X-Amz-Date is malformed or not of the day of the credential.')
  }
  const ageMs = now.getTime() - date.getTime()
  if (claim.expirySeconds !== undefined) {
    if (ageMs < -maxSkewMs) return refuse('AccessDenied', 'The request is not valid yet.')
    if (ageMs <= claim.expirySeconds * 1000) return undefined
    return refuse('AccessDenied', 'Request has expired.', {
      Expires: new Date(date.getTime() + claim.expirySeconds * 1000).toISOString(),
      ServerTime: now.toISOString(),
    })
  }
  if (Math.abs(ageMs) <= maxSkewMs) return undefined
  return refuse('RequestTimeTooSkewed', 'The clocks of client and server are too far apart.', {
    RequestTime: claim.amzDate,
    ServerTime: now.toISOString(),
    MaxAllowedSkewMilliseconds: String(maxSkewMs),
  })
}

/**
 * A header that the signature does not cover may have been added by anybody: an unsigned
 * `x-amz-copy-source` turns a presigned upload into a copy of any object that its signer
 * can read (CVE-2026-54330 and its relatives).
 */
function checkCoverage(
  claim: SignatureClaim,
  headers: ReadonlyMap<string, string>,
): Refusal | undefined {
  const missing = claim.signedHeaders.find((name) => !headers.has(name))
  if (missing !== undefined) {
    return refuse('SignatureDoesNotMatch', `The signed header ${missing} is not in the request.`)
  }
  const loose = unsignedHeaders(claim, headers, 'refused')
  if (loose.length > 0) return notSigned(loose)
  const ambiguous = claim.signedHeaders.find(
    (name) => countsBlanks(name) && trimBlanks(headers.get(name) ?? '').includes('  '),
  )
  if (ambiguous === undefined) return undefined
  return refuse(
    'InvalidRequest',
    `Blanks in ${ambiguous} must be encoded: no signature counts them.`,
  )
}

/** The headers that the signature does not cover and to which this happens. */
function unsignedHeaders(
  claim: SignatureClaim,
  headers: ReadonlyMap<string, string>,
  rule: Unsigned,
): readonly string[] {
  const signed = new Set(claim.signedHeaders)
  const presigned = claim.expirySeconds !== undefined
  return [...headers.keys()].filter(
    (name) => ruleForUnsigned(name, presigned) === rule && !signed.has(name),
  )
}

function notSigned(names: readonly string[]): Refusal {
  return refuse(
    'AccessDenied',
    'There were headers present in the request which were not signed.',
    { HeadersNotSigned: names.join(', ') },
  )
}

/** Stands in for the secret of an unknown key, so that both cases do the same work. */
const nobody: Credentials = { accessKey: '', secretKey: 'nobody' }

function checkSignature(
  request: ReceivedRequest,
  rawPath: string,
  rawQuery: string | undefined,
  headers: ReadonlyMap<string, string>,
  claim: SignatureClaim,
  options: VerifyOptions,
): Verdict {
  const credentials = options.credentialsFor(claim.accessKey)
  const key =
    credentials && options.signingKey
      ? options.signingKey(credentials, claim.scope)
      : new SigningKey((credentials ?? nobody).secretKey, claim.scope)
  const presigned = claim.expirySeconds !== undefined
  const payloadHash = claimedPayloadHash(headers, claim)
  if (payloadHash === undefined) {
    return refuse('InvalidRequest', 'The header x-amz-content-sha256 is missing.')
  }
  const pairs = claim.signedHeaders.map((name): HeaderPair => [name, headers.get(name) ?? ''])
  const canonical = canonicalRequest(
    request.method,
    canonicalReceivedPath(rawPath),
    canonicalReceivedQuery(rawQuery, presigned ? 'X-Amz-Signature' : undefined),
    canonicalHeaders(pairs),
    payloadHash,
  )
  const signature = key.sign(stringToSign(claim.amzDate, key.credentialScope, sha256Hex(canonical)))
  const matches = equalInConstantTime(signature, claim.signature)
  if (!credentials) return refuse('InvalidAccessKeyId', 'The access key is not known here.')
  if (!matches) {
    return refuse('SignatureDoesNotMatch', 'The signature does not match the request.')
  }
  if ((credentials.sessionToken ?? '') !== (claim.sessionToken ?? '')) {
    return refuse('InvalidToken', 'The session token is not that of the access key.')
  }
  const payload = payloadMode(payloadHash, {
    key,
    amzDate: claim.amzDate,
    seedSignature: signature,
  })
  if (!payload) return malformedPayloadHash()
  const kept = keepingPromise(payload, payloadHash, promisedPayloadHash(headers, claim))
  if (kept.kind === 'refused') return kept
  const ignoredHeaders = presigned ? unsignedHeaders(claim, headers, 'ignored') : []
  return { kind: 'signed', accessKey: claim.accessKey, presigned, payload: kept, ignoredHeaders }
}

/**
 * The hash that the signature covers. Of a presigned URL it is the one in a signed header or in
 * the query.
 */
function claimedPayloadHash(
  headers: ReadonlyMap<string, string>,
  claim: SignatureClaim,
): string | undefined {
  const inHeader = headers.get(payloadHashHeader)
  if (claim.expirySeconds === undefined) return inHeader
  const covered = claim.signedHeaders.includes(payloadHashHeader)
  return (covered ? inHeader : claim.payloadHash) ?? payloadMarkers.unsigned
}

/** The hash that a presigned request states in the other place, where it does not count as signed. */
function promisedPayloadHash(
  headers: ReadonlyMap<string, string>,
  claim: SignatureClaim,
): string | undefined {
  if (claim.expirySeconds === undefined) return undefined
  const covered = claim.signedHeaders.includes(payloadHashHeader)
  return covered ? claim.payloadHash : headers.get(payloadHashHeader)
}

/** Both must hold: what the signature says of the body, and the promise beside it. */
function keepingPromise(
  payload: PayloadMode,
  covered: string,
  promise: string = covered,
): PayloadMode | Refusal {
  if (promise === covered || promise === payloadMarkers.unsigned) return payload
  // Framing is data and data is framing, unless the signature says which.
  if (promise.startsWith('STREAMING-')) return notSigned([payloadHashHeader])
  if (!hexSha256.test(promise)) return malformedPayloadHash()
  if (payload.kind === 'unsigned') return { kind: 'sha256', hex: promise }
  return refuse('XAmzContentSHA256Mismatch', 'The request states its body in two ways.')
}

function malformedPayloadHash(): Refusal {
  return refuse('InvalidArgument', 'x-amz-content-sha256 must be a SHA-256 or a known marker.')
}

/** @param context undefined where no signature could sign chunks: then there is no such mode */
function payloadMode(
  payloadHash: string,
  context: ChunkSigningContext | undefined,
): PayloadMode | undefined {
  switch (payloadHash) {
    case payloadMarkers.unsigned:
      return { kind: 'unsigned' }
    case payloadMarkers.streamingSigned:
      return context && { kind: 'streaming', trailer: false, context }
    case payloadMarkers.streamingSignedTrailer:
      return context && { kind: 'streaming', trailer: true, context }
    case payloadMarkers.streamingUnsignedTrailer:
      return { kind: 'streaming', trailer: true, context: undefined }
    default:
      return hexSha256.test(payloadHash) ? { kind: 'sha256', hex: payloadHash } : undefined
  }
}
