import { choice, constant, optional, required, withDefault, type XmlChoice } from '../xml/fields.ts'
import { object, type XmlFields } from '../xml/shape.ts'
import { text, type XmlValue } from '../xml/values.ts'

/** `Owner` and `Initiator`: who owns a bucket or an object, or began an upload. */
export interface Owner {
  /** Canonical user id (AWS), account (Ceph), or a fixed value (MinIO). */
  readonly id: string
  /** AWS no longer sends it in most regions. */
  readonly displayName?: string | undefined
}

export const owner: XmlValue<Owner> = object<Owner>({
  // An empty <Owner/> is what some stores send for "nobody".
  id: withDefault('ID', text, ''),
  displayName: optional('DisplayName', text),
})

/** `CommonPrefix`: keys rolled up to the delimiter after the listing's prefix. */
export interface CommonPrefix {
  readonly isPrefix: true
  readonly prefix: string
}

const commonPrefix: XmlValue<CommonPrefix> = object<CommonPrefix>({
  isPrefix: constant(true),
  prefix: required('Prefix', text),
})

/** The row that lets `CommonPrefixes` stand among the other entries of a listing. */
export function commonPrefixes<Entry extends { readonly isPrefix: boolean }>(): XmlChoice<
  Entry | CommonPrefix
> {
  return choice<Entry | CommonPrefix, CommonPrefix>(
    'CommonPrefixes',
    commonPrefix,
    (entry): entry is CommonPrefix => entry.isPrefix,
  )
}

/** The checksums of an object or a part, in Base64, as far as the store keeps them. */
export interface Checksums {
  readonly checksumCRC32?: string | undefined
  readonly checksumCRC32C?: string | undefined
  readonly checksumCRC64NVME?: string | undefined
  readonly checksumSHA1?: string | undefined
  readonly checksumSHA256?: string | undefined
  /** `COMPOSITE` (of the parts' checksums) or `FULL_OBJECT`. */
  readonly checksumType?: string | undefined
}

export const checksumFields: XmlFields<Checksums> = {
  checksumCRC32: optional('ChecksumCRC32', text),
  checksumCRC32C: optional('ChecksumCRC32C', text),
  checksumCRC64NVME: optional('ChecksumCRC64NVME', text),
  checksumSHA1: optional('ChecksumSHA1', text),
  checksumSHA256: optional('ChecksumSHA256', text),
  checksumType: optional('ChecksumType', text),
}
