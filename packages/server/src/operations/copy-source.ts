import { bucketNameProblem, objectKeyProblem } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { readCopySource } from '../http/copy-source-text.ts'
import type { ReplyHeader } from '../http/reply.ts'
import type { BlobReader } from '../store/blobs.ts'
import type { DeleteMarker, ObjectRecord } from '../store/object-record.ts'
import type { OpenedObject } from '../store/objects.ts'
import { loadObjectTags } from '../authorize.ts'
import { requireAccess } from './access.ts'
import { checkSourceConditions } from './conditions.ts'
import { sourceReader } from './object-encryption.ts'
import type { OperationContext } from './operation.ts'
import { isVersionId, presentObject, versionHeaders } from './version-id.ts'

const header = 'x-amz-copy-source'

/** What a copy reads. */
export interface CopySource {
  readonly bucket: string
  readonly key: string
  readonly versionId: string | undefined
}

/**
 * Reads `x-amz-copy-source`: `bucket/key`, with or without a slash before it, percent-encoded once,
 * and perhaps a version behind it. A question mark of the key must be encoded.
 * @throws S3Failure InvalidArgument
 */
export function parseCopySource(value: string): CopySource {
  const text = readCopySource(value)
  if (text === undefined) throw invalidSource(value)
  const { location, versionId } = text
  const slash = location.indexOf('/')
  const bucket = location.slice(0, Math.max(slash, 0))
  const key = location.slice(slash + 1)
  if (slash === -1 || bucketNameProblem(bucket, { creating: true }) !== undefined)
    throw invalidSource(value)
  if (objectKeyProblem(key) !== undefined) throw invalidSource(value)
  if (versionId !== undefined && !isVersionId(versionId)) throw invalidSource(value)
  return { bucket, key, versionId }
}

function invalidSource(value: string): S3Failure {
  return new S3Failure('InvalidArgument', {
    message: 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    extra: { ArgumentName: header, ArgumentValue: value },
  })
}

/** A source that the sender may read and that meets the conditions, held until it is closed. */
export interface OpenedSource extends OpenedObject {
  readonly source: CopySource
  /** The bytes as they were sent; `reader` has them as they are stored. */
  readonly content: Pick<BlobReader, 'read'>
}

/**
 * Opens the source of a copy. Permission is asked for before anything is looked up.
 * @throws S3Failure
 */
export async function openCopySource(context: OperationContext): Promise<OpenedSource> {
  const { server, request } = context
  const source = parseCopySource(request.header(header) ?? '')
  const { bucket, key, versionId } = source
  const action = versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion'
  const access = { action, bucket, key, versionId }
  await loadObjectTags(context, access)
  requireAccess(context, access)
  server.store.buckets.get(bucket)
  const found = await server.store.objects.open(bucket, key, versionId)
  if (found !== undefined && 'deleteMarker' in found && versionId !== undefined) {
    throw new S3Failure('InvalidRequest', {
      message:
        'The source of a copy request may not specifically refer to a delete marker by version id.',
    })
  }
  const opened = presentSource(found, source)
  try {
    checkSourceConditions(request, opened.record)
    return { ...opened, source, content: sourceReader(context, source, opened) }
  } catch (error) {
    opened.reader.close()
    throw error
  }
}

/**
 * The object to copy. A refusal has no headers of the source: in the answer of a copy,
 * `x-amz-version-id` is the version of the copy.
 * @throws S3Failure NoSuchKey, NoSuchVersion
 */
function presentSource(
  found: OpenedObject | DeleteMarker | undefined,
  source: CopySource,
): OpenedObject {
  if (found !== undefined && 'reader' in found) return found
  return presentObject<OpenedObject>(undefined, source)
}

/** The header that tells which version was copied. */
export function sourceHeaders(
  { server }: OperationContext,
  { bucket }: CopySource,
  record: ObjectRecord,
): readonly ReplyHeader[] {
  return versionHeaders(server, bucket, record).map(([, versionId]) => [
    'x-amz-copy-source-version-id',
    versionId,
  ])
}
