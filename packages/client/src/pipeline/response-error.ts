import { TextDecoder } from 'node:util'
import {
  errorCodes,
  errorCodeForStatus,
  decodeXml,
  errorDocument,
  isErrorCode,
  parseHttpDate,
  rootName,
} from '@stowage/protocol'
import { S3Error } from '../errors.ts'
import type { RequestDescription } from '../request/request.ts'
import { retryAfterMs } from './retry.ts'
import { headerValue, type WireHeaders } from '../transport/transport.ts'

const utf8: TextDecoder = new TextDecoder()
const excerptLength = 200

/** What an error document says, as far as there is one. */
interface Said {
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly requestId?: string | undefined
  readonly hostId?: string | undefined
  readonly region?: string | undefined
}

function readDocument(text: string): Said | undefined {
  try {
    return rootName(text) === 'Error' ? decodeXml(errorDocument, text) : undefined
  } catch {
    return undefined // HTML of a proxy, JSON, garbage: the status speaks.
  }
}

/** What HEAD answers say in headers; `x-minio-error-*` are MinIO's. */
function readHeaders(header: (name: string) => string | undefined): Said {
  return {
    code: header('x-minio-error-code'),
    message: header('x-minio-error-desc')?.replaceAll('"', ''),
    requestId: header('x-amz-request-id'),
    hostId: header('x-amz-id-2'),
    region: header('x-amz-bucket-region'),
  }
}

function excerpt(text: string): string {
  const visible = text.replace(/[^\x20-\x7e]+/g, ' ').trim()
  return visible.length > excerptLength ? `${visible.slice(0, excerptLength)}…` : visible
}

function codeOf(
  said: Said | undefined,
  inHeaders: Said,
  status: number,
  request: RequestDescription,
): string {
  const code = said?.code ?? inHeaders.code
  if (code !== undefined && code !== '') return code
  // S3 answers some long operations 200 before it knows; nothing after that is a failure.
  if (status < 300) return 'InternalError'
  const resource = { hasBucket: request.bucket !== undefined, hasKey: request.object !== undefined }
  return errorCodeForStatus(status, resource) ?? `Http${status}`
}

/** The store's clock at refusals that may be about the clock. */
const storeTimes = new WeakMap<S3Error, number>()

/** The store's time in milliseconds, where an error may be about that. */
export function storeTimeOf(error: S3Error): number | undefined {
  return storeTimes.get(error)
}

/** HEAD cannot say why it refuses; a clock that is off is one reason for 403. */
function rememberStoreTime(error: S3Error, method: string, date: string | undefined): void {
  const mute = error.status === 403 && method === 'HEAD'
  if (error.code !== 'RequestTimeTooSkewed' && !mute) return
  const parsed = parseHttpDate(date ?? '')
  if (parsed) storeTimes.set(error, parsed.getTime())
}

/** Turns an answer that is no success into the error it stands for; whatever it holds. */
export function responseError(
  request: RequestDescription,
  reply: { readonly status: number; readonly headers: WireHeaders; readonly body: Uint8Array },
  attempts: number,
  nowMs: number,
): S3Error {
  const header = (name: string): string | undefined => headerValue(reply.headers, name)
  const text = utf8.decode(reply.body)
  const said = readDocument(text)
  const inHeaders = readHeaders(header)
  const code = codeOf(said, inHeaders, reply.status, request)
  const known = isErrorCode(code) ? errorCodes[code].message : ''
  const message =
    said?.message || inHeaders.message || known || excerpt(text) || `HTTP status ${reply.status}`
  const error = new S3Error(`${request.operation}: ${message}`, {
    code,
    status: reply.status,
    operation: request.operation,
    bucket: request.bucket,
    key: request.object,
    requestId: said?.requestId || inHeaders.requestId,
    hostId: said?.hostId || inHeaders.hostId,
    region: said?.region || inHeaders.region,
    retryAfterMs: retryAfterMs(header, nowMs),
    attempts,
  })
  rememberStoreTime(error, request.method, header('date'))
  return error
}
