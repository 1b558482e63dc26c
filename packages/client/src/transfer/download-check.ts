import { createHash, type Hash } from 'node:crypto'
import {
  compositeChecksum,
  createChecksum,
  crcCombine,
  encodeDigest,
  type Checksum,
  type CrcAlgorithm,
} from '@stowage/protocol'
import { IntegrityError } from '../errors.ts'
import type { ChecksumAlgorithm } from '../request/checksum.ts'
import type { Verification } from '../results/content-check.ts'
import type { ObjectStat } from '../results/object-stat.ts'
import { etagIsOfBytes, isMd5 } from './etag-meaning.ts'

type ChecksumName = Exclude<Verification, 'etag' | 'length'>

/** The cheapest comes first. */
const algorithms: readonly (readonly [name: ChecksumName, algorithm: ChecksumAlgorithm])[] = [
  ['crc32', 'CRC32'],
  ['crc32c', 'CRC32C'],
  ['crc64nvme', 'CRC64NVME'],
  ['sha256', 'SHA256'],
  ['sha1', 'SHA1'],
]

/** Compares the content of a download with what the store says of it. */
export interface DownloadCheck {
  readonly verification: Verification
  /** Whether it can only see all bytes in order, as one part: not ranges that arrive together. */
  readonly needsOrder: boolean
  /** Begins a range, anew where it failed before; what it gets is fed with its bytes, in order. */
  part(index: number): PartCheck
  /** @throws IntegrityError when the whole is not what the store has */
  finish(): void
}

export interface PartCheck {
  update(chunk: Uint8Array): void
  end(lengthBytes: number): void
}

/** How the bytes of a download arrive. */
export interface Arrival {
  /** Whether in order, as one range. */
  readonly inOneRange: boolean
  /** Sizes of the parts that a composite checksum is made of. */
  readonly partSizes: readonly number[] | undefined
  /** Whether the ranges are these parts. */
  readonly byParts: boolean
}

/** Sees nothing. */
export const unchecked: PartCheck = { update: () => {}, end: () => {} }

class LengthCheck implements DownloadCheck {
  readonly verification = 'length'
  readonly needsOrder = false
  part(): PartCheck {
    return unchecked
  }
  finish(): void {}
}

/** An object that comes in one range has the MD5 of its bytes for an ETag, if not encrypted. */
class EtagCheck implements DownloadCheck {
  readonly verification = 'etag'
  readonly needsOrder = true
  readonly #etag: string
  #hash: Hash | undefined

  constructor(etag: string) {
    this.#etag = etag
  }

