import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

import { S3Failure } from '../failure.ts'
import type { IncomingRequest } from './incoming.ts'

interface Hasher {
  update(bytes: Uint8Array): void
  /** In base64, as the header has it. */
  digest(): string
}

/** The checksum headers that are known, and who computes them. */
const hashers: ReadonlyMap<string, () => Hasher> = new Map([
  ['x-amz-checksum-crc32', crc32Hasher],
  ['x-amz-checksum-sha1', () => digestHasher('sha1')],
  ['x-amz-checksum-sha256', () => digestHasher('sha256')],
])

function digestHasher(algorithm: string): Hasher {
  const hash = createHash(algorithm)
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest('base64'),
  }
}

function crc32Hasher(): Hasher {
  let value = 0
  return {
    update: (bytes) => {
      value = crc32(bytes, value)
    },
    digest: () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes.toString('base64')
    },
  }
}

/** A checksum that the sender promises: in a header, or later in a trailing header. */
export interface ChecksumClaim {
  /** Header name, such as `x-amz-checksum-crc32`. */
  readonly name: string
  /** Base64; undefined when it comes in a trailing header. */
  readonly value: string | undefined
}

/** Headers of the same family that are no checksums. */
const companions: ReadonlySet<string> = new Set([
  'x-amz-checksum-algorithm',
  'x-amz-checksum-mode',
  'x-amz-checksum-type',
])

const prefix = 'x-amz-checksum-'

/** @throws S3Failure when there are several, or one that is not known */
export function checksumClaims(
  request: IncomingRequest,
  trailers: readonly string[],
): readonly ChecksumClaim[] {
  const claims: ChecksumClaim[] = []
  for (const [name, value] of request.headers) {
    if (name.startsWith(prefix) && !companions.has(name)) claims.push({ name, value })
  }
  for (const name of trailers) if (name.startsWith(prefix)) claims.push({ name, value: undefined })
  if (claims.length > 1) {
    throw new S3Failure('InvalidRequest', { message: 'Expecting a single checksum.' })
  }
  const unknown = claims.find(({ name }) => !hashers.has(name))
  if (unknown !== undefined) throw new S3Failure('NotImplemented')
  return claims
}

/** Computes the promised checksums beside the bytes and compares them at the end. */
export class ChecksumCheck {
  readonly #checks: readonly { readonly claim: ChecksumClaim; readonly hasher: Hasher }[]

  constructor(claims: readonly ChecksumClaim[]) {
    this.#checks = claims.flatMap((claim) => {
      const make = hashers.get(claim.name)
      return make === undefined ? [] : [{ claim, hasher: make() }]
    })
  }

  update(bytes: Uint8Array): void {
    for (const { hasher } of this.#checks) hasher.update(bytes)
  }

  /**
   * @param trailers trailing headers, which hold the values of claims without one
   * @returns the proven checksums
   * @throws S3Failure BadDigest
   */
  finish(
    trailers: ReadonlyMap<string, string>,
  ): readonly (readonly [name: string, value: string])[] {
    return this.#checks.map(({ claim, hasher }) => {
      const value = hasher.digest()
      if (value !== (claim.value ?? trailers.get(claim.name))) {
        throw new S3Failure('BadDigest', { message: `The ${claim.name} does not match the body.` })
      }
      return [claim.name, value]
    })
  }
}
