import { S3Failure } from '../failure.ts'
import type { OperationContext } from './operation.ts'

/**
 * The version that a request names. Buckets keep no versions yet, so the one version is `null`.
 * @throws S3Failure NoSuchVersion
 */
export function requireNullVersion(context: OperationContext): void {
  const versionId = context.query.get('versionId')
  if (versionId === undefined || versionId === 'null') return
  throw new S3Failure('NoSuchVersion', { extra: { Key: context.key, VersionId: versionId } })
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
