import type { Checksums } from '@stowage/protocol'

import type { HeaderValue } from '../store/object-record.ts'

/** Header of a checksum, and the property of the documents that holds the same. */
const fields: ReadonlyMap<string, Exclude<keyof Checksums, 'checksumType'>> = new Map([
  ['x-amz-checksum-crc32', 'checksumCRC32'],
  ['x-amz-checksum-crc32c', 'checksumCRC32C'],
  ['x-amz-checksum-crc64nvme', 'checksumCRC64NVME'],
  ['x-amz-checksum-sha1', 'checksumSHA1'],
  ['x-amz-checksum-sha256', 'checksumSHA256'],
])

/** The checksums of a record as documents have them. */
export function checksumFields(checksums: readonly HeaderValue[]): Checksums {
  const found: { -readonly [Name in keyof Checksums]: Checksums[Name] } = {}
  for (const [header, value] of checksums) {
    const field = fields.get(header)
    if (field !== undefined) found[field] = value
  }
  return found
}

/** Whether every checksum that a document gives is also that of the record. */
export function agreesWith(given: Checksums, checksums: readonly HeaderValue[]): boolean {
  const known = checksumFields(checksums)
  return [...fields.values()].every((field) => (given[field] ?? known[field]) === known[field])
}
