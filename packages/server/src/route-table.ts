import type { RequestHeader } from '@stowage/protocol'

/** The operations that the server has. Adding one: its name here, its row below, its file. */
export type OperationName =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'DeleteBucket'
  | 'GetBucketLocation'
  | 'GetBucketVersioning'
  | 'GetBucketNotification'
  | 'PutBucketNotification'
  | 'ListenBucketNotification'
  | 'ListenNotification'
  | 'GetBucketEncryption'
  | 'PutBucketEncryption'
  | 'DeleteBucketEncryption'
  | 'PutBucketVersioning'
  | 'ListObjectVersions'
  | 'ListObjects'
  | 'ListObjectsV2'
  | 'DeleteObjects'
  | 'PostObject'
  | 'GetBucketPolicy'
  | 'GetBucketPolicyStatus'
  | 'PutBucketPolicy'
  | 'DeleteBucketPolicy'
  | 'GetBucketCors'
  | 'PutBucketCors'
  | 'DeleteBucketCors'
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploads'
  | 'CopyObject'
  | 'GetObjectAttributes'
  | 'GetObjectTagging'
  | 'PutObjectTagging'
  | 'DeleteObjectTagging'
  | 'GetBucketTagging'
  | 'PutBucketTagging'
  | 'DeleteBucketTagging'
  | 'GetObjectLockConfiguration'
  | 'PutObjectLockConfiguration'
  | 'GetObjectRetention'
  | 'PutObjectRetention'
  | 'GetObjectLegalHold'
  | 'PutObjectLegalHold'
  | 'SelectObjectContent'

/** What a request addresses. */
export type Level = 'service' | 'bucket' | 'object'

/** The plain request: no sub-resource. */
const plain = ''

/** The header that turns a PUT into a copy. */
export const copySource: RequestHeader & 'x-amz-copy-source' = 'x-amz-copy-source'

/** The one request that a parameter and a header select together. */
export const uploadPartCopySelector: string = `uploadId&${copySource}`

type Row = readonly [level: Level, selector: string, method: string, operation: OperationName]

