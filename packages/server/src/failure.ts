import type { ErrorCode } from '@stowage/protocol'

export interface S3FailureDetails {
  /** Text for the caller; without it the code's own. */
  readonly message?: string | undefined
  /** More elements of the error document, such as `Region` or `ServerTime`. */
  readonly extra?: Readonly<Record<string, string>> | undefined
  /** More headers of the reply. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined
}

/**
 * The one way in which an operation refuses. Whatever else is thrown is a defect of the server and
 * answered as InternalError, without its text.
 */
export class S3Failure extends Error {
  override readonly name = 'S3Failure'
  readonly code: ErrorCode
  readonly details: S3FailureDetails

  constructor(code: ErrorCode, details: S3FailureDetails = {}) {
    super(details.message ?? code)
    this.code = code
    this.details = details
  }
}

/**
 * A commit failed and could not be undone: what it wrote may be there after the next start, so its
 * bytes have to stay. Answered as ServiceUnavailable.
 */
export class UndecidedCommitError extends Error {
  override readonly name = 'UndecidedCommitError'
}
