import { createHash } from 'node:crypto'

import {
  checksumAlgorithms,
  copyObjectDocument,
  createChecksum,
  encodeDigest,
  isChecksumAlgorithm,
} from '@stowage/protocol'

import type { OpenEncryption } from '../encryption/key-ring.ts'
import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import type { ObjectDraft, ObjectRecord } from '../store/object-record.ts'
import type { ObjectContent } from '../store/objects.ts'
import { requireAccess, requireAction } from './access.ts'
import { announcing } from './announce.ts'
import { checksumFields } from './checksum-fields.ts'
import { writePrecondition } from './conditions.ts'
import { openCopySource, sourceHeaders, type CopySource, type OpenedSource } from './copy-source.ts'
import {
  encryptionOfUpload,
  etagOf,
  sealedWriter,
  uploadEncryptionHeaders,
} from './object-encryption.ts'
import type { Operation, OperationContext } from './operation.ts'
import { maxPutBytes } from './put-object.ts'
import { isRefusal, storeBlob } from './store-blob.ts'
import { attributesOfUpload, type UploadAttributes } from './upload-attributes.ts'
import { withDefaultRetention } from './upload-lock.ts'
import { versionHeaders } from './version-id.ts'
import { xmlReply } from './xml.ts'

export const copyObject: Operation = { action: 's3:PutObject', hasBody: false, run }

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  server.store.buckets.get(bucket)
  const plan = planCopy(context)
  const opened = await openCopySource(context)
  try {
    const draft = await draftOf(context, plan, opened)
    const record = await commit(context, plan, draft, opened)
    return resultReply(context, opened, record)
  } finally {
    opened.reader.close()
  }
}

interface CopyPlan {
  /** What the headers of the request say; they count where a directive is REPLACE. */
  readonly attributes: UploadAttributes
  readonly replacesMetadata: boolean
  readonly replacesTags: boolean
  /** Of the copy; it has nothing from its source there. */
  readonly encryption: OpenEncryption | undefined
}

function planCopy(context: OperationContext): CopyPlan {
  return {
    replacesMetadata: isReplaced(context, 'x-amz-metadata-directive'),
    replacesTags: isReplaced(context, 'x-amz-tagging-directive'),
    attributes: attributesOfUpload(context),
    encryption: encryptionOfUpload(context),
  }
}

/** @throws S3Failure InvalidArgument */
function isReplaced(
  { request }: OperationContext,
  name: 'x-amz-metadata-directive' | 'x-amz-tagging-directive',
): boolean {
  const directive = request.header(name) ?? 'COPY'
  if (directive === 'COPY' || directive === 'REPLACE') return directive === 'REPLACE'
  throw new S3Failure('InvalidArgument', {
    message: 'Unknown metadata directive.',
    extra: { ArgumentName: name, ArgumentValue: directive },
  })
}

async function draftOf(
  context: OperationContext,
  plan: CopyPlan,
  opened: OpenedSource,
): Promise<ObjectDraft> {
  const { record, source } = opened
  const { attributes, encryption, replacesMetadata, replacesTags } = plan
  if (record.sizeBytes > maxPutBytes) {
    throw new S3Failure('InvalidRequest', {
      message:
        'The specified copy source is larger than the maximum allowable size for a copy ' +
        `source: ${maxPutBytes}`,
    })
  }
  const staysPlain = encryption === undefined && record.encryption === undefined
  if (!replacesMetadata && staysPlain) refuseSameCopy(context, source, record, attributes)
  if (!replacesTags && record.tagging !== undefined) requireTagAccess(context, source)
  const { server, bucket } = context
  const described = replacesMetadata ? attributes : copiedMetadata(record, attributes)
  return {
    headers: described.headers,
    metadata: described.metadata,
    storageClass: attributes.storageClass,
    tagging: replacesTags ? attributes.tagging : record.tagging,
    lock: withDefaultRetention(server, bucket, attributes.lock),
    etag: record.etag,
    parts: record.parts,
    encryption: encryption?.encryption,
    ...(await checksumsOf(context, opened)),
  }
}

const redirect = 'x-amz-website-redirect-location'

/** Everything but the redirect, which S3 does not copy. */
function copiedMetadata(
  record: ObjectRecord,
  attributes: UploadAttributes,
): Pick<ObjectDraft, 'headers' | 'metadata'> {
  const own = attributes.headers.filter(([name]) => name === redirect)
  const copied = record.headers.filter(([name]) => name !== redirect)
  return { headers: [...copied, ...own], metadata: record.metadata }
}

