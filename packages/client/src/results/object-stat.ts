import {
  decodeMetadata,
  parseContentRange,
  parseHttpDate,
  parseIsoDate,
  unquoteEtag,
  type HeaderPair,
} from '@stowage/protocol'
import { headerValue, type WireHeaders } from '../transport/transport.ts'
import { checksumsInHeaders, type StoredChecksums } from './stored-checksums.ts'

/** What a store says of an object. */
export interface ObjectStat extends StoredChecksums {
  readonly bucket: string
  readonly object: string
  /** Size of the whole object as it is stored, in bytes. */
  readonly sizeBytes: number
  /** Without quotes. */
  readonly etag: string | undefined
  readonly lastModified: Date | undefined
  readonly contentType: string | undefined
  /** User metadata: names in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  readonly versionId: string | undefined
  readonly isDeleteMarker: boolean
  readonly contentEncoding: string | undefined
  readonly contentDisposition: string | undefined
  readonly contentLanguage: string | undefined
  readonly cacheControl: string | undefined
  readonly expires: string | undefined
  readonly storageClass: string | undefined
  readonly tagCount: number | undefined
  /** Told to who asks by `partNumber`, of objects that came in parts. */
  readonly partsCount: number | undefined
  readonly restore: string | undefined
  readonly expiration: string | undefined
  readonly replicationStatus: string | undefined
  readonly websiteRedirectLocation: string | undefined
  readonly objectLockMode: string | undefined
  readonly objectLockRetainUntil: Date | undefined
  readonly objectLockLegalHold: string | undefined
  /** `AES256` or `aws:kms`; absent for SSE-C, which `sseCustomerAlgorithm` tells. */
  readonly sseAlgorithm: string | undefined
  readonly sseKmsKeyId: string | undefined
  readonly sseCustomerAlgorithm: string | undefined
}

const digits = /^[0-9]{1,15}$/

function count(text: string | undefined): number | undefined {
  return text !== undefined && digits.test(text) ? Number(text) : undefined
}

function* pairs(headers: WireHeaders): Generator<HeaderPair> {
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') yield [name, value]
    else if (value) for (const one of value) yield [name, one]
  }
}

/** What names an object goes into further requests: it is not the caller's fault when it cannot. */
function identifier(name: string, text: string | undefined): string | undefined {
  if (text === undefined || /^[\x20-\x7e]*$/.test(text)) return text
  throw new TypeError(`${name} holds more than printable ASCII`)
}

/** Reads the headers of HeadObject and GetObject. */
export function readObjectStat(bucket: string, object: string, headers: WireHeaders): ObjectStat {
  const get = (name: string): string | undefined => headerValue(headers, name)
  const range = parseContentRange(get('content-range') ?? '')
  const etag = identifier('etag', get('etag'))
  return {
    bucket,
    object,
    sizeBytes: range?.sizeBytes ?? count(get('content-length')) ?? 0,
    etag: etag === undefined ? undefined : unquoteEtag(etag),
    lastModified: parseHttpDate(get('last-modified') ?? ''),
    contentType: get('content-type'),
    metadata: decodeMetadata(pairs(headers)),
    versionId: identifier('x-amz-version-id', get('x-amz-version-id')),
    isDeleteMarker: get('x-amz-delete-marker') === 'true',
    contentEncoding: get('content-encoding'),
    contentDisposition: get('content-disposition'),
    contentLanguage: get('content-language'),
    cacheControl: get('cache-control'),
    expires: get('expires'),
    storageClass: get('x-amz-storage-class'),
    tagCount: count(get('x-amz-tagging-count')),
    partsCount: count(get('x-amz-mp-parts-count')),
    restore: get('x-amz-restore'),
    expiration: get('x-amz-expiration'),
    replicationStatus: get('x-amz-replication-status'),
    websiteRedirectLocation: get('x-amz-website-redirect-location'),
    objectLockMode: get('x-amz-object-lock-mode'),
    objectLockRetainUntil: parseIsoDate(get('x-amz-object-lock-retain-until-date') ?? ''),
    objectLockLegalHold: get('x-amz-object-lock-legal-hold'),
    sseAlgorithm: get('x-amz-server-side-encryption'),
    sseKmsKeyId: get('x-amz-server-side-encryption-aws-kms-key-id'),
    sseCustomerAlgorithm: get('x-amz-server-side-encryption-customer-algorithm'),
    ...checksumsInHeaders(headers),
  }
}
