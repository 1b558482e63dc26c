import {
  checksumAlgorithms,
  createChecksum,
  encodeDigest,
  isChecksumAlgorithm,
  type Checksum,
} from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { HeaderValue } from '../store/object-record.ts'
import type { UploadRecord } from '../store/uploads.ts'

/** The checksum that the parts of an upload must have, computed beside their bytes. */
export class PartChecksum {
  readonly #name: string
  readonly #sum: Checksum

  constructor(name: string, sum: Checksum) {
    this.#name = name
    this.#sum = sum
  }

  update(bytes: Uint8Array): void {
    this.#sum.update(bytes)
  }

  finish(): readonly HeaderValue[] {
    return [[this.#name, encodeDigest(this.#sum.digest())]]
  }
}

/** Undefined when the upload asked for no checksum. */
export function partChecksum({ checksumAlgorithm }: UploadRecord): PartChecksum | undefined {
  if (!isChecksumAlgorithm(checksumAlgorithm)) return undefined
  const { headerName } = checksumAlgorithms[checksumAlgorithm]
  return new PartChecksum(headerName, createChecksum(checksumAlgorithm))
}

/** @throws S3Failure InvalidRequest when the sender promises another checksum than the upload has */
export function checkPartClaim({ checksumAlgorithm }: UploadRecord, claimed?: string): void {
  if (claimed === undefined || checksumAlgorithm === undefined) return
  if (claimed === checksumAlgorithm) return
  throw new S3Failure('InvalidRequest', {
    message:
      `Checksum Type mismatch occurred, expected checksum Type: ${checksumAlgorithm}, ` +
      `actual checksum Type: ${claimed}`,
  })
}
