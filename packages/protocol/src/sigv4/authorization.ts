import type { ErrorCode } from '../errors/error-codes.ts'
import { standsOnce } from './request-headers.ts'
import { trimBlanks } from './trim-blanks.ts'
import {
  algorithm,
  maxPresignSeconds,
  type HeaderPair,
  type QueryPair,
  type SigningScope,
} from './types.ts'

/** A claim of identity as it was received; nothing in it is verified yet. */
export interface SignatureClaim {
  readonly accessKey: string
  readonly scope: SigningScope
  /** Names in lower case, sorted, no name twice. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly amzDate: string
  readonly sessionToken: string | undefined
  /** Given for a presigned URL. */
  readonly expirySeconds: number | undefined
  /** `X-Amz-Content-Sha256` in the query of a presigned URL. */
  readonly payloadHash: string | undefined
}

/** Why a request is turned away. */
export interface Refusal {
  readonly kind: 'refused'
  readonly code: ErrorCode
  readonly message: string
  /** More elements for the error document. */
  readonly extra?: Readonly<Record<string, string>> | undefined
}

export function refuse(
  code: ErrorCode,
  message: string,
  extra?: Readonly<Record<string, string>>,
): Refusal {
  return { kind: 'refused', code, message, extra }
}

const maxSignedHeaders = 256
const headerName = /^[a-z0-9!#$%&'*+\-.^_`|~]+$/
const signatureHex = /^[0-9a-f]{64}$/
const expiryDigits = /^[0-9]{1,7}$/
/** Access keys may hold `/`, so the scope is matched from the end. */
const credential = /^(.+)\/([0-9]{8})\/([^/]*)\/([^/]+)\/aws4_request$/

type ErrorPair = Extract<
  ErrorCode,
  'AuthorizationHeaderMalformed' | 'AuthorizationQueryParametersError'
>

function parseSignedHeaders(list: string): string[] | undefined {
  const names = list.split(';')
  if (names.length > maxSignedHeaders || !names.includes('host')) return undefined
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? ''
    if (!headerName.test(name) || (i > 0 && name <= (names[i - 1] ?? ''))) return undefined
  }
  return names
}

interface RawClaim {
  readonly credential: string | undefined
  readonly signedHeaders: string | undefined
  readonly signature: string | undefined
  readonly amzDate: string | undefined
  readonly sessionToken: string | undefined
  readonly expirySeconds: number | undefined
  readonly payloadHash: string | undefined
}

function checkClaim(raw: RawClaim, code: ErrorPair): SignatureClaim | Refusal {
  const match = credential.exec(raw.credential ?? '')
  const [, accessKey, day, region, service] = match ?? []
  if (accessKey === undefined || day === undefined || region === undefined || !service) {
    return refuse(code, 'The credential is not of the form KEY/DAY/REGION/SERVICE/aws4_request.')
  }
  const signedHeaders = parseSignedHeaders(raw.signedHeaders ?? '')
  if (!signedHeaders) {
    return refuse(code, 'SignedHeaders must hold sorted lower-case names, host among them.')
  }
  if (!signatureHex.test(raw.signature ?? '')) {
    // A well-formed request with a signature that cannot be right gets the usual answer.
    return refuse('SignatureDoesNotMatch', 'The signature is not 64 lower-case hex digits.')
  }
  if (raw.amzDate === undefined) {
    return refuse('AccessDenied', 'A signed request needs an X-Amz-Date.')
  }
  return {
    accessKey,
    scope: { day, region, service },
    signedHeaders,
    signature: raw.signature ?? '',
    amzDate: raw.amzDate,
    sessionToken: raw.sessionToken,
    expirySeconds: raw.expirySeconds,
    payloadHash: raw.payloadHash,
  }
}

const fieldNames: ReadonlySet<string> = new Set(['Credential', 'SignedHeaders', 'Signature'])

