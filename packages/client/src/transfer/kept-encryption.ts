import { InvalidResponseError, isS3Error } from '../errors.ts'
import { getBucketEncryption } from '../operations/bucket-encryption.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'

const encryptionHeader = 'x-amz-server-side-encryption'

/** How the source of a copy is encrypted, as its HEAD says; a customer's key is no part of it. */
export interface StoredEncryption {
  /** `AES256`, `aws:kms` or `aws:kms:dsse`; undefined for none, and for a customer's key. */
  readonly algorithm: string | undefined
  readonly kmsKeyId: string | undefined
}

/** How much each does; none and those that nobody knows do nothing. */
const strengths: ReadonlyMap<string | undefined, number> = new Map([
  ['AES256', 1],
  ['aws:kms', 2],
  ['aws:kms:dsse', 3],
])

function strengthOf(algorithm: string | undefined): number {
  return strengths.get(algorithm) ?? 0
}

/**
 * The headers with which a copy in parts is encrypted no less than any of its sources; none where
 * the target bucket encrypts as much by itself, which is then its own choice of key.
 */
export async function keptEncryption(
  pipeline: Pipeline,
  bucket: string,
  sources: readonly StoredEncryption[],
  options: CallOptions,
): Promise<Record<string, string>> {
  const { algorithm, kmsKeyId } = sources.reduce((best, one) =>
    strengthOf(one.algorithm) > strengthOf(best.algorithm) ? one : best,
  )
  const strength = strengthOf(algorithm)
  if (algorithm === undefined || strength === 0 || isNamed(options)) return {}
  const byDefault = await defaultOf(pipeline, bucket, options)
  if (strengthOf(byDefault) >= strength) return {}
  const headers: Record<string, string> = { [encryptionHeader]: algorithm }
  if (kmsKeyId !== undefined) headers[`${encryptionHeader}-aws-kms-key-id`] = kmsKeyId
  return headers
}

/** Whether the caller names an encryption in a header of his own. */
function isNamed({ requestHeaders = {} }: CallOptions): boolean {
  return Object.keys(requestHeaders).some((name) => name.toLowerCase().startsWith(encryptionHeader))
}

/**
 * How a bucket encrypts what comes without a wish; undefined where it does not, or where the store
 * does not understand the question. Who may not ask, or gets an answer of tomorrow, is taken to be
 * on AWS: there every bucket encrypts, with AES256 at least, and to name that would undo a stronger
 * default.
 */
async function defaultOf(
  pipeline: Pipeline,
  bucket: string,
  options: CallOptions,
): Promise<string | undefined> {
  try {
    return (await pipeline.send(getBucketEncryption(bucket), options)).algorithm
  } catch (error) {
    if (error instanceof InvalidResponseError) return 'AES256'
    if (!isS3Error(error) || error.code === 'NoSuchBucket') throw error
    if (error.status === 403) return 'AES256'
    if (error.status < 500 || error.code === 'NotImplemented') return undefined
    throw error
  }
}
