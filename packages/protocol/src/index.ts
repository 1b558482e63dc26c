export { errorCodes, isErrorCode } from './errors/error-codes.ts'
export type { ErrorCode, ErrorCodeFacts, RetryClass } from './errors/error-codes.ts'
export { errorCodeForStatus } from './errors/code-for-status.ts'
export type { AddressedResource } from './errors/code-for-status.ts'
