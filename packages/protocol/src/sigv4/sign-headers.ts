import { canonicalHeaderValue, canonicalRequest, type CanonicalHeaders } from './canonical.ts'
import { sha256Hex } from './hash.ts'
import { stringToSign, type SigningKey } from './signing-key.ts'
import { algorithm } from './types.ts'

/**
 * Headers that a signature must not cover: proxies rewrite, add or drop them on the way
 * (GCS rewrites Accept-Encoding, load balancers Expect and Connection), or the HTTP stack
 * sets them behind the signer. Everything else is signed, above all `host`,
 * `content-type`, `content-md5` and every `x-amz-*`: hardened stores refuse those unsigned.
 */
const unsignedHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'expect',
  'from',
  'keep-alive',
  'max-forwards',
  'pragma',
  'proxy-authenticate',
  'proxy-authorization',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
  'x-amzn-trace-id',
])

/** Header names in lower case, values as they are sent. */
export type HeaderRecord = Readonly<Record<string, string>>

export function canonicalSignedHeaders(headers: HeaderRecord): CanonicalHeaders {
  let block = ''
  let signedHeaders = ''
  for (const name of Object.keys(headers).sort()) {
    const value = headers[name]
    if (value === undefined || unsignedHeaders.has(name)) continue
    block += `${name}:${canonicalHeaderValue(value)}\n`
    signedHeaders += signedHeaders === '' ? name : `;${name}`
  }
  return { block, signedHeaders }
}

/** What `signHeaders` covers. */
export interface HeaderSigningInput {
  readonly method: string
  /** The encoded path, exactly as it is sent. */
  readonly path: string
  /** The canonical query, exactly as it is sent; empty for none. */
  readonly query: string
  /** All headers of the request; `host`, `x-amz-date` and `x-amz-content-sha256` among them. */
  readonly headers: HeaderRecord
  /** `x-amz-date`. */
  readonly amzDate: string
  /** `x-amz-content-sha256`. */
  readonly payloadHash: string
}

/** A signature, and the header that carries it. */
export interface HeaderSignature {
  readonly authorization: string
  /** Seeds the chain of `aws-chunked` signatures. */
  readonly signature: string
}

/** Signs a request by its Authorization header (AWS Signature Version 4). */
export function signHeaders(
  key: SigningKey,
  accessKey: string,
  input: HeaderSigningInput,
): HeaderSignature {
  const headers = canonicalSignedHeaders(input.headers)
  const request = canonicalRequest(
    input.method,
    input.path,
    input.query,
    headers,
    input.payloadHash,
  )
  const signature = key.sign(stringToSign(input.amzDate, key.credentialScope, sha256Hex(request)))
  const authorization =
    `${algorithm} Credential=${accessKey}/${key.credentialScope}, ` +
    `SignedHeaders=${headers.signedHeaders}, Signature=${signature}`
  return { authorization, signature }
}
