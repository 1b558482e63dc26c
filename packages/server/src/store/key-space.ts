/**
 * Names of the records in the ordered store. Every name is text whose UTF-8 bytes give the order,
 * so a walk over one bucket's objects yields keys in the byte order that S3 promises (and not in
 * UTF-16 order, which differs above U+E000).
 *
 * NUL separates the parts: bucket names cannot hold it. Where the object key is last it may hold
 * anything; where something follows it, a NUL in it is written as NUL 01 and NUL NUL ends it, which
 * keeps the order.
 *
 * | name                                      | record                                         |
 * | ----------------------------------------- | ---------------------------------------------- |
 * | `b NUL bucket`                            | bucket                                         |
 * | `c NUL bucket NUL kind`                   | document of a bucket's configuration           |
 * | `o NUL bucket NUL key`                    | current version of an object                   |
 * | `v NUL bucket NUL key NUL NUL order`      | older version, or delete marker                |
 * | `n NUL bucket NUL key`                    | where the `null` version is among the `v`      |
 * | `u NUL bucket NUL key NUL NUL upload id`  | multipart upload                               |
 * | `p NUL upload id NUL part number`         | part of an upload                              |
 * | `d NUL blob id`                           | bytes of a small blob                          |
 * | `m NUL name`                              | the store's own numbers and marks              |
 *
 * The current version has a record of its own so that a GET is one look-up and a listing never
 * steps over old versions. A delete marker is never an `o` record, for the same reason: where one is
 * the latest version, the key has no `o` record and the marker is the first of its `v` records,
 * which stand newest first.
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

/** The key as it stands in a name that goes on behind it. */
function delimited(key: string): string {
  return `${key.replaceAll('\0', '\0\u0001')}\0\0`
}

/** A name without its first part, taken apart again. */
function undelimited(text: string): { readonly key: string; readonly rest: string } {
  const end = text.indexOf('\0\0')
  return { key: text.slice(0, end).replaceAll('\0\u0001', '\0'), rest: text.slice(end + 2) }
}

/** Older versions and delete markers: of a key, of a bucket, or of all buckets. */
export function versionRange(bucket?: string, key?: string): RecordRange {
  return keyedRange('v', bucket, key)
}

export function versionName(bucket: string, key: string, order: string): string {
  return `v\0${bucket}\0${delimited(key)}${order}`
}

export function nullVersionName(bucket: string, key: string): string {
  return `n\0${bucket}\0${key}`
}

/** Where the `null` versions are: of a bucket, or of all buckets. */
export function nullVersionRange(bucket?: string): RecordRange {
  return bucket === undefined
    ? { gte: 'n\0', lt: 'n\u0001' }
    : { gte: `n\0${bucket}\0`, lt: `n\0${bucket}\u0001` }
}

/** Multipart uploads: of a key, of a bucket, or of all buckets. */
export function uploadRange(bucket?: string, key?: string): RecordRange {
  return keyedRange('u', bucket, key)
}

export function uploadName(bucket: string, key: string, uploadId: string): string {
  return `u\0${bucket}\0${delimited(key)}${uploadId}`
}

/** The key, and what stands behind it, in a name of `versionName` or `uploadName`. */
export function partsOfKeyedName(
  bucket: string,
  name: string,
): { readonly key: string; readonly rest: string } {
  return undelimited(name.slice(bucket.length + 3))
}

/** How the names begin whose key begins with `prefix`. */
export function keyedPrefix(table: 'v' | 'u', bucket: string, prefix: string): string {
  return `${table}\0${bucket}\0${prefix.replaceAll('\0', '\0\u0001')}`
}

function keyedRange(table: 'v' | 'u', bucket?: string, key?: string): RecordRange {
  if (bucket === undefined) return { gte: `${table}\0`, lt: `${table}\u0001` }
  if (key === undefined) return { gte: `${table}\0${bucket}\0`, lt: `${table}\0${bucket}\u0001` }
  const start = `${table}\0${bucket}\0${delimited(key)}`
  // Orders and upload ids are hexadecimal digits.
  return { gte: start, lt: `${start}g` }
}

const partNumberDigits = 5

/** The parts of an upload, or of all of them. */
export function partRange(uploadId?: string): RecordRange {
  return uploadId === undefined
    ? { gte: 'p\0', lt: 'p\u0001' }
    : { gte: `p\0${uploadId}\0`, lt: `p\0${uploadId}\u0001` }
}

export function partName(uploadId: string, partNumber: number): string {
  return `p\0${uploadId}\0${String(partNumber).padStart(partNumberDigits, '0')}`
}

export function smallBlobName(blob: string): string {
  return `d\0${blob}`
}

export function smallBlobRange(): RecordRange {
  return { gte: 'd\0', lt: 'd\u0001' }
}

export function isSmallBlobName(name: string): boolean {
  return name.startsWith('d\0')
}

export function numberName(name: string): string {
  return `m\0${name}`
}

/** Whether it is a number or a mark of the store's own. */
export function isNumberName(name: string): boolean {
  return name.startsWith('m\0')
}

/** How many commits there have been: every batch writes it. */
export const commitsName: string = numberName('commits')
