import { formatHttpDate, metadataPrefix, type RequestHeader } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { IncomingRequest } from '../http/incoming.ts'
import type { ReplyHeader } from '../http/reply.ts'
import type { HeaderValue, ObjectLock, ObjectRecord } from '../store/object-record.ts'
import { formatTags, parseTags } from './tags.ts'

/** Headers that are stored and given back as they came. */
const keptHeaders: readonly RequestHeader[] = [
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
]

/** As AWS, and MinIO since its pull request 11508, say of what came without one. */
const defaultContentType = 'binary/octet-stream'

/** What the headers of an upload say of the object. */
export interface ObjectAttributes {
  readonly headers: readonly HeaderValue[]
  readonly metadata: readonly HeaderValue[]
  readonly storageClass: string
  readonly tagging: string | undefined
}

/** @throws S3Failure when a header is refused, or asks for something that is not there */
export function readObjectAttributes(request: IncomingRequest): ObjectAttributes {
  refuseAccessLists(request)
  return {
    headers: contentHeaders(request),
    metadata: userMetadata(request),
    storageClass: storageClassOf(request),
    tagging: taggingOf(request),
  }
}

function contentHeaders(request: IncomingRequest): readonly HeaderValue[] {
  const headers: HeaderValue[] = [
    ['content-type', request.header('content-type') || defaultContentType],
  ]
  const encoding = contentEncoding(request)
  if (encoding !== '') headers.push(['content-encoding', encoding])
  for (const name of keptHeaders) {
    const value = request.header(name)
    if (value !== undefined && value !== '') headers.push([name, value])
  }
  return headers
}

/** `aws-chunked` is the framing of this one transfer, not a property of the object. */
function contentEncoding(request: IncomingRequest): string {
  const codings = (request.header('content-encoding') ?? '').split(',')
  const kept = codings.map((coding) => coding.trim()).filter((coding) => coding !== 'aws-chunked')
  return kept.join(',')
}

/** S3 limits names and values together. */
const maxMetadataBytes = 2048

function userMetadata(request: IncomingRequest): readonly HeaderValue[] {
  const metadata: HeaderValue[] = []
  let sizeBytes = 0
  for (const [header, value] of request.headersOf(metadataPrefix)) {
    const name = header.slice(metadataPrefix.length)
    if (name === '') throw new S3Failure('InvalidArgument', { message: 'Metadata without a name.' })
    sizeBytes += name.length + value.length
    metadata.push([name, value])
  }
  if (sizeBytes > maxMetadataBytes) throw new S3Failure('MetadataTooLarge')
  return metadata
}

const storageClasses: ReadonlySet<string> = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
])

export const defaultStorageClass = 'STANDARD'

function storageClassOf(request: IncomingRequest): string {
  const name = request.header('x-amz-storage-class') ?? defaultStorageClass
  if (!storageClasses.has(name)) throw new S3Failure('InvalidStorageClass')
  return name
}

function taggingOf(request: IncomingRequest): string | undefined {
  const text = request.header('x-amz-tagging')
  return text === undefined || text === '' ? undefined : formatTags(parseTags(text))
}

/** The access lists that say what is the case anyway: the owner alone. */
const ownerOnly: ReadonlySet<string> = new Set(['private', 'bucket-owner-full-control'])

/** @throws S3Failure AccessControlListNotSupported, like S3 where the bucket owner owns all */
export function refuseAccessLists(request: IncomingRequest): void {
  const isOwnerOnly = ownerOnly.has(request.header('x-amz-acl') ?? 'private')
  if (!isOwnerOnly || request.headersOf('x-amz-grant-').length > 0) {
    throw new S3Failure('AccessControlListNotSupported')
  }
}

/** The headers of GET and HEAD that tell of the object. */
export function objectHeaders(record: ObjectRecord): ReplyHeader[] {
  const headers: ReplyHeader[] = [
    ['accept-ranges', 'bytes'],
    ['etag', `"${record.etag}"`],
    ['last-modified', formatHttpDate(new Date(record.lastModifiedMs))],
    ...record.headers,
  ]
  for (const [name, value] of record.metadata) headers.push([metadataPrefix + name, value])
  if (record.storageClass !== defaultStorageClass) {
    headers.push(['x-amz-storage-class', record.storageClass])
  }
  if (record.tagging !== undefined) {
    headers.push(['x-amz-tagging-count', String(record.tagging.split('&').length)])
  }
  headers.push(...lockHeaders(record.lock))
  return headers
}

function lockHeaders(lock: ObjectLock | undefined): readonly ReplyHeader[] {
  const headers: ReplyHeader[] = []
  if (lock?.mode !== undefined && lock.retainUntilMs !== undefined) {
    const until = new Date(lock.retainUntilMs).toISOString()
    headers.push(['x-amz-object-lock-mode', lock.mode])
    headers.push(['x-amz-object-lock-retain-until-date', until])
  }
  if (lock?.legalHold !== undefined) {
    headers.push(['x-amz-object-lock-legal-hold', lock.legalHold ? 'ON' : 'OFF'])
  }
  return headers
}

/** Checksums of an object, or of a part of one. */
export type Checksummed = Pick<ObjectRecord, 'checksums' | 'checksumType'>

export function checksumHeaders({ checksums, checksumType }: Checksummed): readonly ReplyHeader[] {
  if (checksums.length === 0) return []
  return [...checksums, ['x-amz-checksum-type', checksumType ?? 'FULL_OBJECT']]
}
