import { createHash } from 'node:crypto'

import type { HeaderPair, QueryPair } from '@stowage/protocol'
import type { OperationName } from '../../src/route-table.ts'

/** One well-formed request to a server in the seeded state. */
export interface ValidRequest {
  readonly method: string
  /** Encoded as it is sent. */
  readonly path: string
  readonly query?: readonly QueryPair[]
  readonly headers?: readonly HeaderPair[]
  readonly body?: string
  /** It is answered by a stream without an end. */
  readonly endless?: boolean
}

/** Ids that the seeding brought about. */
export interface Seeded {
  readonly uploadId: string
  readonly lockedVersion: string
}

/** What stands in the part of the seeded upload. */
export const partBody = 'content of a part'

export const present = '/attacked/present%20thing'

export function md5Of(text: string): string {
  return createHash('md5').update(text).digest('base64')
}

const md5Header = (body: string): HeaderPair => ['content-md5', md5Of(body)]

const tags = '<Tagging><TagSet><Tag><Key>team</Key><Value>red</Value></Tag></TagSet></Tagging>'

const encryption =
  '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>' +
  'AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>' +
  '</ServerSideEncryptionConfiguration>'

const cors =
  '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>' +
  'https://example.com</AllowedOrigin></CORSRule></CORSConfiguration>'

const lock =
  '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>' +
  '<Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>'

