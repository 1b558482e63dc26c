/**
 * What happens to a header that the signature of its request does not cover:
 *
 * - `refused`: the whole request is refused
 * - `ignored`: the request is served as if the header were absent
 * - `used`: the header takes effect
 */
export type Unsigned = 'refused' | 'ignored' | 'used'

interface Rule {
  /** In a request with an Authorization header: only who is between client and server adds to it. */
  readonly signedRequest: Unsigned
  /** In a presigned URL: whoever holds the URL adds to it. */
  readonly presignedUrl: Unsigned
}

/** Whether a header must be signed. */
type Coverage = 'signed' | 'signed, or unsigned in a URL' | 'free, or nothing in a URL' | 'free'

const coverages: Readonly<Record<Coverage, Rule>> = {
  signed: { signedRequest: 'refused', presignedUrl: 'refused' },
  'signed, or unsigned in a URL': { signedRequest: 'refused', presignedUrl: 'used' },
  'free, or nothing in a URL': { signedRequest: 'used', presignedUrl: 'ignored' },
  free: { signedRequest: 'used', presignedUrl: 'used' },
}

/**
 * Every header that a store reads, and whether it may stand in a signed request without being
 * signed. A header that is not in this table cannot be read, so it changes nothing; those of the
 * families below it are refused nevertheless. The reasons to leave a header unsigned are those of
 * existing clients, and none of these headers widens what the signer allowed.
 */
const table = {
  // The signature always covers the host.
  host: 'signed',
  // The signature itself.
  authorization: 'free',

  // The framing of HTTP, which proxies change. What it frames is compared with the signed hash.
  'content-length': 'free',
  'transfer-encoding': 'free',

  // These only narrow: the body must match, the answer is a part or a refusal. Who adds one could
  // as well send nothing. PHP's client of AWS signs neither ranges nor conditions; browsers add
  // both to a URL that they are given.
  'content-md5': 'free',
  'if-match': 'free',
  'if-modified-since': 'free',
  'if-none-match': 'free',
  'if-unmodified-since': 'free',
  range: 'free',

  // Browsers add it to every upload, and minio-js, PHP's client of AWS and old clients in Go do not
  // sign it. A signer who cares about the type of an upload signs it.
  'content-type': 'free',
  // AWS's client for JavaScript never signs it. Browsers add it to a URL on their own account, when
  // they reload or bypass their cache: then nobody meant it for the object.
  'cache-control': 'free, or nothing in a URL',
  // What else is stored with an object; all clients sign it.
  'content-disposition': 'signed',
  'content-encoding': 'signed',
  'content-language': 'signed',
  expires: 'signed',

  // These decide which page of another site may read the answer, never what is done.
  'access-control-request-headers': 'free',
  'access-control-request-method': 'free',
  origin: 'free',
  // What a sender says of itself, for policies that ask. No client signs them.
  referer: 'free',
  'user-agent': 'free',

  // A promise about the body. Where it is not signed it is kept as well: the body must match.
  'x-amz-content-sha256': 'signed, or unsigned in a URL',
  'x-amz-acl': 'signed',
  'x-amz-bucket-object-lock-enabled': 'signed',
  'x-amz-bypass-governance-retention': 'signed',
  'x-amz-checksum-algorithm': 'signed',
  'x-amz-checksum-mode': 'signed',
  'x-amz-checksum-type': 'signed',
  'x-amz-copy-source': 'signed',
  'x-amz-copy-source-if-match': 'signed',
  'x-amz-copy-source-if-modified-since': 'signed',
  'x-amz-copy-source-if-none-match': 'signed',
  'x-amz-copy-source-if-unmodified-since': 'signed',
  'x-amz-copy-source-range': 'signed',
  'x-amz-copy-source-server-side-encryption-customer-algorithm': 'signed',
  'x-amz-copy-source-server-side-encryption-customer-key': 'signed',
  'x-amz-copy-source-server-side-encryption-customer-key-md5': 'signed',
  'x-amz-date': 'signed',
  'x-amz-decoded-content-length': 'signed',
  'x-amz-grant-full-control': 'signed',
  'x-amz-grant-read': 'signed',
  'x-amz-grant-read-acp': 'signed',
  'x-amz-grant-write': 'signed',
  'x-amz-grant-write-acp': 'signed',
  'x-amz-max-parts': 'signed',
  'x-amz-meta-snowball-auto-extract': 'signed',
  'x-amz-metadata-directive': 'signed',
  'x-amz-mp-object-size': 'signed',
  'x-amz-object-attributes': 'signed',
  'x-amz-object-lock-legal-hold': 'signed',
  'x-amz-object-lock-mode': 'signed',
  'x-amz-object-lock-retain-until-date': 'signed',
  'x-amz-part-number-marker': 'signed',
  'x-amz-rename-source': 'signed',
  'x-amz-sdk-checksum-algorithm': 'signed',
  'x-amz-security-token': 'signed',
  'x-amz-server-side-encryption': 'signed',
  'x-amz-server-side-encryption-aws-kms-key-id': 'signed',
  'x-amz-server-side-encryption-bucket-key-enabled': 'signed',
  'x-amz-server-side-encryption-context': 'signed',
  'x-amz-server-side-encryption-customer-algorithm': 'signed',
  'x-amz-server-side-encryption-customer-key': 'signed',
  'x-amz-server-side-encryption-customer-key-md5': 'signed',
  'x-amz-storage-class': 'signed',
  'x-amz-tagging': 'signed',
  'x-amz-tagging-directive': 'signed',
  'x-amz-trailer': 'signed',
  'x-amz-website-redirect-location': 'signed',
  'x-amz-write-offset-bytes': 'signed',
  'x-minio-force-delete': 'signed',
} as const

/** The name of a header that a store reads, in lower case. */
export type RequestHeader = keyof typeof table

/** The names of all headers that a store reads, in lower case. */
export const requestHeaders: readonly RequestHeader[] = Object.keys(table).filter(isRequestHeader)

/** Headers that a store reads by their prefix. */
export type HeaderFamily = 'x-amz-checksum-' | 'x-amz-grant-' | 'x-amz-meta-'

/** Prefixes under which stores take orders, those of other stores and of later versions included. */
const orderingPrefixes = ['x-amz-', 'x-minio-', 'x-rustfs-'] as const

function isRequestHeader(name: string): name is RequestHeader {
  return Object.hasOwn(table, name)
}

function isOrder(name: string): boolean {
  return orderingPrefixes.some((prefix) => name.startsWith(prefix))
}

/** What happens to an unsigned header of a signed request. */
export function ruleForUnsigned(name: string, presigned: boolean): Unsigned {
  const unknown = isOrder(name) ? 'signed' : 'free'
  const rule = coverages[isRequestHeader(name) ? table[name] : unknown]
  return presigned ? rule.presignedUrl : rule.signedRequest
}

/**
 * Whether the number of blanks within a value means something. Signatures do not count them, so a
 * copy of `a b` could be made one of `a  b`. Metadata and what describes an object are kept as they
 * were sent, blanks included: nobody is let in by them.
 */
export function countsBlanks(name: string): boolean {
  return isOrder(name) && !name.startsWith('x-amz-meta-')
}

/**
 * Whether a header may stand in a request only once. Of two copies one would be verified and the
 * other one used.
 */
export function standsOnce(name: string): boolean {
  return isRequestHeader(name) || isOrder(name)
}