  part(): PartCheck {
    const hash = (this.#hash = createHash('md5'))
    return { update: (chunk) => hash.update(chunk), end: () => {} }
  }

  finish(): void {
    if (this.#hash?.digest('hex') !== this.#etag) throw mismatch('ETag')
  }
}

/** A checksum of the whole that cannot be combined. */
class OrderedCheck implements DownloadCheck {
  readonly verification: Verification
  readonly needsOrder = true
  readonly #algorithm: ChecksumAlgorithm
  readonly #expected: string
  #sum: Checksum | undefined

  constructor(name: ChecksumName, algorithm: ChecksumAlgorithm, expected: string) {
    this.verification = name
    this.#algorithm = algorithm
    this.#expected = expected
  }

  part(): PartCheck {
    const sum = (this.#sum = createChecksum(this.#algorithm))
    return { update: (chunk) => sum.update(chunk), end: () => {} }
  }

  finish(): void {
    const actual = this.#sum && encodeDigest(this.#sum.digest())
    if (actual !== this.#expected) throw mismatch(this.verification)
  }
}

/** Combines the checksums of the ranges, in whatever order they arrived. */
class CombinedCheck implements DownloadCheck {
  readonly verification: Verification
  readonly needsOrder = false
  readonly #algorithm: CrcAlgorithm
  readonly #expected: string
  readonly #parts: { digest: Uint8Array; lengthBytes: number }[] = []

  constructor(name: ChecksumName, algorithm: CrcAlgorithm, expected: string) {
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

/** The checksum over the checksums of the parts that the object was uploaded in. */
class CompositeCheck implements DownloadCheck {
  readonly verification: Verification
  readonly needsOrder: boolean
  readonly #composite: CompositeChecksum
  readonly #sizes: readonly number[]
  readonly #digests: Uint8Array[] = []

  constructor(composite: CompositeChecksum, sizes: readonly number[], byParts: boolean) {
    this.verification = composite.name
    this.needsOrder = !byParts
    this.#composite = composite
    this.#sizes = sizes
  }

  /** A range ends with its part, or goes on through all that follow. */
  part(index: number): PartCheck {
    let at = index
    let left = this.#sizes[at] ?? 0
    let sum = createChecksum(this.#composite.algorithm)
    const endPart = (): void => {
      this.#digests[at] = sum.digest()
      at++
      left = this.#sizes[at] ?? 0
      sum = createChecksum(this.#composite.algorithm)
    }
    return {
      update: (chunk) => {
        for (let rest = chunk; rest.length > 0 && at < this.#sizes.length;) {
          const taken = rest.subarray(0, left)
          rest = rest.subarray(taken.length)
          sum.update(taken)
          left -= taken.length
          if (left === 0) endPart()
        }
      },
      end: () => {
        // An empty part brings no bytes; only the last can be one.
        if (left === 0 && at < this.#sizes.length) endPart()
      },
    }
  }

  finish(): void {
    const { algorithm, digest } = this.#composite
    // A part without a digest has not been seen whole.
    for (const index of this.#sizes.keys()) {
      if (this.#digests[index] === undefined) throw mismatch(this.verification)
    }
    const [actual] = compositeChecksum(algorithm, this.#digests).split('-')
    if (actual !== digest) throw mismatch(this.verification)
  }
}

function mismatch(what: string): IntegrityError {
  return new IntegrityError(`the downloaded content does not match the object's ${what}`)
}

/** A checksum over the checksums of parts. */
export interface CompositeChecksum {
  readonly name: ChecksumName
  readonly algorithm: ChecksumAlgorithm
  /** In base64, without the number of parts. */
  readonly digest: string
  readonly parts: number | undefined
}

/** The checksum of all bytes, where the store sent one. */
function wholeCheckOf(stat: ObjectStat): DownloadCheck | undefined {
  if (stat.checksumType === 'COMPOSITE') return undefined
  for (const [name, algorithm] of algorithms) {
    const expected = stat.checksums[name]
    if (expected === undefined || expected.includes('-')) continue
    return isCrc(algorithm)
      ? new CombinedCheck(name, algorithm, expected)
      : new OrderedCheck(name, algorithm, expected)
  }
  return undefined
}

function isCrc(algorithm: ChecksumAlgorithm): algorithm is CrcAlgorithm {
  return algorithm.startsWith('CRC')
}

/** The composite checksum of an object that has no other one. */
export function compositeChecksumOf(stat: ObjectStat): CompositeChecksum | undefined {
  for (const [name, algorithm] of algorithms) {
    const [digest, parts] = stat.checksums[name]?.split('-') ?? []
    if (digest === undefined) continue
    if (parts === undefined && stat.checksumType !== 'COMPOSITE') return undefined
    return { name, algorithm, digest, parts: parts === undefined ? undefined : Number(parts) }
  }
  return undefined
}

/** The best check that an object allows. */
export function downloadCheck(stat: ObjectStat, arrival: Arrival): DownloadCheck {
  const { inOneRange, partSizes, byParts } = arrival
  const whole = wholeCheckOf(stat)
  if (whole) return whole
  const composite = compositeChecksumOf(stat)
  if (composite && partSizes) return new CompositeCheck(composite, partSizes, byParts)
  const { etag } = stat
  // For an ETag, which nobody asked for, a file is not read a second time: MD5 would take longer
  // than the download.
  const comparable = inOneRange && etag !== undefined && isMd5(etag) && etagIsOfBytes(stat)
  return comparable ? new EtagCheck(etag) : new LengthCheck()
}
