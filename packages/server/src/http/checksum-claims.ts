import {
  checksumAlgorithms,
  createChecksum,
  decodeDigest,
  encodeDigest,
  type Checksum,
  type ChecksumAlgorithm,
  type HeaderPair,
} from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { IncomingRequest } from './incoming.ts'

/** A checksum that the sender promises: in a header, or later in a trailing header. */
export interface ChecksumClaim {
  readonly algorithm: ChecksumAlgorithm
  /** Header name, such as `x-amz-checksum-crc32`. */
  readonly name: string
  /** Base64; undefined when it comes in a trailing header. */
  readonly value: string | undefined
}

const prefix = 'x-amz-checksum-'

/** Headers of the same family that are no checksums. */
const companions: ReadonlySet<string> = new Set([
  'x-amz-checksum-algorithm',
  'x-amz-checksum-mode',
  'x-amz-checksum-type',
])

const algorithms: ReadonlyMap<string, ChecksumAlgorithm> = algorithmsByHeader()

function algorithmsByHeader(): Map<string, ChecksumAlgorithm> {
  const byHeader = new Map<string, ChecksumAlgorithm>()
  for (const name of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
    byHeader.set(checksumAlgorithms[name].headerName, name)
  }
  return byHeader
}

/**
 * The checksum that a request promises of its body, beside Content-MD5. S3 takes one.
 * @throws S3Failure when there are several, one that is not known, or one that is no digest
 */
export function checksumClaim(
  request: IncomingRequest,
  trailers: readonly string[],
): ChecksumClaim | undefined {
  const claims = checksumHeadersOf(request).map(([name, value]) => claimOf(name, value))
  for (const name of trailers) {
    if (name.startsWith(prefix)) claims.push(claimOf(name, undefined))
  }
  if (claims.length > 1) {
    throw new S3Failure('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header.',
    })
  }
  checkAnnouncement(request, claims[0])
  return claims[0]
}

/** The headers of a request that hold a checksum. */
export function checksumHeadersOf(request: IncomingRequest): readonly HeaderPair[] {
  return request.headersOf(prefix).filter(([name]) => !companions.has(name))
}

const announcement = 'x-amz-sdk-checksum-algorithm'

/** What an SDK says that it computes must be what it sends ("PutObject" of AWS). */
function checkAnnouncement(request: IncomingRequest, claim: ChecksumClaim | undefined): void {
  const announced = request.header(announcement)?.toUpperCase()
  if (announced === undefined || announced === claim?.algorithm) return
  // Content-MD5 goes in the place of the one that was announced.
  if (claim === undefined && request.header('content-md5') !== undefined) return
  throw new S3Failure('InvalidRequest', {
    message: `${announcement} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.`,
  })
}

function claimOf(name: string, value: string | undefined): ChecksumClaim {
  const algorithm = algorithms.get(name)
  if (algorithm === undefined) {
    throw new S3Failure('InvalidRequest', { message: 'The checksum algorithm is not known.' })
  }
  if (value !== undefined && decodeDigest(algorithm, value) === undefined) {
    throw new S3Failure('InvalidRequest', { message: `Value for ${name} header is invalid.` })
  }
  return { algorithm, name, value }
}

/** Computes the promised checksum beside the bytes and compares it at the end. */
export class ChecksumCheck {
  readonly #claim: ChecksumClaim
  readonly #checksum: Checksum

  constructor(claim: ChecksumClaim) {
    this.#claim = claim
    this.#checksum = createChecksum(claim.algorithm)
  }

  update(bytes: Uint8Array): void {
    this.#checksum.update(bytes)
  }

  /**
   * @param trailers trailing headers, which hold the value of a claim without one
   * @returns the proven checksum, as header name and value
   * @throws S3Failure BadDigest
   */
  finish(trailers: ReadonlyMap<string, string>): readonly [name: string, value: string] {
    const { name, value } = this.#claim
    const computed = encodeDigest(this.#checksum.digest())
    if (computed === (value ?? trailers.get(name))) return [name, computed]
    throw new S3Failure('BadDigest', { message: `The ${name} does not match the body.` })
  }
}