/** Allows somebody something, so that every request is judged by a policy, too. */
export const policy: string = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'alice' },
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::attacked/*',
    },
  ],
})

const retention =
  '<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2027-01-01T00:00:00Z</RetainUntilDate>' +
  '</Retention>'

const selection =
  '<SelectObjectContentRequest><Expression>SELECT * FROM S3Object</Expression><ExpressionType>SQL' +
  '</ExpressionType><InputSerialization><CSV/></InputSerialization><OutputSerialization><CSV/>' +
  '</OutputSerialization></SelectObjectContentRequest>'

type Query = readonly QueryPair[]

const bucket = (method: string, query: Query, body = ''): ValidRequest => ({
  method,
  path: '/attacked',
  query,
  body,
  headers: body === '' ? [] : [md5Header(body)],
})

const object = (method: string, query: Query, body = ''): ValidRequest => ({
  ...bucket(method, query, body),
  path: present,
})

const locked = (method: string, query: Query, body = ''): ValidRequest => ({
  ...bucket(method, query, body),
  path: '/locked/held',
})

type Requests = (seeded: Seeded) => readonly ValidRequest[]

/** Valid requests of every operation; a new operation needs a row. PostObject is a form. */
export const validRequests: Readonly<Record<OperationName, Requests>> = {
  ListBuckets: () => [{ method: 'GET', path: '/' }],
  ListenNotification: () => [
    { method: 'GET', path: '/', query: [['events', 's3:ObjectCreated:*']], endless: true },
  ],
  CreateBucket: () => [
    {
      method: 'PUT',
      path: '/created',
      headers: [['x-amz-bucket-object-lock-enabled', 'true']],
    },
  ],
  HeadBucket: () => [bucket('HEAD', [])],
  DeleteBucket: () => [
    { method: 'DELETE', path: '/empty' },
    { method: 'DELETE', path: '/attacked', headers: [['x-minio-force-delete', 'true']] },
    // Refused for what is in it, until somebody adds that header.
    { method: 'DELETE', path: '/attacked' },
  ],
  ListObjects: () => [
    bucket('GET', [
      ['prefix', 'p'],
      ['max-keys', '2'],
    ]),
  ],
  ListObjectsV2: () => [
    bucket('GET', [
      ['list-type', '2'],
      ['delimiter', '/'],
    ]),
  ],
  GetBucketLocation: () => [bucket('GET', [['location', '']])],
  GetBucketVersioning: () => [bucket('GET', [['versioning', '']])],
  PutBucketVersioning: () => [
    bucket(
      'PUT',
      [['versioning', '']],
      '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    ),
  ],
  GetBucketNotification: () => [bucket('GET', [['notification', '']])],
  PutBucketNotification: () => [
    bucket('PUT', [['notification', '']], '<NotificationConfiguration/>'),
  ],
  ListenBucketNotification: () => [
    { ...bucket('GET', [['events', 's3:ObjectCreated:*']]), endless: true },
  ],
  GetBucketEncryption: () => [{ ...bucket('GET', [['encryption', '']]), path: '/empty' }],
  PutBucketEncryption: () => [bucket('PUT', [['encryption', '']], encryption)],
  DeleteBucketEncryption: () => [{ ...bucket('DELETE', [['encryption', '']]), path: '/empty' }],
  ListObjectVersions: () => [bucket('GET', [['versions', '']])],
  DeleteObjects: () => [
    bucket(
      'POST',
      [['delete', '']],
      '<Delete><Object><Key>present thing</Key></Object><Object><Key>other</Key></Object></Delete>',
    ),
  ],
  PostObject: () => [],
  GetBucketPolicy: () => [bucket('GET', [['policy', '']])],
  GetBucketPolicyStatus: () => [bucket('GET', [['policyStatus', '']])],
  PutBucketPolicy: () => [bucket('PUT', [['policy', '']], policy.replace('alice', 'bob'))],
  DeleteBucketPolicy: () => [bucket('DELETE', [['policy', '']])],
  GetBucketCors: () => [bucket('GET', [['cors', '']])],
  PutBucketCors: () => [bucket('PUT', [['cors', '']], cors.replace('GET', 'HEAD'))],
  DeleteBucketCors: () => [bucket('DELETE', [['cors', '']])],
  GetBucketTagging: () => [bucket('GET', [['tagging', '']])],
  PutBucketTagging: () => [bucket('PUT', [['tagging', '']], tags.replace('red', 'blue'))],
  DeleteBucketTagging: () => [bucket('DELETE', [['tagging', '']])],
  GetObjectLockConfiguration: () => [{ ...bucket('GET', [['object-lock', '']]), path: '/locked' }],
  PutObjectLockConfiguration: () => [
    { ...bucket('PUT', [['object-lock', '']], lock), path: '/locked' },
  ],
  ListMultipartUploads: () => [bucket('GET', [['uploads', '']])],

  PutObject: () => [
    {
      ...object('PUT', [], 'content that replaces another'),
      headers: [
        ['cache-control', 'max-age=60'],
        ['content-disposition', 'attachment'],
        ['content-type', 'text/plain'],
        ['x-amz-meta-colour', 'red'],
        ['x-amz-storage-class', 'STANDARD_IA'],
        ['x-amz-tagging', 'team=blue'],
      ],
    },
    { ...object('PUT', [], 'new'), path: '/attacked/new', headers: [['if-none-match', '*']] },
  ],
  GetObject: () => [
    {
      ...object('GET', [['response-content-type', 'text/css']]),
      headers: [['range', 'bytes=1-3']],
    },
  ],
  HeadObject: ({ lockedVersion }) => [locked('HEAD', [['versionId', lockedVersion]])],
  DeleteObject: ({ lockedVersion }) => [
    object('DELETE', []),
    {
      ...locked('DELETE', [['versionId', lockedVersion]]),
      headers: [['x-amz-bypass-governance-retention', 'true']],
    },
    // Refused for its retention, until somebody adds that header.
    locked('DELETE', [['versionId', lockedVersion]]),
  ],
  CopyObject: () => [
    {
      method: 'PUT',
      path: '/attacked/copied',
      headers: [
        ['x-amz-copy-source', '/attacked/other'],
        ['x-amz-copy-source-if-match', `"${createHash('md5').update('other').digest('hex')}"`],
        ['x-amz-metadata-directive', 'REPLACE'],
        ['x-amz-meta-shape', 'round'],
      ],
    },
    {
      method: 'PUT',
      path: '/attacked/copied',
      headers: [['x-amz-copy-source', 'attacked/present thing']],
    },
  ],
  CreateMultipartUpload: () => [
    {
      ...object('POST', [['uploads', '']]),
      headers: [
        ['content-type', 'text/plain'],
        ['x-amz-checksum-algorithm', 'CRC32'],
      ],
    },
  ],
  UploadPart: ({ uploadId }) => [
    object(
      'PUT',
      [
        ['partNumber', '2'],
        ['uploadId', uploadId],
      ],
      'another part',
    ),
  ],
  UploadPartCopy: ({ uploadId }) => [
    {
      ...object('PUT', [
        ['partNumber', '3'],
        ['uploadId', uploadId],
      ]),
      headers: [
        ['x-amz-copy-source', '/attacked/other'],
        ['x-amz-copy-source-range', 'bytes=0-2'],
      ],
    },
  ],
  ListParts: ({ uploadId }) => [object('GET', [['uploadId', uploadId]])],
  CompleteMultipartUpload: ({ uploadId }) => [
    object(
      'POST',
      [['uploadId', uploadId]],
      `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${createHash('md5')
        .update(partBody)
        .digest('hex')}</ETag></Part></CompleteMultipartUpload>`,
    ),
  ],
  AbortMultipartUpload: ({ uploadId }) => [object('DELETE', [['uploadId', uploadId]])],
  GetObjectAttributes: () => [
    {
      ...object('GET', [['attributes', '']]),
      headers: [['x-amz-object-attributes', 'ETag,ObjectSize']],
    },
  ],
  GetObjectTagging: () => [object('GET', [['tagging', '']])],
  PutObjectTagging: () => [object('PUT', [['tagging', '']], tags.replace('red', 'blue'))],
  DeleteObjectTagging: () => [object('DELETE', [['tagging', '']])],
  GetObjectRetention: () => [locked('GET', [['retention', '']])],
  PutObjectRetention: () => [
    {
      ...locked('PUT', [['retention', '']], retention),
      headers: [md5Header(retention), ['x-amz-bypass-governance-retention', 'true']],
    },
  ],
  GetObjectLegalHold: () => [locked('GET', [['legal-hold', '']])],
  PutObjectLegalHold: () => [
    locked('PUT', [['legal-hold', '']], '<LegalHold><Status>ON</Status></LegalHold>'),
  ],
  SelectObjectContent: () => [
    object(
      'POST',
      [
        ['select', ''],
        ['select-type', '2'],
      ],
      selection,
    ),
  ],
}

/** What the seeding sends, in this order, before it knows an id. */
export const seedingRequests: readonly ValidRequest[] = [
  { method: 'PUT', path: '/attacked' },
  { method: 'PUT', path: '/empty' },
  { method: 'PUT', path: '/locked', headers: [['x-amz-bucket-object-lock-enabled', 'true']] },
  bucket('PUT', [['policy', '']], policy),
  bucket('PUT', [['cors', '']], cors),
  bucket('PUT', [['tagging', '']], tags),
  {
    ...object('PUT', [], 'content that was there before'),
    headers: [
      ['content-type', 'image/png'],
      ['x-amz-meta-colour', 'green'],
      ['x-amz-tagging', 'team=red'],
    ],
  },
  { method: 'PUT', path: '/attacked/other', body: 'other' },
  { ...bucket('PUT', [['encryption', '']], encryption), path: '/empty' },
]

export const startUpload: ValidRequest = object('POST', [['uploads', '']])

export const putLocked: ValidRequest = {
  method: 'PUT',
  path: '/locked/held',
  body: 'held',
  headers: [
    md5Header('held'),
    ['x-amz-object-lock-mode', 'GOVERNANCE'],
    ['x-amz-object-lock-retain-until-date', '2026-06-01T00:00:00Z'],
    ['x-amz-object-lock-legal-hold', 'OFF'],
  ],
}
