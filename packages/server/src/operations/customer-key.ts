import { createHash, timingSafeEqual } from 'node:crypto'

import { S3Failure } from '../failure.ts'
import type { ReplyHeader } from '../http/reply.ts'
import { keyBytes } from '../encryption/key-ring.ts'
import type { OperationContext } from './operation.ts'

/** A key that came with a request (SSE-C). It is never kept. */
export interface CustomerKey {
  readonly key: Buffer
  /** In base64, as it is told back. */
  readonly md5: string
}

const ownFamily = 'x-amz-server-side-encryption-customer-'

/** The headers for the key of a copy's source. */
const sourceFamily = 'x-amz-copy-source-server-side-encryption-customer-'

/** The sender's key for the object itself. @throws S3Failure */
export function customerKey(context: OperationContext): CustomerKey | undefined {
  return keyOfFamily(context, ownFamily)
}

/** The sender's key for the source of a copy. @throws S3Failure */
export function sourceCustomerKey(context: OperationContext): CustomerKey | undefined {
  return keyOfFamily(context, sourceFamily)
}

export function customerKeyHeaders({ md5 }: CustomerKey): readonly ReplyHeader[] {
  return [
    [`${ownFamily}algorithm`, 'AES256'],
    [`${ownFamily}key-md5`, md5],
  ]
}

/** The order of the checks, and their codes, are those of Amazon S3. */
function keyOfFamily(
  context: OperationContext,
  family: typeof ownFamily | typeof sourceFamily,
): CustomerKey | undefined {
  const { request } = context
  const algorithm = request.header(`${family}algorithm`)
  const text = request.header(`${family}key`)
  const md5 = request.header(`${family}key-md5`)
  if (algorithm === undefined && text === undefined && md5 === undefined) return undefined
  refuseInTheClear(context)
  if (algorithm === undefined) throw refused('must provide a valid encryption algorithm')
  if (algorithm !== 'AES256') {
    throw new S3Failure('InvalidEncryptionAlgorithmError', {
      extra: { ArgumentName: 'x-amz-server-side-encryption', ArgumentValue: algorithm },
    })
  }
  if (text === undefined) throw refused('must provide an appropriate secret key')
  if (md5 === undefined) throw refused('must provide the MD5 of the secret key')
  const key = Buffer.from(text, 'base64')
  const digest = createHash('md5').update(key).digest()
  const claimed = Buffer.from(md5, 'base64')
  if (claimed.length !== digest.length || !timingSafeEqual(claimed, digest)) {
    throw refused('must provide the MD5 of this very key')
  }
  if (key.length !== keyBytes || key.toString('base64') !== text) {
    throw refused('must provide a secret key of 256 bits')
  }
  return { key, md5: digest.toString('base64') }
}

function refused(reason: string): S3Failure {
  return new S3Failure('InvalidArgument', {
    message: `Requests with customer provided keys ${reason}.`,
    extra: { ArgumentName: 'x-amz-server-side-encryption' },
  })
}

/** There is no TLS here, so the key came in the clear, unless the way was this machine alone. */
function refuseInTheClear({ server, arrival }: OperationContext): void {
  const { sourceIp = '', secure } = arrival
  if (secure || server.encryption.customerKeysOverHttp || isLoopbackAddress(sourceIp)) return
  throw new S3Failure('InvalidRequest', {
    message: 'Requests with customer provided keys must be made over a secure connection.',
  })
}

function isLoopbackAddress(address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address
  return plain === '::1' || plain.startsWith('127.')
}
