import {
  decodeXml,
  errorCodeForStatus,
  errorDocument,
  rootName,
  stsErrorDocument,
} from '@stowage/protocol'
import { S3Error } from '../errors.ts'
import { redactor } from '../request/redact.ts'
import { headerValue, type WireReply } from '../transport/transport.ts'
import type { StsCall } from './sts.ts'

interface Said {
  readonly code: string
  readonly message: string
  readonly requestId?: string | undefined
}

/** Turns a refusal of the security token service into the error it stands for. */
export function stsError(call: StsCall, reply: WireReply, attempts: number): S3Error {
  // Services quote tokens that they cannot read.
  const redact = redactor(call.secrets)
  const { status } = reply
  const said = readDocument(redact(Buffer.from(reply.body).toString('utf8')))
  const code =
    said?.code ||
    (errorCodeForStatus(status, { hasBucket: false, hasKey: false }) ?? `Http${status}`)
  const requestId = said?.requestId || headerValue(reply.headers, 'x-amzn-requestid')
  return new S3Error(`${call.action}: ${said?.message || `HTTP status ${status}`}`, {
    code,
    status,
    operation: call.action,
    bucket: undefined,
    key: undefined,
    requestId: requestId === undefined ? undefined : redact(requestId),
    hostId: undefined,
    region: undefined,
    retryAfterMs: undefined,
    attempts,
  })
}

/** `ErrorResponse`; MinIO sends S3's plain `Error` where it takes the call for one to the store. */
function readDocument(body: string): Said | undefined {
  try {
    if (rootName(body) === 'Error') return decodeXml(errorDocument, body)
    const { error, requestId } = decodeXml(stsErrorDocument, body)
    return { ...error, requestId }
  } catch {
    return undefined // A proxy's page: the status speaks.
  }
}