/** @throws S3Failure InvalidRequest */
function refuseSameCopy(
  { bucket, key }: OperationContext,
  source: CopySource,
  record: ObjectRecord,
  { storageClass, headers }: UploadAttributes,
): void {
  // An older version may be copied to its own key: that brings it back.
  if (source.bucket !== bucket || source.key !== key || source.versionId !== undefined) return
  if (storageClass !== record.storageClass || headers.some(([name]) => name === redirect)) return
  throw new S3Failure('InvalidRequest', {
    message:
      'This copy request is illegal because it is trying to copy an object to itself without ' +
      "changing the object's metadata, storage class, website redirect location or encryption " +
      'attributes.',
  })
}

/** @throws S3Failure AccessDenied */
function requireTagAccess(context: OperationContext, source: CopySource): void {
  const { bucket, key, versionId } = source
  const action = versionId === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging'
  requireAccess(context, { action, bucket, key, versionId })
  requireAction(context, 's3:PutObjectTagging')
}

type CopyChecksums = Pick<ObjectDraft, 'checksums' | 'checksumType'>

/** The checksums of the source, or the one that was asked for, computed over the bytes. */
async function checksumsOf(
  { request }: OperationContext,
  { record, content }: OpenedSource,
): Promise<CopyChecksums> {
  const algorithm = request.header('x-amz-checksum-algorithm')?.toUpperCase()
  const { checksums, checksumType } = record
  if (algorithm === undefined) return { checksums, checksumType }
  if (!isChecksumAlgorithm(algorithm) || algorithm === 'MD5') {
    throw new S3Failure('InvalidRequest', {
      message: 'Checksum algorithm provided is unsupported.',
    })
  }
  const { headerName } = checksumAlgorithms[algorithm]
  if (checksumType === undefined && checksums.some(([name]) => name === headerName)) {
    return { checksums: checksums.filter(([name]) => name === headerName) }
  }
  const sum = createChecksum(algorithm)
  for await (const bytes of content.read(0, record.sizeBytes)) sum.update(bytes)
  return { checksums: [[headerName, encodeDigest(sum.digest())]] }
}

function commit(
  context: OperationContext,
  { encryption }: CopyPlan,
  draft: ObjectDraft,
  opened: OpenedSource,
): Promise<ObjectRecord> {
  if (encryption === undefined && opened.record.encryption === undefined) {
    return commitShared(context, draft, opened)
  }
  return commitRewritten(context, encryption, draft, opened)
}

/** Encrypted bytes belong to one object, so they are written again, each time under a new key. */
function commitRewritten(
  context: OperationContext,
  encryption: OpenEncryption | undefined,
  draft: ObjectDraft,
  { record, content }: OpenedSource,
): Promise<ObjectRecord> {
  const { server, request, bucket, key } = context
  const precondition = writePrecondition(request, key)
  const writer = sealedWriter(context, server.store.blobs.create(), encryption)
  return storeBlob<ObjectDraft, ObjectRecord>(writer, {
    fill: async () => {
      const md5 = createHash('md5')
      for await (const bytes of content.read(0, record.sizeBytes)) {
        md5.update(bytes)
        const wait = writer.write(bytes)
        if (wait !== undefined) await wait
      }
      const etag = record.parts === undefined ? md5.digest('hex') : record.etag
      return { ...draft, etag: etagOf(context, etag, encryption) }
    },
    describe: (object) => ({ bucket, key, writtenMs: server.now().getTime(), object }),
    commit: (facts, stored) => {
      const { objects } = server.store
      const told = announcing(context, 's3:ObjectCreated:Copy')
      return objects.put(bucket, key, facts, stored, server.now, precondition, told)
    },
  })
}

/** The bytes are immutable, so the copy names the same ones. */
async function commitShared(
  context: OperationContext,
  draft: ObjectDraft,
  { record, reader }: OpenedSource,
): Promise<ObjectRecord> {
  const { server, request, bucket, key } = context
  const { blobs, objects } = server.store
  const precondition = writePrecondition(request, key)
  const shared = await blobs.share(record.segments, reader)
  const content: ObjectContent = {
    segments: shared.map(({ segment }) => segment),
    writes: shared.flatMap(({ writes }) => writes),
  }
  try {
    const told = announcing(context, 's3:ObjectCreated:Copy')
    return await objects.put(bucket, key, draft, content, server.now, precondition, told)
  } catch (error) {
    if (isRefusal(error)) blobs.remove(content.segments)
    throw error
  }
}

function resultReply(
  context: OperationContext,
  { source, record: original }: OpenedSource,
  record: ObjectRecord,
): Reply {
  const { server, bucket } = context
  const reply = xmlReply(copyObjectDocument, {
    lastModified: new Date(record.lastModifiedMs),
    etag: record.etag,
    ...checksumFields(record.checksums),
    checksumType:
      record.checksums.length === 0 ? undefined : (record.checksumType ?? 'FULL_OBJECT'),
  })
  const headers = [
    ...(reply.headers ?? []),
    ...sourceHeaders(context, source, original),
    ...versionHeaders(server, bucket, record),
    ...uploadEncryptionHeaders(context, record.encryption),
  ]
  return { ...reply, headers }
}