const rows: readonly Row[] = [
  ['service', plain, 'GET', 'ListBuckets'],
  ['service', 'events', 'GET', 'ListenNotification'],

  ['bucket', plain, 'PUT', 'CreateBucket'],
  ['bucket', plain, 'HEAD', 'HeadBucket'],
  ['bucket', plain, 'DELETE', 'DeleteBucket'],
  ['bucket', plain, 'GET', 'ListObjects'],
  ['bucket', 'list-type', 'GET', 'ListObjectsV2'],
  ['bucket', 'location', 'GET', 'GetBucketLocation'],
  ['bucket', 'versioning', 'GET', 'GetBucketVersioning'],
  ['bucket', 'notification', 'GET', 'GetBucketNotification'],
  ['bucket', 'notification', 'PUT', 'PutBucketNotification'],
  ['bucket', 'events', 'GET', 'ListenBucketNotification'],
  ['bucket', 'encryption', 'GET', 'GetBucketEncryption'],
  ['bucket', 'encryption', 'PUT', 'PutBucketEncryption'],
  ['bucket', 'encryption', 'DELETE', 'DeleteBucketEncryption'],
  ['bucket', 'versioning', 'PUT', 'PutBucketVersioning'],
  ['bucket', 'versions', 'GET', 'ListObjectVersions'],
  ['bucket', 'delete', 'POST', 'DeleteObjects'],
  ['bucket', 'uploads', 'GET', 'ListMultipartUploads'],
  ['bucket', 'tagging', 'GET', 'GetBucketTagging'],
  ['bucket', 'tagging', 'PUT', 'PutBucketTagging'],
  ['bucket', 'tagging', 'DELETE', 'DeleteBucketTagging'],
  ['bucket', 'object-lock', 'GET', 'GetObjectLockConfiguration'],
  ['bucket', 'object-lock', 'PUT', 'PutObjectLockConfiguration'],
  ['bucket', plain, 'POST', 'PostObject'],
  ['bucket', 'policy', 'GET', 'GetBucketPolicy'],
  ['bucket', 'policy', 'PUT', 'PutBucketPolicy'],
  ['bucket', 'policy', 'DELETE', 'DeleteBucketPolicy'],
  ['bucket', 'policyStatus', 'GET', 'GetBucketPolicyStatus'],
  ['bucket', 'cors', 'GET', 'GetBucketCors'],
  ['bucket', 'cors', 'PUT', 'PutBucketCors'],
  ['bucket', 'cors', 'DELETE', 'DeleteBucketCors'],

  ['object', plain, 'PUT', 'PutObject'],
  ['object', plain, 'GET', 'GetObject'],
  ['object', plain, 'HEAD', 'HeadObject'],
  ['object', plain, 'DELETE', 'DeleteObject'],
  ['object', copySource, 'PUT', 'CopyObject'],

  ['object', 'uploads', 'POST', 'CreateMultipartUpload'],
  ['object', 'uploadId', 'PUT', 'UploadPart'],
  ['object', uploadPartCopySelector, 'PUT', 'UploadPartCopy'],
  ['object', 'uploadId', 'GET', 'ListParts'],
  ['object', 'uploadId', 'POST', 'CompleteMultipartUpload'],
  ['object', 'uploadId', 'DELETE', 'AbortMultipartUpload'],

  ['object', 'attributes', 'GET', 'GetObjectAttributes'],
  ['object', 'tagging', 'GET', 'GetObjectTagging'],
  ['object', 'tagging', 'PUT', 'PutObjectTagging'],
  ['object', 'tagging', 'DELETE', 'DeleteObjectTagging'],
  ['object', 'retention', 'GET', 'GetObjectRetention'],
  ['object', 'retention', 'PUT', 'PutObjectRetention'],
  ['object', 'legal-hold', 'GET', 'GetObjectLegalHold'],
  ['object', 'legal-hold', 'PUT', 'PutObjectLegalHold'],
  ['object', 'select', 'POST', 'SelectObjectContent'],
]

type LevelRoutes = ReadonlyMap<string, ReadonlyMap<string, OperationName>>

/** Level, then sub-resource, then method. */
export const routes: Readonly<Record<Level, LevelRoutes>> = {
  service: routesOf('service'),
  bucket: routesOf('bucket'),
  object: routesOf('object'),
}

function routesOf(level: Level): LevelRoutes {
  const found = new Map<string, Map<string, OperationName>>()
  for (const [rowLevel, selector, method, operation] of rows) {
    if (rowLevel !== level) continue
    const methods = found.get(selector) ?? new Map<string, OperationName>()
    methods.set(method, operation)
    found.set(selector, methods)
  }
  return found
}

/**
 * Every query parameter that makes a request mean something else than the plain one, of Amazon S3
 * and of MinIO, also where the operation is missing: then the answer is NotImplemented. Other
 * parameters (`x-id`, say, which the AWS clients add) are not looked at.
 */
export const subresources: ReadonlySet<string> = new Set([
  'abac',
  'accelerate',
  'acl',
  'analytics',
  'append',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'events',
  'intelligent-tiering',
  'inventory',
  'lambdaArn',
  'legal-hold',
  'lifecycle',
  'list-type',
  'location',
  'logging',
  'metadataConfiguration',
  'metadataInventoryTable',
  'metadataJournalTable',
  'metadataTable',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'replication-check',
  'replication-metrics',
  'replication-reset',
  'replication-reset-status',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
  'website',
])

/** Headers that turn a plain PUT of an object into something else. */
export const selectingHeaders: readonly RequestHeader[] = [
  copySource,
  'x-amz-meta-snowball-auto-extract',
  'x-amz-rename-source',
  'x-amz-write-offset-bytes',
]
