import { encodeXml, errorCodes, errorDocument, type ErrorCode } from '@stowage/protocol'

import { S3Failure, UndecidedCommitError } from '../failure.ts'
import type { Reply, ReplyHeader } from './reply.ts'

/** Where a failure happened, for the error document. */
export interface FailureContext {
  readonly requestId: string
  /** The decoded path; undefined when it could not be read. */
  readonly path?: string | undefined
}

/**
 * The one place that turns a failure into an answer. What is no S3Failure is a defect of the
 * server: the caller learns no more than that.
 */
export function failureReply(
  failure: S3Failure,
  context: FailureContext,
): Reply & { readonly body: string } {
  const { code, details } = failure
  const headers: ReplyHeader[] = [['content-type', 'application/xml'], ...(details.headers ?? [])]
  const message = details.message ?? errorCodes[code].message
  return { status: statusOf(code), headers, body: failureDocument(code, message, failure, context) }
}

export function asFailure(error: unknown): S3Failure {
  if (error instanceof S3Failure) return error
  return new S3Failure(
    error instanceof UndecidedCommitError ? 'ServiceUnavailable' : 'InternalError',
  )
}

function failureDocument(
  code: ErrorCode,
  message: string,
  { details }: S3Failure,
  { requestId, path }: FailureContext,
): string {
  return encodeXml(errorDocument, {
    code,
    message,
    resource: path,
    requestId,
    others: new Map(Object.entries(details.extra ?? {})),
  })
}

/** Codes that S3 sends inside a document have no status of their own. */
function statusOf(code: ErrorCode): number {
  const { status } = errorCodes[code]
  return status >= 300 && status <= 599 ? status : 500
}
