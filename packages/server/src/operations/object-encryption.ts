import {
  UnknownKeyError,
  WrongKeyError,
  type ObjectPlace,
  type OpenEncryption,
} from '../encryption/key-ring.ts'
import { OpeningReader } from '../encryption/opening-reader.ts'
import { SealingWriter } from '../encryption/sealing-writer.ts'
import { S3Failure } from '../failure.ts'
import type { ReplyHeader } from '../http/reply.ts'
import type { BlobReader, BlobWriter } from '../store/blobs.ts'
import type { ObjectEncryption } from '../store/object-encryption.ts'
import type { OpenedObject } from '../store/objects.ts'
import {
  customerKey,
  customerKeyHeaders,
  sourceCustomerKey,
  type CustomerKey,
} from './customer-key.ts'
import { encryptionWish } from './encryption-wish.ts'
import type { OperationContext } from './operation.ts'

/**
 * The encryption of a new object: of PutObject, CopyObject and CreateMultipartUpload.
 * `encryption` goes into the record. Undefined: the object is stored as it is.
 * @throws S3Failure
 */
export function encryptionOfUpload(context: OperationContext): OpenEncryption | undefined {
  const wish = encryptionWish(context)
  return wish && context.server.encryption.keys.seal(wish, placeOf(context))
}

/**
 * The encryption of a part: that of its upload, for which SSE-C needs the same key again.
 * @param encryption what CreateMultipartUpload kept
 * @throws S3Failure InvalidRequest
 */
export function encryptionOfPart(
  context: OperationContext,
  encryption: ObjectEncryption | undefined,
): OpenEncryption | undefined {
  const sent = customerKey(context)
  if ((encryption?.method === 'SSE-C') !== (sent !== undefined)) {
    throw new S3Failure('InvalidRequest', {
      message: 'A part comes with the key that its upload began with.',
    })
  }
  if (encryption === undefined) return undefined
  const objectKey = openKey(context, encryption, placeOf(context), sent, 'InvalidRequest')
  return { objectKey, encryption }
}

/** Encrypts what is written, where there is an encryption. */
export function sealedWriter(
  context: OperationContext,
  writer: BlobWriter,
  open: OpenEncryption | undefined,
): BlobWriter {
  if (open === undefined) return writer
  return new SealingWriter(writer, open.objectKey, context.server.encryption.keys.newSalt())
}

/** The ETag of new bytes: their MD5, except where that would tell of what nobody may read. */
export function etagOf(
  { server }: OperationContext,
  md5: string,
  open: OpenEncryption | undefined,
): string {
  if (open === undefined || open.encryption.method === 'AES256') return md5
  return server.encryption.keys.newEtag()
}

/**
 * Refuses a GET or HEAD whose key is not the object's, or that speaks of an encryption.
 * @throws S3Failure InvalidArgument, InvalidRequest, AccessDenied
 */
export function refuseUnreadable(
  context: OperationContext,
  encryption: ObjectEncryption | undefined,
): void {
  const sent = keyForReading(context, encryption)
  if (encryption?.method === 'SSE-C') openKey(context, encryption, placeOf(context), sent)
}

/** The object's bytes as they were sent. @throws S3Failure, as `refuseUnreadable` */
export function contentReader(
  context: OperationContext,
  { record, reader }: OpenedObject,
): BlobReader {
  const { encryption, segments } = record
  const sent = keyForReading(context, encryption)
  if (encryption === undefined) return reader
  const objectKey = openKey(context, encryption, placeOf(context), sent)
  return new OpeningReader(reader, segments, objectKey)
}

function keyForReading(
  context: OperationContext,
  encryption: ObjectEncryption | undefined,
): CustomerKey | undefined {
  const header = 'x-amz-server-side-encryption'
  if (context.request.header(header) !== undefined) {
    throw new S3Failure('InvalidArgument', {
      message: `${header} header is not supported for this operation.`,
      extra: { ArgumentName: header },
    })
  }
  const sent = customerKey(context)
  refuseOtherKey(encryption, sent)
  return sent
}

/** The bytes of a copy's source as they were sent. @throws S3Failure */
export function sourceReader(
  context: OperationContext,
  place: ObjectPlace,
  { record, reader }: OpenedObject,
): BlobReader {
  const { encryption, segments } = record
  const sent = sourceCustomerKey(context)
  refuseOtherKey(encryption, sent)
  if (encryption === undefined) return reader
  return new OpeningReader(reader, segments, openKey(context, encryption, place, sent))
}

/** What an answer tells of an object's encryption. */
export function encryptionHeaders(
  context: OperationContext,
  encryption: ObjectEncryption | undefined,
): readonly ReplyHeader[] {
  if (encryption === undefined) return []
  const { method, keyId, bucketKey } = encryption
  if (method === 'SSE-C') {
    const sent = customerKey(context)
    return sent === undefined ? [] : customerKeyHeaders(sent)
  }
  const headers: ReplyHeader[] = [['x-amz-server-side-encryption', method]]
  if (keyId !== undefined) headers.push(['x-amz-server-side-encryption-aws-kms-key-id', keyId])
  if (bucketKey === true) headers.push(['x-amz-server-side-encryption-bucket-key-enabled', 'true'])
  return headers
}

/** ... and the encryption context, which only those hear who set it. */
export function uploadEncryptionHeaders(
  context: OperationContext,
  encryption: ObjectEncryption | undefined,
): readonly ReplyHeader[] {
  const headers = encryptionHeaders(context, encryption)
  if (encryption?.context === undefined) return headers
  return [...headers, ['x-amz-server-side-encryption-context', encryption.context]]
}

function refuseOtherKey(
  encryption: ObjectEncryption | undefined,
  sent: CustomerKey | undefined,
): void {
  const needsKey = encryption?.method === 'SSE-C'
  if (needsKey === (sent !== undefined)) return
  throw new S3Failure('InvalidRequest', {
    message: needsKey
      ? 'The object was stored with a customer provided key, which has to be sent to read it.'
      : 'The encryption parameters are not applicable to this object.',
  })
}

function openKey(
  { server }: OperationContext,
  encryption: ObjectEncryption,
  place: ObjectPlace,
  sent: CustomerKey | undefined,
  refusal: 'AccessDenied' | 'InvalidRequest' = 'AccessDenied',
): Buffer {
  try {
    return server.encryption.keys.open(encryption, place, sent?.key)
  } catch (error) {
    if (error instanceof WrongKeyError && encryption.method === 'SSE-C') {
      throw new S3Failure(refusal, { message: 'This is not the key that the object has.' })
    }
    if (error instanceof UnknownKeyError) throw new S3Failure('KMS.NotFoundException')
    throw error
  }
}

function placeOf({ bucket, key }: OperationContext): ObjectPlace {
  return { bucket, key }
}
