import { bucketEncryptionDocument, type EncryptionConfiguration } from '@stowage/protocol'
import { checkBoolean, checkNotEmpty, checkOneOf, checkProperties } from '../checks.ts'
import { InvalidArgumentError, InvalidResponseError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'
import {
  deleteConfiguration,
  getConfiguration,
  putConfiguration,
  xmlConfiguration,
} from './configuration.ts'

/** Ways in which a bucket encrypts. */
export type EncryptionAlgorithm = 'AES256' | 'aws:kms' | 'aws:kms:dsse'

/** How a bucket encrypts objects whose upload does not say. */
export interface BucketEncryption {
  readonly algorithm: EncryptionAlgorithm
  /** Name or ARN of a key of the key service; without it the store takes one of its own. */
  readonly kmsKeyId?: string | undefined
  /** One key for the whole bucket, which saves requests to the key service. */
  readonly bucketKeyEnabled?: boolean | undefined
}

const algorithms: ReadonlySet<EncryptionAlgorithm> = new Set<EncryptionAlgorithm>([
  'AES256',
  'aws:kms',
  'aws:kms:dsse',
])

function read({ rules }: EncryptionConfiguration): BucketEncryption {
  const [rule] = rules
  const said = rule?.byDefault?.sseAlgorithm
  const algorithm = [...algorithms].find((one) => one === said)
  // S3 knows one rule. To take the first of several would hide what the bucket really does.
  if (rules.length !== 1 || algorithm === undefined) {
    throw new InvalidResponseError('GetBucketEncryption', 'there is not one rule that is known')
  }
  return {
    algorithm,
    kmsKeyId: rule?.byDefault?.kmsMasterKeyId,
    bucketKeyEnabled: rule?.bucketKeyEnabled,
  }
}

function write(value: BucketEncryption): EncryptionConfiguration {
  const { algorithm, kmsKeyId, bucketKeyEnabled } = value
  const byDefault = { sseAlgorithm: algorithm, kmsMasterKeyId: kmsKeyId }
  return { rules: [{ byDefault, bucketKeyEnabled }] }
}

const encryption = xmlConfiguration(
  'BucketEncryption',
  'encryption',
  bucketEncryptionDocument,
  read,
  write,
)

const properties: ReadonlySet<string> = new Set(['algorithm', 'kmsKeyId', 'bucketKeyEnabled'])

function check(value: BucketEncryption): void {
  checkProperties('encryption', value, properties)
  checkOneOf('encryption.algorithm', value.algorithm, algorithms)
  checkBoolean('encryption.bucketKeyEnabled', value.bucketKeyEnabled)
  if (value.kmsKeyId === undefined) return
  checkNotEmpty('encryption.kmsKeyId', value.kmsKeyId)
  if (value.algorithm === 'AES256') {
    throw new InvalidArgumentError('encryption.kmsKeyId', 'has no use with AES256')
  }
}

/** GetBucketEncryption. */
export function getBucketEncryption(bucket: string): S3Request<BucketEncryption> {
  return getConfiguration(encryption, { bucket })
}

/** PutBucketEncryption. */
export function putBucketEncryption(bucket: string, value: BucketEncryption): S3Request<void> {
  check(value)
  return putConfiguration(encryption, { bucket }, value, 'encryption')
}

/** DeleteBucketEncryption. */
export function deleteBucketEncryption(bucket: string): S3Request<void> {
  return {
    ...deleteConfiguration(encryption, { bucket }),
    absent: { codes: ['ServerSideEncryptionConfigurationNotFoundError'], value: undefined },
  }
}