/** Reads `Credential=…, SignedHeaders=…, Signature=…`, with or without blanks after the commas. */
function parseFields(text: string): Map<string, string> | undefined {
  const fields = new Map<string, string>()
  for (const part of text.split(',')) {
    const equals = part.indexOf('=')
    const name = trimBlanks(part.slice(0, Math.max(equals, 0)))
    if (!fieldNames.has(name) || fields.has(name)) return undefined
    fields.set(name, trimBlanks(part.slice(equals + 1)))
  }
  return fields
}

/** Reads an Authorization header and what belongs to it. */
export function parseAuthorizationHeader(
  authorization: string,
  headers: ReadonlyMap<string, string>,
): SignatureClaim | Refusal {
  if (!authorization.startsWith(`${algorithm} `)) {
    return refuse(
      'InvalidRequest',
      'The authorization mechanism is not supported. Please use AWS4-HMAC-SHA256.',
    )
  }
  const fields = parseFields(authorization.slice(algorithm.length + 1))
  if (!fields) {
    return refuse('AuthorizationHeaderMalformed', 'The Authorization header is malformed.')
  }
  return checkClaim(
    {
      credential: fields.get('Credential'),
      signedHeaders: fields.get('SignedHeaders'),
      signature: fields.get('Signature'),
      amzDate: headers.get('x-amz-date'),
      sessionToken: headers.get('x-amz-security-token'),
      expirySeconds: undefined,
      payloadHash: undefined,
    },
    'AuthorizationHeaderMalformed',
  )
}

const presignNames: ReadonlySet<string> = new Set([
  'X-Amz-Algorithm',
  'X-Amz-Content-Sha256',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
])

/** The same in lower case, and the parameters of version 2. */
const claimingNames: ReadonlySet<string> = new Set(
  [...presignNames, 'AWSAccessKeyId', 'Signature'].map((name) => name.toLowerCase()),
)

/** Whether a query claims a signature, of whatever version and in whatever case. */
export function claimsQuerySignature(query: readonly QueryPair[]): boolean {
  return query.some(([name]) => claimingNames.has(name.toLowerCase()))
}

/** Reads the signature parameters of a presigned URL. */
export function parsePresignedQuery(query: readonly QueryPair[]): SignatureClaim | Refusal {
  const code = 'AuthorizationQueryParametersError'
  const fields = new Map<string, string>()
  for (const [name, value] of query) {
    if (!claimingNames.has(name.toLowerCase())) continue
    if (!presignNames.has(name))
      return refuse(code, `${name} is not spelt as a signature spells it.`)
    if (fields.has(name)) return refuse(code, `${name} stands in the query twice.`)
    fields.set(name, value)
  }
  if (fields.get('X-Amz-Algorithm') !== algorithm) {
    return refuse(code, `X-Amz-Algorithm only supports ${algorithm}.`)
  }
  const expires = fields.get('X-Amz-Expires') ?? ''
  const expirySeconds = expiryDigits.test(expires) ? Number(expires) : 0
  if (expirySeconds < 1 || expirySeconds > maxPresignSeconds) {
    return refuse(code, `X-Amz-Expires must be from 1 to ${maxPresignSeconds} seconds.`)
  }
  return checkClaim(
    {
      credential: fields.get('X-Amz-Credential'),
      signedHeaders: fields.get('X-Amz-SignedHeaders'),
      signature: fields.get('X-Amz-Signature'),
      amzDate: fields.get('X-Amz-Date'),
      sessionToken: fields.get('X-Amz-Security-Token'),
      expirySeconds,
      payloadHash: fields.get('X-Amz-Content-Sha256'),
    },
    code,
  )
}

/** The headers by name, copies joined by `,`; or the name of one that must not be repeated. */
export function headerMap(headers: readonly HeaderPair[]): Map<string, string> | string {
  const map = new Map<string, string>()
  for (const [name, value] of headers) {
    const earlier = map.get(name)
    if (earlier !== undefined && standsOnce(name)) return name
    map.set(name, earlier === undefined ? value : `${earlier},${value}`)
  }
  return map
}
