import { createHash, type Hash } from 'node:crypto'
import {
  createChecksum,
  crcCombine,
  encodeDigest,
  type Checksum,
  type CrcAlgorithm,
} from '@stowage/protocol'
import { IntegrityError } from '../errors.ts'
import type { ObjectStat } from '../results/object-stat.ts'
import { etagIsOfBytes, isMd5 } from './etag-meaning.ts'

/** What a download was compared with: a checksum of the whole, its ETag, or its length alone. */
export type Verification = 'crc32' | 'crc32c' | 'crc64nvme' | 'etag' | 'length'

interface WholeChecksum {
  readonly name: Exclude<Verification, 'etag' | 'length'>
  readonly algorithm: CrcAlgorithm
}

/** Checksums of parts can be combined to that of the whole; the cheapest comes first. */
const wholeChecksums: readonly WholeChecksum[] = [
  { name: 'crc32', algorithm: 'CRC32' },
  { name: 'crc32c', algorithm: 'CRC32C' },
  { name: 'crc64nvme', algorithm: 'CRC64NVME' },
]

/** Compares the content of a download with what the store says of it. */
export interface DownloadCheck {
  readonly verification: Verification
  /** Begins a part; what it gets is fed with the part's bytes, in order. */
  part(index: number): PartCheck
  /** @throws IntegrityError when the whole is not what the store has */
  finish(): void
}

export interface PartCheck {
  update(chunk: Uint8Array): void
  end(lengthBytes: number): void
}

const unchecked: PartCheck = { update: () => {}, end: () => {} }

class LengthCheck implements DownloadCheck {
  readonly verification = 'length'
  part(): PartCheck {
    return unchecked
  }
  finish(): void {}
}

/** An object that comes in one range has the MD5 of its bytes for an ETag, if not encrypted. */
class EtagCheck implements DownloadCheck {
  readonly verification = 'etag'
  readonly #hash: Hash = createHash('md5')
  readonly #etag: string

  constructor(etag: string) {
    this.#etag = etag
  }

  part(): PartCheck {
    return { update: (chunk) => this.#hash.update(chunk), end: () => {} }
  }

  finish(): void {
    if (this.#hash.digest('hex') !== this.#etag) throw mismatch('ETag')
  }
}

/** Combines the checksums of the parts, in whatever order they arrived. */
class CombinedCheck implements DownloadCheck {
  readonly verification: Verification
  readonly #algorithm: CrcAlgorithm
  readonly #expected: string
  readonly #parts: { digest: Uint8Array; lengthBytes: number }[] = []

  constructor({ name, algorithm }: WholeChecksum, expected: string) {
    this.verification = name
    this.#algorithm = algorithm
    this.#expected = expected
  }

  part(index: number): PartCheck {
    const sum: Checksum = createChecksum(this.#algorithm)
    return {
      update: (chunk) => sum.update(chunk),
      end: (lengthBytes) => {
        this.#parts[index] = { digest: sum.digest(), lengthBytes }
      },
    }
  }

  finish(): void {
    let whole = createChecksum(this.#algorithm).digest()
    for (const { digest, lengthBytes } of this.#parts) {
      whole = crcCombine(this.#algorithm, whole, digest, lengthBytes)
    }
    if (encodeDigest(whole) !== this.#expected) throw mismatch(this.verification)
  }
}

function mismatch(what: string): IntegrityError {
  return new IntegrityError(`the downloaded content does not match the object's ${what}`)
}

/**
 * The best check that an object allows.
 *
 * @param inOneRange whether its bytes arrive in order
 * @param complete whether all of them arrive now: what an earlier download left is not seen
 */
export function downloadCheck(
  stat: ObjectStat,
  inOneRange: boolean,
  complete: boolean,
): DownloadCheck {
  if (!complete) return new LengthCheck()
  for (const checksum of wholeChecksums) {
    const expected = stat.checksums[checksum.name]
    const isOfWhole = expected !== undefined && !expected.includes('-')
    if (isOfWhole && stat.checksumType !== 'COMPOSITE') return new CombinedCheck(checksum, expected)
  }
  const { etag } = stat
  const comparable = inOneRange && etag !== undefined && isMd5(etag) && etagIsOfBytes(stat)
  return comparable ? new EtagCheck(etag) : new LengthCheck()
}
