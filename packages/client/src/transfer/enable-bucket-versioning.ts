import {
  checkEnableVersioning,
  getBucketVersioning,
  putBucketVersioning,
  type EnableVersioningOptions,
} from '../operations/bucket-versioning.ts'
import type { Send } from '../request/request.ts'

/**
 * Turns versioning on. A put replaces the whole configuration, so what the caller does not name
 * is read first: MinIO's exclusions would be lost otherwise.
 */
export async function enableBucketVersioning(
  send: Send,
  bucket: string,
  options: EnableVersioningOptions,
): Promise<void> {
  checkEnableVersioning(options)
  let { excludedPrefixes, excludeFolders } = options
  if (excludedPrefixes === undefined || excludeFolders === undefined) {
    const current = await send(getBucketVersioning(bucket), options)
    excludedPrefixes ??= current.excludedPrefixes
    excludeFolders ??= current.excludeFolders
  }
  const request = putBucketVersioning(bucket, {
    status: 'Enabled',
    excludedPrefixes,
    excludeFolders,
  })
  await send(request, options)
}
