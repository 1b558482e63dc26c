import { InvalidResponseError, isS3Error } from '../errors.ts'
import { getBucketEncryption } from '../operations/bucket-encryption.ts'
import type { CallOptions } from '../options.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'

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
 * The headers with which a copy in parts is encrypted no less than its source; none where the
 * target bucket encrypts as much by itself, which is then its own choice of key.
 */
export async function keptEncryption(
  pipeline: Pipeline,
  bucket: string,
  { algorithm, kmsKeyId }: StoredEncryption,
  options: CallOptions,
): Promise<Record<string, string>> {
  const strength = strengthOf(algorithm)
  if (algorithm === undefined || strength === 0) return {}
  const byDefault = await defaultOf(pipeline, bucket, options)
  if (strengthOf(byDefault) >= strength) return {}
  const headers: Record<string, string> = { 'x-amz-server-side-encryption': algorithm }
  if (kmsKeyId !== undefined) headers['x-amz-server-side-encryption-aws-kms-key-id'] = kmsKeyId
  return headers
}

/** Stores without bucket encryption refuse the question in one of these ways. */
const none: ReadonlySet<string> = new Set([
  'ServerSideEncryptionConfigurationNotFoundError',
  'NotImplemented',
  'MethodNotAllowed',
])

/**
 * How a bucket encrypts what comes without a wish. Who may not ask is taken to be on AWS: there
 * every bucket encrypts, with AES256 at least, and to name that would undo a stronger default.
 */
async function defaultOf(
  pipeline: Pipeline,
  bucket: string,
  options: CallOptions,
): Promise<string | undefined> {
  try {
    return (await pipeline.send(getBucketEncryption(bucket), options)).algorithm
  } catch (error) {
    if (isS3Error(error) && none.has(error.code)) return undefined
    if (isS3Error(error, 'AccessDenied') || error instanceof InvalidResponseError) return 'AES256'
    throw error
  }
}
