import { planBody } from '../http/body-plan.ts'
import { receiveBody } from '../http/receive-body.ts'
import { S3Failure } from '../failure.ts'
import type { OperationContext } from './operation.ts'

export interface DocumentRules {
  readonly maxBytes: number
  /** S3 refuses some documents without a checksum of any kind. */
  readonly needsChecksum?: boolean | undefined
}

/**
 * Reads a small body whole, checked against everything that was promised of it.
 * @throws S3Failure
 */
export async function readDocument(
  context: OperationContext,
  rules: DocumentRules,
): Promise<string> {
  const { maxBytes } = rules
  const plan = planBody(context.request, context.payload, { maxBytes, needsSize: false })
  if (rules.needsChecksum === true && plan.md5 === undefined && plan.checksum === undefined) {
    throw new S3Failure('InvalidRequest', {
      message: 'Missing required header for this request: Content-MD5',
    })
  }
  const chunks: Uint8Array[] = []
  await receiveBody(context.body, plan, {
    sink: (bytes) => void chunks.push(bytes),
    maxBytes,
    wantsMd5: false,
  })
  return decodeUtf8(Buffer.concat(chunks))
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new S3Failure('MalformedXML', { message: 'The document is not UTF-8.' })
  }
}
