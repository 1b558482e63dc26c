import { encodeUriComponentStrict } from '../encoding/uri.ts'
import { canonicalHeaders, canonicalRequest, encodeQuery, joinCanonicalQuery } from './canonical.ts'
import { sha256Hex } from './hash.ts'
import type { HeaderRecord } from './sign-headers.ts'
import { stringToSign, type SigningKey } from './signing-key.ts'
import { algorithm, payloadMarkers, type Credentials, type QueryPair } from './types.ts'

/** What a presigned URL covers. */
export interface PresignInput {
  readonly method: string
  /** The encoded path, exactly as it will be requested. */
  readonly path: string
  /** The request's own parameters, decoded, without those of the signature. */
  readonly query: readonly QueryPair[]
  /** Headers that the later request must send with these values; `host` among them. */
  readonly headers: HeaderRecord
  readonly amzDate: string
  readonly expirySeconds: number
  /** Absent: `UNSIGNED-PAYLOAD`, as S3 wants it. */
  readonly payloadHash?: string | undefined
}

/**
 * Signs a request in its query string. Returns the whole query, the signature last.
 */
export function presignQuery(
  key: SigningKey,
  credentials: Credentials,
  input: PresignInput,
): string {
  const headers = canonicalHeaders(Object.entries(input.headers))
  const text = joinCanonicalQuery([
    ...encodeQuery(input.query),
    ...signatureQuery(key, credentials, input, headers.signedHeaders),
  ])
  const payloadHash = input.payloadHash ?? payloadMarkers.unsigned
  const request = canonicalRequest(input.method, input.path, text, headers, payloadHash)
  const signature = key.sign(stringToSign(input.amzDate, key.credentialScope, sha256Hex(request)))
  return `${text}&X-Amz-Signature=${signature}`
}

/** The parameters of the signature, encoded and in canonical order; most are plain as they stand. */
function signatureQuery(
  key: SigningKey,
  { accessKey, sessionToken }: Credentials,
  { amzDate, expirySeconds }: PresignInput,
  signedHeaders: string,
): QueryPair[] {
  const query: QueryPair[] = [
    ['X-Amz-Algorithm', algorithm],
    ['X-Amz-Credential', `${encodeUriComponentStrict(accessKey)}%2F${key.encodedScope}`],
    ['X-Amz-Date', amzDate],
    ['X-Amz-Expires', String(expirySeconds)],
  ]
  if (sessionToken !== undefined) {
    query.push(['X-Amz-Security-Token', encodeUriComponentStrict(sessionToken)])
  }
  query.push(['X-Amz-SignedHeaders', encodeUriComponentStrict(signedHeaders)])
  return query
}
