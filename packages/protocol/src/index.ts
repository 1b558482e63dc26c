export { errorCodes, isErrorCode } from './errors/error-codes.ts'
export type { ErrorCode, ErrorCodeFacts, RetryClass } from './errors/error-codes.ts'
export { errorCodeForStatus } from './errors/code-for-status.ts'
export type { AddressedResource } from './errors/code-for-status.ts'
export { bucketNameProblem, isVirtualHostable } from './names/bucket-name.ts'
export type { BucketNameRules } from './names/bucket-name.ts'
export { maxKeyBytes, objectKeyProblem } from './names/object-key.ts'
export { isHostableRegion, regionNameProblem } from './names/region-name.ts'
export {
  decodeFormComponent,
  decodeUriComponentStrict,
  encodeKeyPath,
  encodeUriComponentStrict,
} from './encoding/uri.ts'
export { canonicalQuery } from './sigv4/canonical.ts'
export { ChunkSigner } from './sigv4/chunk-signer.ts'
export type { ChunkSigningContext } from './sigv4/chunk-signer.ts'
export { ChunkedDecoder, ChunkedError } from './sigv4/chunked-decoder.ts'
export type { ChunkedDecoderOptions } from './sigv4/chunked-decoder.ts'
export { ChunkedEncoder, chunkedLength } from './sigv4/chunked-encoder.ts'
export type { ChunkedLayout } from './sigv4/chunked-encoder.ts'
export { sha256Hex } from './sigv4/hash.ts'
export { signPostPolicy, verifyPostPolicy } from './sigv4/post-policy.ts'
export { presignQuery } from './sigv4/presign.ts'
export type { PresignInput } from './sigv4/presign.ts'
export { requestHeaders, ruleForUnsigned, standsOnce } from './sigv4/request-headers.ts'
export type { HeaderFamily, RequestHeader, Unsigned } from './sigv4/request-headers.ts'
export { signHeaders } from './sigv4/sign-headers.ts'
export type { HeaderRecord, HeaderSignature, HeaderSigningInput } from './sigv4/sign-headers.ts'
export { SigningKey } from './sigv4/signing-key.ts'
export { parseTarget } from './sigv4/target.ts'
export type { RequestTarget } from './sigv4/target.ts'
export { emptySha256, maxPresignSeconds, payloadMarkers } from './sigv4/types.ts'
export type { Credentials, HeaderPair, QueryPair, SigningScope } from './sigv4/types.ts'
export { verifyRequest } from './sigv4/verify.ts'
export type { PayloadMode, ReceivedRequest, Verdict, VerifyOptions } from './sigv4/verify.ts'
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
export { XmlError, XmlRootError } from './xml/xml-error.ts'
export { rootName } from './xml/reader.ts'
export { isXmlText } from './xml/writer.ts'
export type { XmlElement } from './xml/tree.ts'
export type { XmlRecord, XmlValue } from './xml/values.ts'
export { decodeXml, encodeXml, S3_NAMESPACE } from './xml/shape.ts'
export type { XmlDocument } from './xml/shape.ts'
export { checksumAlgorithms, isChecksumAlgorithm } from './checksums/algorithms.ts'
export type {
  ChecksumAlgorithm,
  ChecksumFacts,
  ChecksumKind,
  CrcAlgorithm,
} from './checksums/algorithms.ts'
export { checksum, createChecksum } from './checksums/checksum.ts'
export type { Checksum } from './checksums/checksum.ts'
export { crcCombine } from './checksums/combine.ts'
export { decodeDigest, encodeDigest } from './checksums/header-value.ts'
export { compositeChecksum, fullObjectChecksum, multipartEtag } from './checksums/multipart.ts'
export type { PartDigest } from './checksums/multipart.ts'
export { EventStreamDecoder } from './event-stream/decoder.ts'
export type { EventStreamDecoderOptions } from './event-stream/decoder.ts'
export { encodeMessage } from './event-stream/encode.ts'
export { EventStreamError } from './event-stream/message.ts'
export type {
  EventHeaderValue,
  EventStreamFault,
  EventStreamMessage,
} from './event-stream/message.ts'
export { bucketEncryptionDocument } from './documents/bucket-encryption.ts'
export type {
  DefaultEncryption,
  EncryptionConfiguration,
  EncryptionRule,
} from './documents/bucket-encryption.ts'
export type { Checksums, CommonPrefix, Owner } from './documents/common.ts'
export {
  completeMultipartUploadDocument,
  completeMultipartUploadResultDocument,
} from './documents/complete-multipart-upload.ts'
export type {
  CompletedPart,
  CompleteMultipartUploadRequest,
  CompleteMultipartUploadResult,
} from './documents/complete-multipart-upload.ts'
export { copyObjectDocument, copyPartDocument } from './documents/copy-result.ts'
export type { CopyResult } from './documents/copy-result.ts'
export { corsDocument } from './documents/cors.ts'
export type { CorsConfiguration, CorsRule } from './documents/cors.ts'
export { createBucketDocument } from './documents/create-bucket.ts'
export type { CreateBucketConfiguration } from './documents/create-bucket.ts'
export { deleteObjectsDocument, deleteResultDocument } from './documents/delete-objects.ts'
export type {
  DeletedObject,
  DeleteFailure,
  DeleteRequest,
  DeleteResult,
  ObjectIdentifier,
} from './documents/delete-objects.ts'
export { errorDocument } from './documents/error.ts'
export type { ErrorDocument } from './documents/error.ts'
export { initiateMultipartUploadDocument } from './documents/initiate-multipart-upload.ts'
export type { InitiateMultipartUploadResult } from './documents/initiate-multipart-upload.ts'
export { lifecycleDocument } from './documents/lifecycle.ts'
export type {
  AbortIncompleteUpload,
  LifecycleConfiguration,
  LifecycleCriteria,
  LifecycleExpiration,
  LifecycleFilter,
  LifecycleRule,
  LifecycleTransition,
  NoncurrentVersionAction,
} from './documents/lifecycle.ts'
export { listBucketsDocument } from './documents/list-buckets.ts'
export type { BucketEntry, ListBucketsResult } from './documents/list-buckets.ts'
export { listMultipartUploadsDocument } from './documents/list-multipart-uploads.ts'
export type {
  ListMultipartUploadsResult,
  UploadEntry,
  UploadListingEntry,
} from './documents/list-multipart-uploads.ts'
export { listObjectVersionsDocument } from './documents/list-object-versions.ts'
export type {
  DeleteMarkerEntry,
  ListObjectVersionsResult,
  VersionEntry,
  VersionListingEntry,
} from './documents/list-object-versions.ts'
export { listObjectsDocument } from './documents/list-objects.ts'
export type { ListObjectsResult } from './documents/list-objects.ts'
export { listObjectsV2Document } from './documents/list-objects-v2.ts'
export type { ListObjectsV2Result } from './documents/list-objects-v2.ts'
export { listPartsDocument } from './documents/list-parts.ts'
export type { ListPartsResult, PartEntry } from './documents/list-parts.ts'
export { locationDocument, regionOfLocation } from './documents/location.ts'
export { isNotificationEventName, notificationDocument } from './documents/notification.ts'
export type {
  KnownNotificationEvent,
  NotificationConfiguration,
  NotificationEventName,
  NotificationFilter,
  NotificationRule,
} from './documents/notification.ts'
export { objectAttributesDocument } from './documents/object-attributes.ts'
export type { ObjectAttributes, ObjectPart, ObjectParts } from './documents/object-attributes.ts'
export type {
  ListingEntry,
  ObjectEntry,
  ObjectProperties,
  RestoreStatus,
} from './documents/object-entry.ts'
export {
  legalHoldDocument,
  objectLockDocument,
  retentionDocument,
} from './documents/object-lock.ts'
export type {
  DefaultRetention,
  LegalHold,
  ObjectLockConfiguration,
  ObjectLockRule,
  Retention,
  RetentionMode,
} from './documents/object-lock.ts'
export { stsDocument, stsErrorDocument, stsVersion } from './documents/sts.ts'
export type {
  StsAction,
  StsAnswer,
  StsCredentials,
  StsError,
  StsErrorResponse,
} from './documents/sts.ts'
export {
  selectObjectContentDocument,
  selectProgressDocument,
  selectStatsDocument,
} from './documents/select-object-content.ts'
export type {
  CsvInput,
  CsvOutput,
  InputSerialization,
  JsonInput,
  JsonOutput,
  OutputSerialization,
  ParquetInput,
  RequestProgress,
  ScanRange,
  SelectCounts,
  SelectObjectContentRequest,
} from './documents/select-object-content.ts'
export { taggingDocument } from './documents/tagging.ts'
export type { Tag, Tagging } from './documents/tagging.ts'
export { policyStatusDocument } from './documents/policy-status.ts'
export type { PolicyStatus } from './documents/policy-status.ts'
export { postResultDocument } from './documents/post-result.ts'
export type { PostResult } from './documents/post-result.ts'
export {
  decodeUrlEncoded,
  decodeUrlText,
  encodeUrlEncoded,
  encodeUrlText,
} from './documents/url-encoding.ts'
export type { UrlEncodableListing } from './documents/url-encoding.ts'
export { versioningDocument } from './documents/versioning.ts'
export type { ExcludedPrefix, VersioningConfiguration } from './documents/versioning.ts'
