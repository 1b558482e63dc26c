export { Client } from './client.ts'
export type { ChecksumAlgorithm, ChecksumOptions, ChecksumType } from './request/checksum.ts'
export type { Conditions } from './request/conditions.ts'
export { assumeRoleCredentials } from './credentials/assume-role-credentials.ts'
export type { AssumeRoleOptions } from './credentials/assume-role-credentials.ts'
export { awsConfigCredentials } from './credentials/aws-config-credentials.ts'
export type { AwsConfigOptions } from './credentials/aws-config-credentials.ts'
export { certificateCredentials } from './credentials/certificate-credentials.ts'
export type { CertificateOptions } from './credentials/certificate-credentials.ts'
export { chainCredentials } from './credentials/chain-credentials.ts'
export { clientGrantsCredentials } from './credentials/client-grants-credentials.ts'
export type { ClientGrantsOptions } from './credentials/client-grants-credentials.ts'
export type { Credentials, CredentialsProvider } from './credentials/credentials-provider.ts'
export { envAwsCredentials, envMinioCredentials } from './credentials/env-credentials.ts'
export { iamCredentials } from './credentials/iam-credentials.ts'
export type { IamOptions } from './credentials/iam-credentials.ts'
export type {
  IdentityToken,
  IdentityTokenOptions,
  IdentityTokenResult,
} from './credentials/identity-token.ts'
export { ldapCredentials } from './credentials/ldap-credentials.ts'
export type { LdapOptions } from './credentials/ldap-credentials.ts'
export { mcConfigCredentials } from './credentials/mc-config-credentials.ts'
export type { McConfigOptions } from './credentials/mc-config-credentials.ts'
export type { Environment } from './credentials/provider-parts.ts'
export { staticCredentials } from './credentials/static-credentials.ts'
export type { StsOptions, StsRoleOptions } from './credentials/sts-options.ts'
export { webIdentityCredentials } from './credentials/web-identity-credentials.ts'
export type { WebIdentityOptions } from './credentials/web-identity-credentials.ts'
export {
  CredentialsError,
  IntegrityError,
  InvalidArgumentError,
  InvalidResponseError,
  isS3Error,
  isTransportError,
  NotSupportedError,
  S3Error,
  TransportError,
} from './errors.ts'
export type { CredentialsSource, RequestFacts, S3ErrorFacts, TransportErrorKind } from './errors.ts'
export { Listing } from './results/listing.ts'
export type { FetchedPage, FetchPage, Page } from './results/listing.ts'
export type { Verification } from './results/content-check.ts'
export { ObjectReader } from './results/object-reader.ts'
export type { ObjectStat } from './results/object-stat.ts'
export type { StoredChecksums } from './results/stored-checksums.ts'
export type { BucketEncryption, EncryptionAlgorithm } from './operations/bucket-encryption.ts'
export type { NotificationConfig } from './operations/bucket-notification.ts'
export type { BucketPolicy, PolicyStatement } from './operations/bucket-policy.ts'
export type { BucketVersioning, EnableVersioningOptions } from './operations/bucket-versioning.ts'
export type { ObjectVersionOptions } from './operations/tags.ts'
export type { CopyObjectResult, CopyOptions, CopyTargetOptions } from './operations/copy-object.ts'
export type { CopySource } from './request/copy-source.ts'
export type {
  ObjectLockConfig,
  ObjectRetention,
  SetObjectRetentionOptions,
} from './operations/object-lock.ts'
export type { GetObjectOptions } from './operations/get-object.ts'
export type { Bucket, ListBucketsOptions } from './operations/list-buckets.ts'
export type { Listed, ListObjectsOptions } from './operations/list-objects.ts'
export type { ListObjectsV2Options } from './operations/list-objects-v2.ts'
export type { ListIncompleteUploadsOptions } from './operations/list-multipart-uploads.ts'
export type { MakeBucketOptions } from './operations/make-bucket.ts'
export type {
  PresignedGetOptions,
  PresignedPutOptions,
  PresignedUploadPartOptions,
  PresignedUrlOptions,
} from './operations/presign.ts'
export type {
  PresignOptions,
  PresignedPost,
  PresignedRequest,
  PresignPostOptions,
} from './request/presign-request.ts'
export type { NewObjectOptions, PutResult } from './operations/put-object.ts'
export type { PutObjectOptions, UploadOptions } from './transfer/put-object.ts'
export type { OnProgress, Progress } from './transfer/progress.ts'
export type { RemoveObjectOptions, RemoveResult } from './operations/remove-object.ts'
export type { StatObjectOptions } from './operations/stat-object.ts'
export type {
  Addressing,
  AppInfo,
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
export type {
  ErrorCode,
  ListingEntry,
  ObjectEntry,
  KnownNotificationEvent,
  NotificationEventName,
  AbortIncompleteUpload,
  CommonPrefix,
  CorsRule,
  DeleteMarkerEntry,
  LifecycleCriteria,
  LifecycleExpiration,
  LifecycleFilter,
  LifecycleRule,
  LifecycleTransition,
  NoncurrentVersionAction,
  NotificationConfiguration,
  NotificationFilter,
  NotificationRule,
  Owner,
  RetentionMode,
  Tag,
  UploadEntry,
  VersionEntry,
  VersionListingEntry,
  XmlElement,
} from '@stowage/protocol'
export type { ComposeObjectOptions, ComposeSource } from './transfer/compose-object.ts'
export type { CopyObjectOptions } from './transfer/copy-object.ts'
export type { PartCopyOptions } from './transfer/part-copy.ts'
export type { DownloadResult, FGetObjectOptions } from './transfer/fget-object.ts'
export { leftUpload } from './transfer/left-uploads.ts'
export type { LeftUpload } from './transfer/left-uploads.ts'
export type { UploadAddress } from './operations/upload-part.ts'
export type { FPutObjectOptions } from './transfer/fput-object.ts'
export type { FileIdentity } from './transfer/file-source.ts'
export type { FinishedPart, StateChecksum, UploadState } from './transfer/upload-state.ts'
export type { Hooks, RequestEvent, ResponseEvent, RetryEvent, TraceSink } from './hooks.ts'
export type { ListenOptions } from './operations/listen-bucket-notification.ts'
export type {
  SelectCsvInput,
  SelectCsvOutput,
  SelectInput,
  SelectOptions,
  SelectOutput,
} from './operations/select-object-content.ts'
export { PostPolicy } from './request/post-policy.ts'
export type { PostPolicyOperator } from './request/post-policy.ts'
export type {
  NotificationEvent,
  NotificationReconnected,
  NotificationRecord,
} from './results/notification-event.ts'
export type { SelectCounts } from './results/select-counts.ts'
export { SelectReader } from './results/select-reader.ts'
export type { Method } from './transport/transport.ts'
export type {
  DeleteError,
  ObjectToRemove,
  RemoveObjectsOptions,
} from './transfer/remove-objects.ts'
export type { IncompleteUpload, IncompleteUploadEntry } from './transfer/incomplete-uploads.ts'
