import { optional, others, withDefault } from '../xml/fields.ts'
import { object, type XmlDocument } from '../xml/shape.ts'
import { text } from '../xml/values.ts'

/**
 * `Error`: the body of every failed answer, and of some with status 200.
 * Elements that are missing leave their property out, so that headers can fill it.
 */
export interface ErrorDocument {
  /** S3's error code, such as `NoSuchKey`; empty where the store sends none. */
  readonly code: string
  /** For people; empty where the store sends none. */
  readonly message: string
  /** Path of the bucket or object. */
  readonly resource?: string | undefined
  readonly requestId?: string | undefined
  readonly hostId?: string | undefined
  /** `BucketName` everywhere, but `Bucket` in PermanentRedirect of AWS, which is in {@link others}. */
  readonly bucketName?: string | undefined
  readonly key?: string | undefined
  /** The bucket's region, in AuthorizationHeaderMalformed and in every error of MinIO. */
  readonly region?: string | undefined
  /** Where to send the request instead (PermanentRedirect, TemporaryRedirect). */
  readonly endpoint?: string | undefined
  readonly versionId?: string | undefined
  readonly uploadId?: string | undefined
  /** InvalidArgument: which argument, and what it was. */
  readonly argumentName?: string | undefined
  readonly argumentValue?: string | undefined
  /** PreconditionFailed: the header that did not hold. */
  readonly condition?: string | undefined
  /** RequestTimeTooSkewed: the clocks as the store sees them. */
  readonly requestTime?: string | undefined
  readonly serverTime?: string | undefined
  readonly maxAllowedSkewMilliseconds?: string | undefined
  /** MethodNotAllowed. */
  readonly method?: string | undefined
  readonly resourceType?: string | undefined
  /** InvalidRange. */
  readonly rangeRequested?: string | undefined
  readonly actualObjectSize?: string | undefined
  /** EntityTooLarge and EntityTooSmall. */
  readonly proposedSize?: string | undefined
  readonly maxSizeAllowed?: string | undefined
  readonly minSizeAllowed?: string | undefined
  /** InvalidPart and EntityTooSmall. */
  readonly partNumber?: string | undefined
  readonly etag?: string | undefined
  /** SignatureDoesNotMatch: what the store computed, to compare with ours. */
  readonly awsAccessKeyId?: string | undefined
  readonly stringToSign?: string | undefined
  readonly signatureProvided?: string | undefined
  readonly canonicalRequest?: string | undefined
  /** Every other element that holds text, by its name; for debugging. */
  readonly others: ReadonlyMap<string, string>
}

/** The document `<Error>`. It has no namespace. */
export const errorDocument: XmlDocument<ErrorDocument> = {
  root: 'Error',
  value: object<ErrorDocument>({
    code: withDefault('Code', text, ''),
    message: withDefault('Message', text, ''),
    resource: optional('Resource', text),
    requestId: optional('RequestId', text),
    hostId: optional('HostId', text),
    bucketName: optional('BucketName', text),
    key: optional('Key', text),
    region: optional('Region', text),
    endpoint: optional('Endpoint', text),
    versionId: optional('VersionId', text),
    uploadId: optional('UploadId', text),
    argumentName: optional('ArgumentName', text),
    argumentValue: optional('ArgumentValue', text),
    condition: optional('Condition', text),
    requestTime: optional('RequestTime', text),
    serverTime: optional('ServerTime', text),
    maxAllowedSkewMilliseconds: optional('MaxAllowedSkewMilliseconds', text),
    method: optional('Method', text),
    resourceType: optional('ResourceType', text),
    rangeRequested: optional('RangeRequested', text),
    actualObjectSize: optional('ActualObjectSize', text),
    proposedSize: optional('ProposedSize', text),
    maxSizeAllowed: optional('MaxSizeAllowed', text),
    minSizeAllowed: optional('MinSizeAllowed', text),
    partNumber: optional('PartNumber', text),
    etag: optional('ETag', text),
    awsAccessKeyId: optional('AWSAccessKeyId', text),
    stringToSign: optional('StringToSign', text),
    signatureProvided: optional('SignatureProvided', text),
    canonicalRequest: optional('CanonicalRequest', text),
    others: others(),
  }),
}
