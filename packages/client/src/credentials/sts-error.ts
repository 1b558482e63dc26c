import {
  decodeXml,
  errorCodeForStatus,
  errorDocument,
  rootName,
  stsErrorDocument,
} from '@stowage/protocol'
import { S3Error } from '../errors.ts'
import { headerValue, type WireReply } from '../transport/transport.ts'
import type { StsCall } from './sts.ts'

interface Said {
  readonly code: string
  readonly message: string
  readonly requestId?: string | undefined
}

/** Turns a refusal of the security token service into the error it stands for. */
export function stsError(call: StsCall, reply: WireReply, attempts: number): S3Error {
  const said = readDocument(reply)
  const status = reply.status
  const code =
    said?.code ||
    (errorCodeForStatus(status, { hasBucket: false, hasKey: false }) ?? `Http${status}`)
  const message = masked(said?.message || `HTTP status ${status}`, call.secrets)
  return new S3Error(`${call.action}: ${message}`, {
    code,
    status,
    operation: call.action,
    bucket: undefined,
    key: undefined,
    requestId: said?.requestId || headerValue(reply.headers, 'x-amzn-requestid'),
    hostId: undefined,
    region: undefined,
    retryAfterMs: undefined,
    attempts,
  })
}

/** `ErrorResponse`; MinIO sends S3's plain `Error` where it takes the call for one to the store. */
function readDocument(reply: WireReply): Said | undefined {
  try {
    const { body } = reply
    if (rootName(body) === 'Error') return decodeXml(errorDocument, body)
    const { error, requestId } = decodeXml(stsErrorDocument, body)
    return { ...error, requestId }
  } catch {
    return undefined // A proxy's page: the status speaks.
  }
}

/** Services quote tokens that they cannot read. */
function masked(message: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (text, secret) => (secret === '' ? text : text.replaceAll(secret, '***')),
    message,
  )
}
