import { encodeKeyPath, encodeUriComponentStrict } from '@stowage/protocol'
import { checkBucket, checkId, checkObject } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'

/** What is copied. */
export interface CopySource {
  readonly bucket: string
  readonly object: string
  /** Default: the latest. */
  readonly versionId?: string | undefined
}

const sourceText = /^\/?([^/]+)\/(.+)$/s
const versionSuffix = '?versionId='

/** `bucket/key`, nothing in it encoded, with `?versionId=` behind it for a version. */
function parse(text: string): CopySource {
  const at = text.lastIndexOf(versionSuffix)
  const [, bucket, object] = sourceText.exec(at < 0 ? text : text.slice(0, at)) ?? []
  if (bucket === undefined || object === undefined) {
    throw new InvalidArgumentError('source', 'must be bucket/key')
  }
  return { bucket, object, versionId: at < 0 ? undefined : text.slice(at + versionSuffix.length) }
}

/**
 * Reads and checks a source.
 *
 * @throws InvalidArgumentError
 */
export function copySourceOf(source: string | CopySource): CopySource {
  const read = typeof source === 'string' ? parse(source) : source
  if (typeof read !== 'object' || read === null) {
    throw new InvalidArgumentError('source', 'must be bucket/key, or an object with both')
  }
  checkCopySource(read, 'source')
  return read
}

/** @throws InvalidArgumentError naming a property of `argument` */
export function checkCopySource({ bucket, object, versionId }: CopySource, argument: string): void {
  checkBucket(bucket, `${argument}.bucket`)
  checkObject(object, `${argument}.object`)
  if (versionId !== undefined) checkId(`${argument}.versionId`, versionId)
}

/** The value of `x-amz-copy-source`: the key encoded once, the question mark not at all. */
export function copySourceHeader({ bucket, object, versionId }: CopySource): string {
  const path = `/${bucket}/${encodeKeyPath(object)}`
  if (versionId === undefined) return path
  return `${path}${versionSuffix}${encodeUriComponentStrict(versionId)}`
}
