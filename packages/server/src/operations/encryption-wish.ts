import { S3Failure } from '../failure.ts'
import { defaultKmsKeyId, type EncryptionWish } from '../encryption/key-ring.ts'
import { customerKey } from './customer-key.ts'
import type { OperationContext } from './operation.ts'

const methodHeader = 'x-amz-server-side-encryption'
const keyIdHeader = 'x-amz-server-side-encryption-aws-kms-key-id'
const contextHeader = 'x-amz-server-side-encryption-context'
const bucketKeyHeader = 'x-amz-server-side-encryption-bucket-key-enabled'

/**
 * How a new object is to be encrypted: as the request says, or else as the bucket does.
 * @throws S3Failure
 */
export function encryptionWish(context: OperationContext): EncryptionWish | undefined {
  const { request } = context
  const method = request.header(methodHeader)
  const sent = customerKey(context)
  if (sent !== undefined) {
    if (method !== undefined || request.header(keyIdHeader) !== undefined) {
      throw invalid(methodHeader, 'A customer provided key goes with no other encryption.')
    }
    return { method: 'SSE-C', customerKey: sent.key }
  }
  if (method === 'aws:kms') return kmsWish(context, request.header(keyIdHeader))
  if (request.header(keyIdHeader) !== undefined || request.header(contextHeader) !== undefined) {
    throw invalid(methodHeader, 'A KMS key needs x-amz-server-side-encryption: aws:kms.')
  }
  if (method === 'aws:kms:dsse') throw new S3Failure('NotImplemented')
  if (method === 'AES256') return { method }
  if (method !== undefined) throw invalid(methodHeader, 'This encryption is not supported.')
  return bucketWish(context)
}

function bucketWish(context: OperationContext): EncryptionWish | undefined {
  const rule = bucketRule(context)
  if (rule?.byDefault === undefined) return undefined
  const { sseAlgorithm, kmsMasterKeyId } = rule.byDefault
  return sseAlgorithm === 'AES256' ? { method: 'AES256' } : kmsWish(context, kmsMasterKeyId)
}

function bucketRule({ server, bucket }: OperationContext) {
  return server.store.configurations.find(bucket, 'encryption')?.rules[0]
}

/** @throws S3Failure KMS.NotFoundException */
function kmsWish(context: OperationContext, name: string = defaultKmsKeyId): EncryptionWish {
  const { request, server } = context
  const keyId = server.encryption.keys.kmsKeyId(name)
  if (keyId === undefined) {
    throw new S3Failure('KMS.NotFoundException', { message: `There is no key ${name}.` })
  }
  return {
    method: 'aws:kms',
    keyId,
    context: encryptionContext(request.header(contextHeader)),
    bucketKey: bucketKeyWish(context),
  }
}

function bucketKeyWish(context: OperationContext): boolean | undefined {
  const text = context.request.header(bucketKeyHeader)?.toLowerCase()
  if (text === undefined) return bucketRule(context)?.bucketKeyEnabled === true ? true : undefined
  if (text === 'true') return true
  if (text === 'false') return undefined
  throw invalid(bucketKeyHeader, 'true or false is expected.')
}

const maxContextBytes = 8192

/** Base64 of a JSON object whose values are texts. */
function encryptionContext(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const bytes = Buffer.from(text, 'base64')
  const isContext =
    text.length <= maxContextBytes && bytes.toString('base64') === text && isTextMap(bytes)
  if (isContext) return text
  throw invalid(contextHeader, 'Base64 of a JSON object of texts is expected.')
}

function isTextMap(bytes: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && Object.values(value).every((item) => typeof item === 'string')
  } catch {
    return false
  }
}

function invalid(header: string, message: string): S3Failure {
  return new S3Failure('InvalidArgument', { message, extra: { ArgumentName: header } })
}
