import { createHash } from 'node:crypto'

import { encodeKeyPath } from '@stowage/protocol'

import { md5Of, type Fields } from '../s3-model.ts'
import type { Choice, Draft, Row } from './choice.ts'

/** A header value has one character per byte. */
function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** What uploads of all kinds may say of the object. */
export function attributes(choice: Choice): Record<string, string> {
  return choice.headers([
    [0.3, 'content-type', () => choice.pick(['text/plain', 'image/png; q=1', ''])],
    [0.1, 'content-encoding', () => choice.pick(['gzip', 'aws-chunked,br'])],
    [0.1, 'cache-control', () => 'no-cache, max-age=3'],
    [0.05, 'content-disposition', () => 'attachment; filename="a;b.txt"'],
    [0.05, 'content-language', () => 'de, en'],
    [0.05, 'expires', () => 'Thu, 01 Dec 2033 16:00:00 GMT'],
    [0.2, 'x-amz-meta-a', () => choice.mostly(['1', utf8('grün'), 'a  b'], ['x'.repeat(2048)])],
    [0.1, 'x-amz-meta-b-c', () => '=?x?= "quoted"'],
    [
      0.1,
      'x-amz-storage-class',
      () => choice.mostly(['STANDARD', 'STANDARD_IA', 'GLACIER_IR'], ['NONE'], 0.2),
    ],
    [0.2, 'x-amz-tagging', () => tagHeader(choice)],
    [0.04, 'x-amz-server-side-encryption', () => choice.mostly(['AES256'], ['ROT13'], 0.1)],
    [0.02, 'x-amz-acl', () => choice.pick(['private', 'public-read'])],
    [0.02, 'x-amz-website-redirect-location', () => '/elsewhere'],
    [0.06, 'x-amz-object-lock-mode', () => choice.mostly(['GOVERNANCE', 'COMPLIANCE'], ['NONE'])],
    [0.06, 'x-amz-object-lock-retain-until-date', () => choice.until()],
    [0.03, 'x-amz-object-lock-legal-hold', () => choice.mostly(['ON', 'OFF'], ['maybe'], 0.1)],
  ])
}

function tagHeader(choice: Choice): string {
  const pairs = choice.tags().map(([key, value]): [string, string] => [key, value])
  return new URLSearchParams(pairs).toString()
}

function writeConditions(choice: Choice, bucket: string, key: string): Record<string, string> {
  return choice.headers([
    [0.1, 'if-match', () => choice.etag(bucket, key)],
    [0.1, 'if-none-match', () => choice.mostly(['*'], [`"${md5Of(choice.body())}"`], 0.1)],
  ])
}

/** The conditions of a read; with a prefix those on the source of a copy. */
export function readConditions(
  choice: Choice,
  { bucket, key }: { bucket: string; key: string },
  prefix = '',
): Record<string, string> {
  return choice.headers([
    [0.08, `${prefix}if-match`, () => choice.etag(bucket, key)],
    [0.08, `${prefix}if-none-match`, () => choice.etag(bucket, key)],
    [0.08, `${prefix}if-modified-since`, () => choice.date()],
    [0.08, `${prefix}if-unmodified-since`, () => choice.date()],
  ])
}

export function digests(choice: Choice, body: Buffer): Record<string, string> {
  const md5 = Buffer.from(md5Of(body), 'hex').toString('base64')
  const sha256 = (): string => createHash('sha256').update(body).digest('base64')
  return choice.headers([
    [0.2, 'content-md5', () => choice.mostly([md5], ['bogus', `${'A'.repeat(22)}==`], 0.1)],
    [0.1, 'x-amz-checksum-sha256', () => (choice.chance(0.1) ? `${'A'.repeat(43)}=` : sha256())],
  ])
}

function putObject(choice: Choice): Draft {
  const { bucket, key } = choice.place()
  const body = choice.body()
  const conditions = writeConditions(choice, bucket, key)
  const headers = { ...attributes(choice), ...conditions, ...digests(choice, body) }
  const query = choice.chance(0.01) ? { versionId: 'null' } : {}
  return { method: 'PUT', bucket, key, headers, query, body }
}

