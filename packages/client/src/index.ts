export { Client } from './client.ts'
export type { Conditions } from './request/conditions.ts'
export { chainCredentials } from './credentials/chain-credentials.ts'
export type { Credentials, CredentialsProvider } from './credentials/credentials-provider.ts'
export { envAwsCredentials, envMinioCredentials } from './credentials/env-credentials.ts'
export { staticCredentials } from './credentials/static-credentials.ts'
export {
  IntegrityError,
  InvalidArgumentError,
  InvalidResponseError,
  isS3Error,
  isTransportError,
  S3Error,
  TransportError,
} from './errors.ts'
export type { RequestFacts, S3ErrorFacts, TransportErrorKind } from './errors.ts'
export { Listing } from './results/listing.ts'
export type { FetchedPage, FetchPage, Page } from './results/listing.ts'
export { ObjectReader } from './results/object-reader.ts'
export type { ObjectStat } from './results/object-stat.ts'
export type { GetObjectOptions } from './operations/get-object.ts'
export type { Bucket, ListBucketsOptions } from './operations/list-buckets.ts'
export type { ListObjectsV2Options } from './operations/list-objects-v2.ts'
export type { MakeBucketOptions } from './operations/make-bucket.ts'
export type { PresignedGetOptions, PresignedPutOptions } from './operations/presign.ts'
export type { PresignOptions } from './request/presign-request.ts'
export type { NewObjectOptions, PutResult } from './operations/put-object.ts'
export type { PutObjectOptions, UploadOptions } from './transfer/put-object.ts'
export type { OnProgress, Progress } from './transfer/progress.ts'
export type { RemoveObjectOptions, RemoveResult } from './operations/remove-object.ts'
export type { StatObjectOptions } from './operations/stat-object.ts'
export type {
  Addressing,
  CallOptions,
  ClientOptions,
  RetryOptions,
  Timeouts,
  TlsOptions,
} from './options.ts'
export type { ObjectData } from './request/source-body.ts'
export { sseC, SseCustomerKey, sseKms, SseKms, sseS3, SseS3 } from './request/sse.ts'
export type { Sse } from './request/sse.ts'
export type { Tags } from './request/tags.ts'
export type { ErrorCode, ListingEntry, ObjectEntry } from '@stowage/protocol'
export type { DownloadResult, FGetObjectOptions, Verification } from './transfer/fget-object.ts'
export type { FPutObjectOptions } from './transfer/fput-object.ts'
export type { FileIdentity } from './transfer/file-source.ts'
export type { FinishedPart, UploadState } from './transfer/upload-state.ts'
