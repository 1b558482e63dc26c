import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeWithVectors } from '../../../../test/support/vectors.ts'
import {
  checksumAlgorithms,
  isChecksumAlgorithm,
  type ChecksumAlgorithm,
  type CrcAlgorithm,
} from '../../src/checksums/algorithms.ts'
import { checksum, createChecksum } from '../../src/checksums/checksum.ts'
import { crcCombine } from '../../src/checksums/combine.ts'
import { decodeDigest, encodeDigest } from '../../src/checksums/header-value.ts'
import {
  compositeChecksum,
  fullObjectChecksum,
  multipartEtag,
} from '../../src/checksums/multipart.ts'

const algorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'MD5'] as const
const crcs = ['CRC32', 'CRC32C', 'CRC64NVME'] as const
const seeded = { seed: 20261123, numRuns: 200 }

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Bit by bit, as the definitions in the catalogue of CRC parameters have it. */
function slowCrc(algorithm: CrcAlgorithm, bytes: Uint8Array): string {
  const [width, polynomial] = {
    CRC32: [32n, 0xedb88320n] as const,
    CRC32C: [32n, 0x82f63b78n] as const,
    CRC64NVME: [64n, 0x9a6c9329ac4bc9b5n] as const,
  }[algorithm]
  const ones = (1n << width) - 1n
  let crc = ones
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n
  }
  return (crc ^ ones).toString(16).padStart(Number(width / 4n), '0')
}

it.each([
  ['CRC32', 'cbf43926'],
  ['CRC32C', 'e3069283'],
  ['CRC64NVME', 'ae8b14860a799888'],
  ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
  ['MD5', '25f9e794323b453885f5181f1b624d0b'],
] as const)('%s has the catalogue check value of 123456789', (algorithm, value) => {
  expect(hex(checksum(algorithm, Buffer.from('123456789')))).toBe(value)
})

// RFC 3720, appendix B.4.
it.each([
  [Buffer.alloc(32), '8a9136aa'],
  [Buffer.alloc(32, 0xff), '62a8ab43'],
  [Buffer.from(Array.from({ length: 32 }, (_, index) => index)), '46dd794e'],
  [Buffer.from(Array.from({ length: 32 }, (_, index) => 31 - index)), '113fdb5c'],
])('CRC32C has the values of the iSCSI specification', (bytes, value) => {
  expect(hex(checksum('CRC32C', bytes))).toBe(value)
})

describe.each(algorithms)('%s', (algorithm) => {
  it('does not depend on how the bytes are cut', () => {
    const bytes = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(300), { maxLength: 5 }), (data, cuts) => {
        const borders = [0, ...cuts.map((cut) => Math.min(cut, data.length)), data.length].sort(
          (a, b) => a - b,
        )
        const sum = createChecksum(algorithm)
        for (const [index, border] of borders.entries()) {
          sum.update(data.subarray(borders[index - 1] ?? 0, border))
        }
        expect(hex(sum.digest())).toBe(hex(checksum(algorithm, data)))
      }),
      seeded,
    )
  })

  it('reads only its own bytes of a shared buffer', () => {
    const shared = Buffer.from('xxx123456789yyy')
    const own = Buffer.from('123456789')
    expect(hex(checksum(algorithm, shared.subarray(3, 12)))).toBe(hex(checksum(algorithm, own)))
  })

  it('has a digest of its length, which its header carries strictly', () => {
    const digest = checksum(algorithm, Buffer.from('abc'))
    const value = encodeDigest(digest)
    expect(digest.length).toBe(checksumAlgorithms[algorithm].digestBytes)
    expect(hex(decodeDigest(algorithm, value) ?? Buffer.alloc(0))).toBe(hex(digest))
    for (const bad of [
      '',
      `${value} `,
      ` ${value}`,
      `${value}-3`,
      value.replace(/=+$/, '@'),
      `A${value}`,
    ]) {
      expect(decodeDigest(algorithm, bad)).toBeUndefined()
    }
    expect(isChecksumAlgorithm(algorithm)).toBe(true)
    expect(isChecksumAlgorithm(algorithm.toLowerCase())).toBe(false)
  })
})

it('knows no algorithm by an inherited name', () => {
  expect(isChecksumAlgorithm('constructor')).toBe(false)
  expect(isChecksumAlgorithm(undefined)).toBe(false)
})

it('refuses another spelling of the same base64', () => {
  expect(decodeDigest('CRC32', 'AAAAAA==')).toBeDefined()
  expect(decodeDigest('CRC32', 'AAAAAB==')).toBeUndefined()
  expect(decodeDigest('CRC32', 'AAAAAA')).toBeUndefined()
})

