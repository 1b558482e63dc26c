import {
  compositeChecksum,
  encodeDigest,
  fullObjectChecksum,
  type ChecksumAlgorithm as AnyAlgorithm,
  type CompletedPart,
  type CrcAlgorithm,
  type PartDigest,
  type PartEntry,
} from '@stowage/protocol'
import { IntegrityError, InvalidArgumentError } from '../errors.ts'
import type { RequestBody } from '../request/body.ts'
import { digestOf } from '../request/body-digest.ts'
import {
  checksumHeaders,
  sdkHeader,
  type ChecksumAlgorithm,
  type ChecksumPlan,
} from '../request/checksum.ts'
import { TrailerBody } from '../request/trailer-body.ts'
import type { StoredChecksums } from '../results/stored-checksums.ts'

type Headers = Readonly<Record<string, string>>

/** A body on its way, with the headers that say what checksum comes with it. */
export interface SummedBody {
  readonly body: RequestBody
  readonly headers: Headers
  /** Undefined where there is no checksum, and for a trailer until the body was sent. */
  digest(): Uint8Array | undefined
}

/** What an upload does about checksums: nothing, or what its caller chose. */
export interface UploadSums {
  /** Headers of the request that begins an upload in parts. */
  beginning(): Headers
  /** The data, when it goes in one request. */
  whole(body: RequestBody): Promise<SummedBody>
  /** A part of the data. */
  part(body: RequestBody): Promise<SummedBody>
  /** @throws IntegrityError when the store says that it has other bytes than were sent */
  check(sent: SummedBody, said: StoredChecksums): void
  /** Whether the store's part has the checksum of the body; undefined where that cannot be told. */
  isSame(stored: PartEntry, body: SummedBody): Promise<boolean | undefined>
  /** Notes a part that the store has, and gives how it is listed when the upload is completed. */
  finished(partNumber: number, etag: string, body: SummedBody): Promise<CompletedPart>
  /**
   * Headers of the request that completes an upload.
   * @throws IntegrityError when the parts do not make what the caller knows of the whole
   */
  completing(): Headers
  /** @throws IntegrityError when the store says that the parts made something else */
  checkCompleted(said: StoredChecksums): void
}

const nothing: Headers = {}

function plain(body: RequestBody): Promise<SummedBody> {
  return Promise.resolve({ body, headers: nothing, digest: () => undefined })
}

/** Those of an upload without checksums. */
export const noSums: UploadSums = {
  beginning: () => nothing,
  whole: plain,
  part: plain,
  check: () => {},
  isSame: () => Promise.resolve(undefined),
  finished: (partNumber, etag) => Promise.resolve({ partNumber, etag }),
  completing: () => nothing,
  checkCompleted: () => {},
}

const partFields = {
  CRC32: 'checksumCRC32',
  CRC32C: 'checksumCRC32C',
  CRC64NVME: 'checksumCRC64NVME',
  SHA1: 'checksumSHA1',
  SHA256: 'checksumSHA256',
} as const satisfies Record<ChecksumAlgorithm, keyof PartEntry>

/** Those of an upload whose caller chose a checksum. */
export class ChosenSums implements UploadSums {
  readonly #plan: ChecksumPlan
  readonly #signal: AbortSignal
  readonly #parts = new Map<number, PartDigest>()

  /** @param signal ends the reading of bodies for their checksums */
  constructor(plan: ChecksumPlan, signal: AbortSignal) {
    this.#plan = plan
    this.#signal = signal
  }

  beginning(): Headers {
    const { algorithm, type, value } = this.#plan
    if (value !== undefined && !isCrc(algorithm)) {
      throw new InvalidArgumentError(
        'checksum',
        `cannot have a ${algorithm} value for data that goes in parts`,
      )
    }
    return { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type }
  }

  async whole(body: RequestBody): Promise<SummedBody> {
    const { value } = this.#plan
    if (value === undefined) return this.part(body)
    const digest = Buffer.from(value, 'base64')
    return { body, headers: checksumHeaders(this.#plan, value), digest: () => digest }
  }

  async part(body: RequestBody): Promise<SummedBody> {
    if (this.#plan.trailer) {
      const trailing = new TrailerBody(body, this.#plan)
      return { body: trailing, headers: sdkHeader(this.#plan), digest: () => trailing.digest }
    }
    const digest = await digestOf(this.#plan.algorithm, body, this.#signal)
    return {
      body,
      headers: checksumHeaders(this.#plan, encodeDigest(digest)),
      digest: () => digest,
    }
  }

  check(sent: SummedBody, { checksums }: StoredChecksums): void {
    const said = checksums[this.#plan.algorithm.toLowerCase()]
    const digest = sent.digest()
    if (said === undefined || digest === undefined || said === encodeDigest(digest)) return
    throw this.#mismatch(said)
  }

  async isSame(stored: PartEntry, body: SummedBody): Promise<boolean | undefined> {
    const listed = stored[partFields[this.#plan.algorithm]]
    return listed === undefined ? undefined : listed === encodeDigest(await this.#digestOf(body))
  }

  async finished(partNumber: number, etag: string, body: SummedBody): Promise<CompletedPart> {
    const digest = await this.#digestOf(body)
    this.#parts.set(partNumber, { digest, sizeBytes: body.body.lengthBytes })
    return { partNumber, etag, [partFields[this.#plan.algorithm]]: encodeDigest(digest) }
  }

  async #digestOf(summed: SummedBody): Promise<Uint8Array> {
    return summed.digest() ?? (await digestOf(this.#plan.algorithm, summed.body, this.#signal))
  }

  completing(): Headers {
    const { algorithm, type, headerName, value } = this.#plan
    if (type !== 'FULL_OBJECT' || !isCrc(algorithm)) return nothing
    const sum = fullObjectChecksum(algorithm, this.#inOrder())
    if (value === undefined || value === sum) {
      return { [headerName]: sum, 'x-amz-checksum-type': type }
    }
    throw new IntegrityError(
      `the data has the ${algorithm} ${sum}, not ${value}; nothing is stored`,
    )
  }

  /** Ceph makes full-object checksums also where a composite one was asked for. */
  checkCompleted({ checksums }: StoredChecksums): void {
    const { algorithm } = this.#plan
    const said = checksums[algorithm.toLowerCase()]
    if (said === undefined) return
    const parts = this.#inOrder()
    if (said.includes('-')) {
      const digests = parts.map(({ digest }) => digest)
      if (said !== compositeChecksum(algorithm, digests)) throw this.#mismatch(said)
    } else if (isCrc(algorithm) && said !== fullObjectChecksum(algorithm, parts)) {
      throw this.#mismatch(said)
    }
  }

  #inOrder(): PartDigest[] {
    return [...this.#parts].sort(([a], [b]) => a - b).map(([, part]) => part)
  }

  #mismatch(said: string): IntegrityError {
    return new IntegrityError(
      `the store says that the ${this.#plan.algorithm} of what it stored is ${said}, ` +
        'which is not that of the data',
    )
  }
}

function isCrc(algorithm: AnyAlgorithm): algorithm is CrcAlgorithm {
  return algorithm.startsWith('CRC')
}