function read(method: 'GET' | 'HEAD') {
  return (choice: Choice): Draft => {
    const { bucket, key } = choice.place()
    const ranges = ['bytes=0-0', 'bytes=1-', 'bytes=-3', 'bytes=0-99999', 'bytes=4000-4200']
    const headers = {
      ...readConditions(choice, { bucket, key }),
      ...choice.headers([
        [
          0.3,
          'range',
          () =>
            choice.mostly(
              ranges,
              ['bytes=5-2', 'bytes=-0', 'bytes=-', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=90000-'],
              0.2,
            ),
        ],
        [0.3, 'x-amz-checksum-mode', () => 'ENABLED'],
      ]),
    }
    const query = {
      ...choice.version(bucket, key),
      ...choice.headers([
        [0.1, 'partNumber', () => choice.mostly(['1', '2', '7'], ['0', '10001', 'x'], 0.2)],
        [0.05, 'response-content-type', () => 'text/html'],
        [0.05, 'response-cache-control', () => 'no-store'],
      ]),
    }
    return { method, bucket, key, headers, query }
  }
}

function deleteObject(choice: Choice): Draft {
  const { bucket, key } = choice.place()
  const headers = choice.headers([
    [0.05, 'if-match', () => choice.etag(bucket, key)],
    [0.4, 'x-amz-bypass-governance-retention', () => 'true'],
  ])
  return { method: 'DELETE', bucket, key, headers, query: choice.version(bucket, key, 0.5) }
}

function deleteObjects(choice: Choice): Draft {
  const bucket = choice.bucket()
  const count = choice.mostly([1, 2, 3, 5], [0], 0.05)
  const entries = Array.from({ length: count }, (): Fields => {
    const key = choice.key(bucket)
    const { versionId } = choice.version(bucket, key)
    const etag = choice.chance(0.1) ? choice.etag(bucket, key) : undefined
    const size = choice.chance(0.05) ? String(choice.body().length) : undefined
    return {
      Key: key,
      VersionId: versionId === '' ? undefined : versionId,
      ETag: etag === '"' ? undefined : etag,
      Size: size,
    }
  })
  const fields = { Quiet: choice.pick(['true', 'false', undefined]), Object: entries }
  return {
    method: 'POST',
    bucket,
    query: { delete: '' },
    headers: choice.headers([[0.4, 'x-amz-bypass-governance-retention', () => 'true']]),
    document: choice.mostly<Draft['document']>([{ root: 'Delete', fields }], ['<Delete>', 'no']),
  }
}

/** `x-amz-copy-source` for some object, perhaps one of its versions. */
export function copySource(choice: Choice, source: { bucket: string; key: string }): string {
  const { bucket, key } = source
  const path = `${choice.pick(['', '/'])}${bucket}/${encodeKeyPath(key)}`
  const { versionId } = choice.version(bucket, key)
  const location = versionId === undefined ? path : `${path}?versionId=${versionId}`
  return choice.mostly([location], ['nowhere', `${bucket}/`], 0.02)
}

function copyObject(choice: Choice): Draft {
  const { bucket, key } = choice.place()
  const source = choice.chance(0.2) ? { bucket, key } : choice.place()
  const headers = {
    ...attributes(choice),
    ...writeConditions(choice, bucket, key),
    ...readConditions(choice, source, 'x-amz-copy-source-'),
    ...choice.headers([
      [0.3, 'x-amz-metadata-directive', () => choice.mostly(['COPY', 'REPLACE'], ['MERGE'])],
      [0.2, 'x-amz-tagging-directive', () => choice.mostly(['COPY', 'REPLACE'], ['replace'])],
    ]),
    'x-amz-copy-source': copySource(choice, source),
  }
  return { method: 'PUT', bucket, key, headers }
}

function tagging(choice: Choice): Draft {
  const { bucket, key } = choice.place()
  const method = choice.pick(['GET', 'GET', 'PUT', 'PUT', 'DELETE'] as const)
  const query = { tagging: '', ...choice.version(bucket, key) }
  if (method !== 'PUT') return { method, bucket, key, query }
  const document = choice.mostly<Draft['document']>(
    [{ root: 'Tagging', fields: choice.tagSet() }],
    ['<Tagging', { root: 'Taggins', fields: {} }],
  )
  return { method, bucket, key, query, document }
}

function retention(choice: Choice): Draft {
  const { bucket, key } = choice.place()
  const method = choice.pick(['GET', 'PUT', 'PUT'] as const)
  const query = { retention: '', ...choice.version(bucket, key) }
  if (method === 'GET') return { method, bucket, key, query }
  const headers = choice.headers([[0.4, 'x-amz-bypass-governance-retention', () => 'true']])
  const Mode = choice.mostly(['GOVERNANCE', 'GOVERNANCE', 'COMPLIANCE', undefined], ['NONE'])
  const fields = {
    Mode,
    RetainUntilDate: Mode === undefined && choice.chance(0.8) ? undefined : choice.until(),
  }
  const document = choice.mostly<Draft['document']>([{ root: 'Retention', fields }], ['<'], 0.02)
  return { method, bucket, key, query, headers, document }
}

function legalHold(choice: Choice): Draft {
  const { bucket, key } = choice.place()
  const query = { 'legal-hold': '', ...choice.version(bucket, key) }
  if (choice.chance(0.3)) return { method: 'GET', bucket, key, query }
  const fields = { Status: choice.mostly(['ON', 'OFF', 'OFF'], ['on', undefined]) }
  return { method: 'PUT', bucket, key, query, document: { root: 'LegalHold', fields } }
}

function objectAttributes(choice: Choice): Draft {
  const { bucket, key } = choice.place()
  const wanted = choice.mostly(
    ['ETag', 'ETag,Checksum,ObjectParts,StorageClass,ObjectSize', 'ObjectSize,ObjectParts'],
    ['Nothing', ''],
  )
  const headers = { 'x-amz-object-attributes': wanted }
  return {
    method: 'GET',
    bucket,
    key,
    query: { attributes: '', ...choice.version(bucket, key) },
    headers,
  }
}

export const objectRequests: readonly Row[] = [
  [22, putObject],
  [12, read('GET')],
  [6, read('HEAD')],
  [9, deleteObject],
  [3, deleteObjects],
  [9, copyObject],
  [4, tagging],
  [3, retention],
  [2, legalHold],
  [2, objectAttributes],
]