describe.each(crcs)('%s', (algorithm) => {
  it('equals its definition at every length around a step', () => {
    const data = Buffer.from(Array.from({ length: 70 }, (_, index) => (index * 197 + 31) & 0xff))
    for (let length = 0; length <= data.length; length++) {
      const bytes = data.subarray(0, length)
      expect(hex(checksum(algorithm, bytes))).toBe(slowCrc(algorithm, bytes))
    }
  })

  it('combines at every split', () => {
    const data = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 89 + 7) & 0xff))
    const whole = hex(checksum(algorithm, data))
    for (let split = 0; split <= data.length; split++) {
      const first = checksum(algorithm, data.subarray(0, split))
      const second = checksum(algorithm, data.subarray(split))
      expect(hex(crcCombine(algorithm, first, second, data.length - split))).toBe(whole)
    }
  })

  it('combines over lengths beyond 32 bits as over their halves', () => {
    const first = checksum(algorithm, Buffer.from('first'))
    const nothing = Buffer.alloc(checksumAlgorithms[algorithm].digestBytes)
    const half = 2 ** 40 + 12_345
    const once = crcCombine(algorithm, first, nothing, 2 * half)
    const twice = crcCombine(algorithm, crcCombine(algorithm, first, nothing, half), nothing, half)
    expect(hex(once)).toBe(hex(twice))
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the size %d', (size) => {
    const digest = checksum(algorithm, Buffer.from('a'))
    expect(() => crcCombine(algorithm, digest, digest, size)).toThrow(RangeError)
    expect(() => crcCombine(algorithm, Buffer.alloc(3), digest, 1)).toThrow(RangeError)
  })
})

it('makes no composite of what S3 has none for', () => {
  expect(() => compositeChecksum('CRC64NVME', [Buffer.alloc(8)])).toThrow(RangeError)
  expect(() => compositeChecksum('MD5', [Buffer.alloc(16)])).toThrow(RangeError)
  expect(() => compositeChecksum('CRC32', [])).toThrow(RangeError)
  expect(() => fullObjectChecksum('CRC32', [])).toThrow(RangeError)
  expect(() => multipartEtag([])).toThrow(RangeError)
})

type Named = Readonly<Record<'crc32' | 'crc32c' | 'crc64nvme' | 'sha1' | 'sha256' | 'md5', string>>

interface ChecksumCase extends Named {
  readonly name: string
  readonly input_hex: string | null
  readonly b64: Named
}

interface MultipartCase {
  readonly parts: readonly { readonly size: number; readonly fill: string; readonly md5: string }[]
  readonly etag: string
  readonly total: number
  readonly composite_crc32: string
  readonly composite_crc32c?: string
  readonly composite_sha1: string
  readonly composite_sha256: string
  readonly full_object_crc32: string
  readonly full_object_crc32c?: string
  readonly full_object_crc64nvme?: string
}

interface ChecksumVectors {
  readonly cases: readonly ChecksumCase[]
  readonly multipart: readonly MultipartCase[]
}

const vectorNames: Readonly<Record<ChecksumAlgorithm, keyof Named>> = {
  CRC32: 'crc32',
  CRC32C: 'crc32c',
  CRC64NVME: 'crc64nvme',
  SHA1: 'sha1',
  SHA256: 'sha256',
  MD5: 'md5',
}

describeWithVectors<ChecksumVectors>('vectors', 'checksums/checksums.json', (vectors) => {
  describe.each(vectors.cases)('$name', (one) => {
    const bytes =
      one.input_hex === null ? Buffer.alloc(66_560, 'a') : Buffer.from(one.input_hex, 'hex')

    it.each(algorithms)('%s', (algorithm) => {
      const digest = checksum(algorithm, bytes)
      expect(hex(digest)).toBe(one[vectorNames[algorithm]])
      expect(encodeDigest(digest)).toBe(one.b64[vectorNames[algorithm]])
    })
  })

  describe.each(vectors.multipart)('object of $total bytes in parts', (one) => {
    const parts = one.parts.map(({ size, fill }) => Buffer.alloc(size, fill))
    const digests = (algorithm: ChecksumAlgorithm): Uint8Array[] =>
      parts.map((part) => checksum(algorithm, part))

    it('has the ETag', () => {
      expect(digests('MD5').map(hex)).toEqual(one.parts.map((part) => part.md5))
      expect(`"${multipartEtag(digests('MD5'))}"`).toBe(one.etag)
    })

    it.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)('has the composite %s', (algorithm) => {
      const expected = one[`composite_${lower(algorithm)}`]
      if (expected !== undefined) {
        expect(compositeChecksum(algorithm, digests(algorithm))).toBe(expected)
      }
    })

    it.each(crcs)('has the full-object %s', (algorithm) => {
      const expected = one[`full_object_${lower(algorithm)}`]
      const measured = digests(algorithm).map((digest, index) => ({
        digest,
        sizeBytes: parts[index]?.length ?? 0,
      }))
      const whole = encodeDigest(checksum(algorithm, Buffer.concat(parts)))
      expect(fullObjectChecksum(algorithm, measured)).toBe(expected ?? whole)
      expect(whole).toBe(expected ?? whole)
    })
  })
})

function lower<Name extends string>(name: Name): Lowercase<Name> {
  return name.toLowerCase() as Lowercase<Name>
}
