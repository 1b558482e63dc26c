import type { Checksums } from '@stowage/protocol'
import { headerValue, type WireHeaders } from '../transport/transport.ts'

/** The checksums that a store says it keeps. */
export interface StoredChecksums {
  /** In base64, by algorithm in lower case; empty where the store sent none. */
  readonly checksums: Readonly<Record<string, string>>
  /** `COMPOSITE` or `FULL_OBJECT`; not every store says it. */
  readonly checksumType: string | undefined
}

const prefix = 'x-amz-checksum-'
/** Headers of the same family that are no checksums. */
const companions: ReadonlySet<string> = new Set(['x-amz-checksum-algorithm', 'x-amz-checksum-type'])

/** The checksums in the headers of an answer. */
export function checksumsInHeaders(headers: WireHeaders): StoredChecksums {
  const checksums: Record<string, string> = {}
  for (const name of Object.keys(headers)) {
    if (!name.startsWith(prefix) || companions.has(name)) continue
    const value = headerValue(headers, name)
    if (value !== undefined) checksums[name.slice(prefix.length)] = value
  }
  return { checksums, checksumType: headerValue(headers, 'x-amz-checksum-type') }
}

const fields = [
  ['crc32', 'checksumCRC32'],
  ['crc32c', 'checksumCRC32C'],
  ['crc64nvme', 'checksumCRC64NVME'],
  ['sha1', 'checksumSHA1'],
  ['sha256', 'checksumSHA256'],
] as const satisfies readonly (readonly [string, keyof Checksums])[]

/** The checksums in the document of an answer. */
export function checksumsInDocument(document: Checksums): StoredChecksums {
  const checksums: Record<string, string> = {}
  for (const [name, field] of fields) {
    const value = document[field]
    if (value !== undefined) checksums[name] = value
  }
  return { checksums, checksumType: document.checksumType }
}
