import { versioningDocument, type VersioningConfiguration } from '@stowage/protocol'
import { checkBoolean, checkText } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import type { S3Request } from '../request/request.ts'
import { getConfiguration, putConfiguration, xmlConfiguration } from './configuration.ts'

/** Whether a bucket keeps versions. */
export interface BucketVersioning {
  /** Undefined: versioning was never turned on. */
  readonly status: 'Enabled' | 'Suspended' | undefined
  /** Whether deleting a version takes a second factor; undefined where it never was set. */
  readonly mfaDelete: 'Enabled' | 'Disabled' | undefined
  /** MinIO only: keys that begin so keep no versions. */
  readonly excludedPrefixes: readonly string[]
  /** MinIO only: keys that end in `/` keep no versions. */
  readonly excludeFolders: boolean
}

/** Options of `enableBucketVersioning`. Without them, what the bucket excludes stays as it is. */
export interface EnableVersioningOptions extends CallOptions {
  /** MinIO only: keys that begin so keep no versions, at most 10. */
  readonly excludedPrefixes?: readonly string[] | undefined
  /** MinIO only: keys that end in `/` keep no versions. */
  readonly excludeFolders?: boolean | undefined
}

function read(document: VersioningConfiguration): BucketVersioning {
  const { status, mfaDelete, excludedPrefixes, excludeFolders } = document
  return {
    status,
    mfaDelete,
    excludedPrefixes: excludedPrefixes.map(({ prefix }) => prefix),
    excludeFolders: excludeFolders ?? false,
  }
}

/** Without `MfaDelete`, which S3 then leaves as it is: to send it takes a second factor. */
function write(versioning: BucketVersioning): VersioningConfiguration {
  const { status, excludedPrefixes, excludeFolders } = versioning
  return {
    status,
    excludedPrefixes: excludedPrefixes.map((prefix) => ({ prefix })),
    excludeFolders: excludeFolders ? true : undefined,
  }
}

const versioning = xmlConfiguration(
  'BucketVersioning',
  'versioning',
  versioningDocument,
  read,
  write,
)

export function checkEnableVersioning(options: EnableVersioningOptions): void {
  const { excludedPrefixes, excludeFolders } = options
  checkBoolean('excludeFolders', excludeFolders)
  if (excludedPrefixes === undefined) return
  if (!Array.isArray(excludedPrefixes)) {
    throw new InvalidArgumentError('excludedPrefixes', 'must be an array of strings')
  }
  for (const prefix of excludedPrefixes) checkText('excludedPrefixes', prefix)
}

/** GetBucketVersioning. */
export function getBucketVersioning(bucket: string): S3Request<BucketVersioning> {
  return getConfiguration(versioning, { bucket })
}

/** MinIO refuses exclusions where versioning is suspended. */
export const suspended = {
  status: 'Suspended',
  excludedPrefixes: [],
  excludeFolders: false,
} as const

/** PutBucketVersioning. */
export function putBucketVersioning(
  bucket: string,
  value: Pick<BucketVersioning, 'status' | 'excludedPrefixes' | 'excludeFolders'>,
): S3Request<void> {
  return putConfiguration(versioning, { bucket }, { mfaDelete: undefined, ...value }, 'options')
}
