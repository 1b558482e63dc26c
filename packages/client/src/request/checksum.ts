import {
  checksumAlgorithms,
  decodeDigest,
  type ChecksumAlgorithm as AnyAlgorithm,
  type ChecksumKind,
} from '@stowage/protocol'
import { checkOneOf, checkProperties, checkString } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'

/** A checksum that stores compute and keep, by the name that `x-amz-checksum-algorithm` has. */
export type ChecksumAlgorithm = Exclude<AnyAlgorithm, 'MD5'>

/** Of a multipart object: over the checksums of its parts, or over all of its bytes. */
export type ChecksumType = ChecksumKind

/** Which checksum an upload carries, where its algorithm alone does not say enough. */
export interface ChecksumOptions {
  readonly algorithm: ChecksumAlgorithm
  /**
   * The checksum of all data in base64, where it is known before. It is sent as it is, and a
   * store that checks it refuses other data. Data that goes in parts needs a CRC.
   */
  readonly value?: string | undefined
  /**
   * How the checksum of data that goes in parts is made. Default: that of S3, `FULL_OBJECT` for
   * CRC64NVME and `COMPOSITE` for all others; `FULL_OBJECT` with a `value`. The SHA are
   * `COMPOSITE` only.
   */
  readonly type?: ChecksumType | undefined
  /**
   * `header`: computed before the data is sent; the default. `trailer`: computed while it is sent,
   * and sent behind it, as `aws-chunked`. Ceph takes that since 18, and until 20 keeps
   * `aws-chunked` for the object's content encoding.
   */
  readonly placement?: 'header' | 'trailer' | undefined
}

/** What an upload does about its checksum. */
export interface ChecksumPlan {
  readonly algorithm: ChecksumAlgorithm
  readonly headerName: string
  /** Of all data, as the caller knows it. */
  readonly value: string | undefined
  /** Of an object in parts. */
  readonly type: ChecksumType
  readonly trailer: boolean
}

const algorithms: ReadonlySet<unknown> = new Set<ChecksumAlgorithm>([
  'CRC32',
  'CRC32C',
  'CRC64NVME',
  'SHA1',
  'SHA256',
])
const placements: ReadonlySet<unknown> = new Set([undefined, 'header', 'trailer'])
const properties: ReadonlySet<string> = new Set(['algorithm', 'value', 'type', 'placement'])

export function checkChecksumAlgorithm(argument: string, algorithm: unknown): void {
  checkOneOf(argument, algorithm, algorithms)
}

/**
 * Reads and checks the option `checksum`.
 *
 * @throws InvalidArgumentError naming `checksum`
 */
export function checksumPlan(option: ChecksumAlgorithm | ChecksumOptions): ChecksumPlan {
  if (typeof option === 'string') {
    checkChecksumAlgorithm('checksum', option)
    return checksumPlan({ algorithm: option })
  }
  checkProperties('checksum', option, properties)
  const { algorithm, value, placement } = option
  checkChecksumAlgorithm('checksum.algorithm', algorithm)
  checkOneOf('checksum.placement', placement, placements)
  if (value !== undefined) checkValue(algorithm, value)
  const { headerName } = checksumAlgorithms[algorithm]
  return { algorithm, headerName, value, type: typeOf(option), trailer: placement === 'trailer' }
}

function checkValue(algorithm: ChecksumAlgorithm, value: unknown): void {
  checkString('checksum.value', value)
  if (decodeDigest(algorithm, value) !== undefined) return
  throw new InvalidArgumentError('checksum.value', `must be a ${algorithm} in base64`)
}

function typeOf({ algorithm, value, type }: ChecksumOptions): ChecksumType {
  const { kinds } = checksumAlgorithms[algorithm]
  const fitting = kinds.filter((kind) => value === undefined || kind === 'FULL_OBJECT')
  // A SHA with a value has no kind of its own, and does for data that goes in one request.
  if (type === undefined) return fitting[0] ?? 'FULL_OBJECT'
  if (fitting.includes(type)) return type
  const beside = value === undefined ? algorithm : `${algorithm} with a value`
  throw new InvalidArgumentError('checksum.type', `does not go with ${beside}`)
}

/** Headers by which a request says what checksum it carries. */
export function checksumHeaders(plan: ChecksumPlan, value: string): Record<string, string> {
  return { [plan.headerName]: value, ...sdkHeader(plan) }
}

/** Ceph looks at the checksums of new data only where this header names them. */
export function sdkHeader({ algorithm }: ChecksumPlan): Record<string, string> {
  return { 'x-amz-sdk-checksum-algorithm': algorithm }
}
