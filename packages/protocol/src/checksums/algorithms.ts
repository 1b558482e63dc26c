/** Names as `x-amz-checksum-algorithm` has them; MD5 is the older Content-MD5. */
export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256' | 'MD5'

/** The algorithms whose sums can be combined without the data. */
export type CrcAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME'

/**
 * How the checksum of a multipart object is made, as `x-amz-checksum-type` names it: over the
 * checksums of the parts, or over all bytes.
 */
export type ChecksumKind = 'COMPOSITE' | 'FULL_OBJECT'

/** What is known of one algorithm. */
export interface ChecksumFacts {
  /** Header, in lower case, that carries the checksum of a body in base64. */
  readonly headerName: string
  readonly digestBytes: number
  /**
   * Kinds that S3 permits for a multipart object, its default first; none for MD5, which makes
   * the ETag instead. Source: "Checking object integrity" in the S3 user guide.
   */
  readonly kinds: readonly ChecksumKind[]
}

/** Every algorithm of S3 that is built in. */
export const checksumAlgorithms: Readonly<Record<ChecksumAlgorithm, ChecksumFacts>> = {
  CRC32: {
    headerName: 'x-amz-checksum-crc32',
    digestBytes: 4,
    kinds: ['COMPOSITE', 'FULL_OBJECT'],
  },
  CRC32C: {
    headerName: 'x-amz-checksum-crc32c',
    digestBytes: 4,
    kinds: ['COMPOSITE', 'FULL_OBJECT'],
  },
  CRC64NVME: { headerName: 'x-amz-checksum-crc64nvme', digestBytes: 8, kinds: ['FULL_OBJECT'] },
  SHA1: { headerName: 'x-amz-checksum-sha1', digestBytes: 20, kinds: ['COMPOSITE'] },
  SHA256: { headerName: 'x-amz-checksum-sha256', digestBytes: 32, kinds: ['COMPOSITE'] },
  MD5: { headerName: 'content-md5', digestBytes: 16, kinds: [] },
}

/** Whether `name` is an algorithm of the table, in the capitals of S3. */
export function isChecksumAlgorithm(name: unknown): name is ChecksumAlgorithm {
  return typeof name === 'string' && Object.hasOwn(checksumAlgorithms, name)
}
