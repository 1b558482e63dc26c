import { formatHttpDate } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { ReplyHeader } from '../http/reply.ts'
import { nullVersionId } from '../store/key-versions.ts'
import type { DeleteMarker, VersionRecord } from '../store/object-record.ts'
import { isOrderedId } from '../store/ordered-ids.ts'
import type { OperationContext, ServerContext } from './operation.ts'

/**
 * The version that a request names.
 * @throws S3Failure InvalidArgument for what cannot be the id of a version
 */
export function requestedVersion({ query }: OperationContext): string | undefined {
  const versionId = query.get('versionId')
  if (versionId === undefined || isVersionId(versionId)) return versionId
  throw new S3Failure('InvalidArgument', {
    message: 'Invalid version id specified',
    extra: { ArgumentName: 'versionId', ArgumentValue: versionId },
  })
}

export function isVersionId(text: string): boolean {
  return text === nullVersionId || isOrderedId(text)
}

/** @throws S3Failure InvalidArgument: a write makes a version and cannot name one */
export function refuseVersionId(context: OperationContext): void {
  if (context.query.has('versionId')) {
    throw new S3Failure('InvalidArgument', {
      message: 'This operation does not accept a version-id.',
      extra: { ArgumentName: 'versionId' },
    })
  }
}

/** What has been looked for. */
export interface WantedVersion {
  readonly key: string
  /** Undefined: the latest. */
  readonly versionId: string | undefined
}

/**
 * The object that was found.
 * @throws S3Failure NoSuchKey or NoSuchVersion; MethodNotAllowed for a delete marker by its id
 */
export function presentObject<T extends object>(
  found: T | DeleteMarker | undefined,
  { key, versionId }: WantedVersion,
): T {
  if (found === undefined) {
    if (versionId === undefined) throw new S3Failure('NoSuchKey', { extra: { Key: key } })
    throw new S3Failure('NoSuchVersion', { extra: { Key: key, VersionId: versionId } })
  }
  if (!isMarker(found)) return found
  const headers: ReplyHeader[] = [
    ['x-amz-delete-marker', 'true'],
    ['x-amz-version-id', found.versionId],
  ]
  if (versionId === undefined) throw new S3Failure('NoSuchKey', { extra: { Key: key }, headers })
  headers.push(['allow', 'DELETE'])
  headers.push(['last-modified', formatHttpDate(new Date(found.lastModifiedMs))])
  throw new S3Failure('MethodNotAllowed', { headers })
}

function isMarker(found: object): found is DeleteMarker {
  return 'deleteMarker' in found && found.deleteMarker === true
}

/** The header that tells the version; buckets that never kept versions do not have it. */
export function versionHeaders(
  server: ServerContext,
  bucket: string,
  record: Pick<VersionRecord, 'versionId'>,
): readonly ReplyHeader[] {
  const versioning = server.store.configurations.find(bucket, 'versioning')
  return versioning?.status === undefined ? [] : [['x-amz-version-id', record.versionId]]
}
