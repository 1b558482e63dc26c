import { awsCodes } from './aws-codes.ts'
import { selectCodes } from './select-codes.ts'
import { storeCodes } from './store-codes.ts'

/** Why a request that failed with a code may be sent again; see `ErrorCodeFacts.retry`. */
export type RetryClass = 'transient' | 'throttling' | 'skew'

/** What is known of one S3 error code. */
export interface ErrorCodeFacts {
  /** HTTP status that goes with the code. */
  readonly status: number
  /** A sentence for people; programs compare codes. */
  readonly message: string
  /**
   * Set where sending the same request again can help: `transient` after a short pause,
   * `throttling` after a longer one, `skew` once the clock has been corrected.
   */
  readonly retry?: RetryClass
}

/** An error code that is known here. Stores may send others: those stay plain strings. */
export type ErrorCode = keyof typeof awsCodes | keyof typeof selectCodes | keyof typeof storeCodes

/**
 * Every error code that an S3 client or server meets.
 *
 * @example
 * errorCodes.NoSuchKey.status // 404
 */
export const errorCodes: Readonly<Record<ErrorCode, ErrorCodeFacts>> = {
  ...awsCodes,
  ...selectCodes,
  ...storeCodes,
}

/** Whether `code` stands in the table. Names such as `__proto__` do not. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code)
}
