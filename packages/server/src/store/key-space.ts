/**
 * Names of the records in the ordered store. Every name is text whose UTF-8 bytes give the order,
 * so a walk over one bucket's objects yields keys in the byte order that S3 promises (and not in
 * UTF-16 order, which differs above U+E000).
 *
 * NUL separates the parts: bucket names cannot hold it, and the object key is always last, so keys
 * may hold anything.
 *
 * | name                    | record                                                    |
 * | ----------------------- | --------------------------------------------------------- |
 * | `b NUL bucket`          | bucket                                                    |
 * | `c NUL bucket NUL kind` | document of a bucket's configuration                      |
 * | `o NUL bucket NUL key`  | current version of an object                              |
 * | `d NUL blob id`         | bytes of a small blob                                     |
 * | `m NUL name`            | the store's own numbers                                   |
 *
 * The current version has a record of its own so that a GET is one look-up and a listing never
 * steps over old versions; older versions will live under `v NUL bucket NUL key NUL order`.
 */
export const bucketRange: RecordRange = { gte: 'b\0', lt: 'b\u0001' }

/** Half-open range of record names. */
export interface RecordRange {
  readonly gte: string
  readonly lt: string
}

export function bucketName(bucket: string): string {
  return `b\0${bucket}`
}

/** The documents of all buckets. */
export function configurationRange(): RecordRange {
  return { gte: 'c\0', lt: 'c\u0001' }
}

export function configurationName(bucket: string, kind: string): string {
  return `c\0${bucket}\0${kind}`
}

/** All current objects of a bucket, or of all buckets. */
export function objectRange(bucket?: string): RecordRange {
  return bucket === undefined
    ? { gte: 'o\0', lt: 'o\u0001' }
    : { gte: `o\0${bucket}\0`, lt: `o\0${bucket}\u0001` }
}

export function objectName(bucket: string, key: string): string {
  return `o\0${bucket}\0${key}`
}

export function smallBlobName(blob: string): string {
  return `d\0${blob}`
}

export const smallBlobRange: RecordRange = { gte: 'd\0', lt: 'd\u0001' }

export function numberName(name: string): string {
  return `m\0${name}`
}
