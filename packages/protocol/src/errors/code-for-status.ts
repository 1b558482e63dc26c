import type { ErrorCode } from './error-codes.ts'

/** What the failed request addressed. */
export interface AddressedResource {
  readonly hasBucket: boolean
  readonly hasKey: boolean
}

/**
 * Statuses that mean one code whatever was addressed. 501 is MethodNotAllowed in the Python
 * client of MinIO; NotImplemented is what S3 itself pairs with it, so that is used.
 */
const codeByStatus: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [301, 'PermanentRedirect'],
  [304, 'NotModified'],
  [307, 'TemporaryRedirect'],
  [308, 'PermanentRedirect'],
  [400, 'BadRequest'],
  [401, 'AccessDenied'],
  [403, 'AccessDenied'],
  [405, 'MethodNotAllowed'],
  [408, 'RequestTimeout'],
  [409, 'OperationAborted'],
  [411, 'MissingContentLength'],
  [412, 'PreconditionFailed'],
  [413, 'EntityTooLarge'],
  [416, 'InvalidRange'],
  [429, 'TooManyRequests'],
  [431, 'RequestHeaderSectionTooLarge'],
  [500, 'InternalError'],
  [501, 'NotImplemented'],
  [502, 'ServiceUnavailable'],
  [503, 'ServiceUnavailable'],
  [504, 'ServiceUnavailable'],
  [507, 'XMinioStorageFull'],
  [509, 'BandwidthLimitExceeded'],
])

/**
 * The most likely code of an answer that brings none: HEAD, an empty body, a proxy's page.
 *
 * @param status HTTP status of the answer
 * @param resource what the request addressed; it decides what 404 means
 * @returns a code, or undefined where the status says nothing about S3
 */
export function errorCodeForStatus(
  status: number,
  resource: AddressedResource,
): ErrorCode | undefined {
  if (status === 404) return notFoundCode(resource)
  return codeByStatus.get(status)
}

function notFoundCode({ hasBucket, hasKey }: AddressedResource): ErrorCode {
  if (hasKey) return 'NoSuchKey'
  return hasBucket ? 'NoSuchBucket' : 'NoSuchResource'
}
