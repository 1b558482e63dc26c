import { list, optional, required } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean, text } from '../xml/values.ts'

/** `ApplyServerSideEncryptionByDefault`. */
export interface DefaultEncryption {
  /** `AES256`, `aws:kms` or `aws:kms:dsse`. */
  readonly sseAlgorithm: string
  readonly kmsMasterKeyId?: string | undefined
}

/** `Rule` of a bucket's encryption. */
export interface EncryptionRule {
  readonly byDefault?: DefaultEncryption | undefined
  readonly bucketKeyEnabled?: boolean | undefined
}

/** `ServerSideEncryptionConfiguration`: of Get- and PutBucketEncryption; S3 takes one rule. */
export interface EncryptionConfiguration {
  readonly rules: readonly EncryptionRule[]
}

/** The document `<ServerSideEncryptionConfiguration>`. */
export const bucketEncryptionDocument: XmlDocument<EncryptionConfiguration> = s3Document(
  'ServerSideEncryptionConfiguration',
  object<EncryptionConfiguration>({
    rules: list(
      'Rule',
      object<EncryptionRule>({
        byDefault: optional(
          'ApplyServerSideEncryptionByDefault',
          object<DefaultEncryption>({
            sseAlgorithm: required('SSEAlgorithm', text),
            kmsMasterKeyId: optional('KMSMasterKeyID', text),
          }),
        ),
        bucketKeyEnabled: optional('BucketKeyEnabled', boolean),
      }),
    ),
  }),
)
