import {
  checksumAlgorithms,
  compositeChecksum,
  decodeDigest,
  fullObjectChecksum,
  isChecksumAlgorithm,
  multipartEtag,
  type ChecksumAlgorithm,
  type CompletedPart,
  type CrcAlgorithm,
} from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { HeaderValue, ObjectDraft } from '../store/object-record.ts'
import { maxParts, type Assembly, type PartRecord, type UploadRecord } from '../store/uploads.ts'
import { agreesWith } from './checksum-fields.ts'

/** Every part but the last has at least 5 MiB. */
export const minPartBytes: number = 5 * 1024 ** 2

/**
 * The object that the listed parts make.
 * @throws S3Failure MalformedXML, InvalidPartOrder, InvalidPart, EntityTooSmall
 */
export function assembleParts(
  upload: UploadRecord,
  present: readonly PartRecord[],
  listed: readonly CompletedPart[],
): Assembly {
  checkOrder(listed)
  const parts = chooseParts(present, listed)
  checkSizes(parts)
  const draft: ObjectDraft = {
    ...upload.attributes,
    etag: etagOfParts(parts),
    ...objectChecksum(upload, parts),
    parts: parts.map(({ partNumber, sizeBytes, checksums }) => ({
      partNumber,
      sizeBytes,
      checksums,
    })),
    uploadId: upload.uploadId,
  }
  return { draft, parts }
}

/** The ETag of an object whose parts have these MD5 sums. */
export function etagOfParts(parts: readonly { readonly etag: string }[]): string {
  return multipartEtag(parts.map(({ etag }) => Buffer.from(etag, 'hex')))
}

/** @throws S3Failure MalformedXML, InvalidPartOrder */
export function checkOrder(listed: readonly CompletedPart[]): void {
  if (listed.length === 0 || listed.length > maxParts) throw new S3Failure('MalformedXML')
  let last = 0
  for (const { partNumber } of listed) {
    if (partNumber <= last) throw new S3Failure('InvalidPartOrder')
    last = partNumber
  }
}

function chooseParts(
  present: readonly PartRecord[],
  listed: readonly CompletedPart[],
): readonly PartRecord[] {
  const byNumber = new Map(present.map((part) => [part.partNumber, part]))
  return listed.map((wanted) => {
    const part = byNumber.get(wanted.partNumber)
    if (part?.etag === wanted.etag && agreesWith(wanted, part.checksums)) return part
    throw new S3Failure('InvalidPart', {
      extra: { PartNumber: String(wanted.partNumber), ETag: wanted.etag },
    })
  })
}

function checkSizes(parts: readonly PartRecord[]): void {
  const small = parts.slice(0, -1).find(({ sizeBytes }) => sizeBytes < minPartBytes)
  if (small === undefined) return
  throw new S3Failure('EntityTooSmall', {
    extra: {
      ProposedSize: String(small.sizeBytes),
      MinSizeAllowed: String(minPartBytes),
      PartNumber: String(small.partNumber),
      ETag: small.etag,
    },
  })
}

type ObjectChecksum = Pick<ObjectDraft, 'checksums' | 'checksumType'>

function objectChecksum(upload: UploadRecord, parts: readonly PartRecord[]): ObjectChecksum {
  const { checksumAlgorithm: algorithm, checksumType } = upload
  if (!isChecksumAlgorithm(algorithm)) return { checksums: [] }
  const { headerName } = checksumAlgorithms[algorithm]
  const digests = parts.map((part) => ({
    digest: digestOf(algorithm, part.checksums),
    sizeBytes: part.sizeBytes,
  }))
  if (checksumType === 'FULL_OBJECT' && isCrc(algorithm)) {
    return { checksums: [[headerName, fullObjectChecksum(algorithm, digests)]] }
  }
  const composite = compositeChecksum(
    algorithm,
    digests.map(({ digest }) => digest),
  )
  return { checksums: [[headerName, composite]], checksumType: 'COMPOSITE' }
}

function isCrc(algorithm: ChecksumAlgorithm): algorithm is CrcAlgorithm {
  return algorithm.startsWith('CRC')
}

function digestOf(algorithm: ChecksumAlgorithm, checksums: readonly HeaderValue[]): Uint8Array {
  const { headerName } = checksumAlgorithms[algorithm]
  const value = checksums.find(([name]) => name === headerName)?.[1]
  const digest = value === undefined ? undefined : decodeDigest(algorithm, value)
  if (digest === undefined) throw new Error('a part lacks the checksum of its upload')
  return digest
}
