import type { RawRequest } from '../../../packages/server/test/support/raw-client.ts'

export const mebibyte: number = 1024 * 1024
export const bucket = 'stalls'
export const hook = 'arn:minio:sqs::hook:webhook'

/** An operation that reads a document. */
export interface Route {
  readonly name: string
  readonly root: string
  readonly known: string
  readonly request: RawRequest
  /** What the route reads at most. */
  readonly bytes: number
}

const put = (query: string, key?: string): RawRequest => ({
  method: 'PUT',
  bucket,
  key,
  query: { [query]: '' },
})

/** All that there are, with one known element each. */
export const routes: readonly Route[] = [
  {
    name: 'PutBucketNotification',
    root: 'NotificationConfiguration',
    known: `<QueueConfiguration><Id>a</Id><Queue>${hook}</Queue><Event>s3:ObjectCreated:Put</Event><Filter><S3Key><FilterRule><Name>prefix</Name><Value>a</Value></FilterRule></S3Key></Filter></QueueConfiguration>`,
    request: put('notification'),
    bytes: 256 * 1024,
  },
  {
    name: 'PutBucketCors',
    root: 'CORSConfiguration',
    known:
      '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>',
    request: put('cors'),
    bytes: 64 * 1024,
  },
  {
    name: 'PutBucketTagging',
    root: 'Tagging',
    known: '<TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>',
    request: put('tagging'),
    bytes: 64 * 1024,
  },
  {
    name: 'PutObjectTagging',
    root: 'Tagging',
    known: '<TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>',
    request: put('tagging', 'key'),
    bytes: 64 * 1024,
  },
  {
    name: 'PutBucketEncryption',
    root: 'ServerSideEncryptionConfiguration',
    known: '<Rule><BucketKeyEnabled>true</BucketKeyEnabled></Rule>',
    request: put('encryption'),
    bytes: 64 * 1024,
  },
  {
    name: 'PutBucketVersioning',
    root: 'VersioningConfiguration',
    known: '<Status>Enabled</Status>',
    request: put('versioning'),
    bytes: 64 * 1024,
  },
  {
    name: 'PutObjectLockConfiguration',
    root: 'ObjectLockConfiguration',
    known: '<ObjectLockEnabled>Enabled</ObjectLockEnabled>',
    request: put('object-lock'),
    bytes: 64 * 1024,
  },
  {
    name: 'PutObjectRetention',
    root: 'Retention',
    known: '<Mode>GOVERNANCE</Mode>',
    request: put('retention', 'key'),
    bytes: 64 * 1024,
  },
  {
    name: 'PutObjectLegalHold',
    root: 'LegalHold',
    known: '<Status>ON</Status>',
    request: put('legal-hold', 'key'),
    bytes: 64 * 1024,
  },
  {
    name: 'CreateBucket',
    root: 'CreateBucketConfiguration',
    known: '<LocationConstraint>us-east-1</LocationConstraint>',
    request: { method: 'PUT', bucket: 'another' },
    bytes: 64 * 1024,
  },
  {
    name: 'DeleteObjects',
    root: 'Delete',
    known: '<Object><Key>a</Key></Object>',
    request: { method: 'POST', bucket, query: { delete: '' } },
    bytes: mebibyte,
  },
  {
    name: 'CompleteMultipartUpload',
    root: 'CompleteMultipartUpload',
    known: '<Part><PartNumber>1</PartNumber><ETag>"a"</ETag></Part>',
    request: { method: 'POST', bucket, key: 'key', query: { uploadId: 'a' } },
    bytes: mebibyte,
  },
  {
    name: 'SelectObjectContent',
    root: 'SelectObjectContentRequest',
    known: '<Expression>SELECT 1 FROM S3Object</Expression>',
    request: { method: 'POST', bucket, key: 'key', query: { select: '', 'select-type': '2' } },
    bytes: mebibyte,
  },
]
