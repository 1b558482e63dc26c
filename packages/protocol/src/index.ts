export { errorCodes, isErrorCode } from './errors/error-codes.ts'
export type { ErrorCode, ErrorCodeFacts, RetryClass } from './errors/error-codes.ts'
export { errorCodeForStatus } from './errors/code-for-status.ts'
export type { AddressedResource } from './errors/code-for-status.ts'
export { bucketNameProblem, isVirtualHostable } from './names/bucket-name.ts'
export type { BucketNameRules } from './names/bucket-name.ts'
export { maxKeyBytes, objectKeyProblem } from './names/object-key.ts'
export { isHostableRegion, regionNameProblem } from './names/region-name.ts'
export { amzDate, formatIsoDate, parseAmzDate, parseIsoDate } from './headers/dates.ts'
export { formatHttpDate, parseHttpDate } from './headers/http-date.ts'
export { quoteEtag, unquoteEtag } from './headers/etag.ts'
export {
  decodeMetadata,
  encodeMetadata,
  metadataHeaderName,
  metadataPrefix,
  metadataProblem,
} from './headers/metadata.ts'
export {
  formatContentRange,
  formatRange,
  parseContentRange,
  parseRange,
  rangeProblem,
} from './headers/range.ts'
export type { ByteRange, ContentRange, RangeRequest } from './headers/range.ts'
