import type { Client } from '../../src/client.ts'
import {
  badComposeSources,
  badCors,
  badEncryptions,
  badEvents,
  badItems,
  badLifecycles,
  badLocks,
  badNotifications,
  badPolicies,
  badPostPolicies,
  badRetentions,
  badScanRanges,
  badSelectInputs,
  badSelectOutputs,
  badSources,
  badStates,
  goodLifecycle,
  goodPolicy,
} from './wrong-documents.ts'
import {
  badBooleans,
  badBuckets,
  badChecksumAlgorithms,
  badChecksums,
  badConditions,
  badCounts,
  badCustomerKeys,
  badDates,
  badFunctions,
  badHeaders,
  badHeaderTexts,
  badLists,
  badMetadata,
  badNonEmptyTexts,
  badNumbers,
  badObjects,
  badPaths,
  badQueries,
  badRecords,
  badRegions,
  badSignals,
  badSse,
  badTags,
  badTexts,
  badVersionIds,
  halfCharacter,
  noTexts,
} from './wrong-values.ts'

/** An argument or an option: its name, and what it must not be. */
type Wrong = readonly [name: string, values: readonly unknown[]]
/** A positional argument, with a good value to stand there while another one is wrong. */
type Argument = readonly [...Wrong, good: unknown]

/** How one method of a client can be called wrongly. */
export interface WrongCalls {
  readonly arguments: readonly Argument[]
  /** Undefined for methods without options. */
  readonly options: readonly Wrong[] | undefined
  /** Options that must be there. */
  readonly needed?: Readonly<Record<string, unknown>>
  /** Options that do not go together, and the one that the error names. */
  readonly together?: readonly (readonly [name: string, options: object])[]
}

const bucket: Argument = ['bucket', badBuckets, 'bkt']
const object: Argument = ['object', badObjects, 'k']
const readablePath: Argument = ['path', [...badPaths, import.meta.dirname], import.meta.filename]
/** Below a file: should a wrong call go through, it finds no place to write to. */
const unwritablePath: Argument = ['path', badPaths, `${import.meta.filename}/file`]

const presignCall: readonly Wrong[] = [
  ['signal', badSignals],
  ['timeout', badNumbers],
  ['region', badRegions],
]
const listenCall: readonly Wrong[] = [
  ['signal', badSignals],
  ['region', badRegions],
  ['requestHeaders', badHeaders],
  ['extraQueryParams', badQueries],
]
const call: readonly Wrong[] = [...listenCall, ['timeout', badNumbers]]

const version: readonly Wrong[] = [...call, ['versionId', badVersionIds]]
const governed: readonly Wrong[] = [...version, ['bypassGovernance', badBooleans]]
const read: readonly Wrong[] = [...version, ['sse', badCustomerKeys], ['conditions', badConditions]]
const badPartNumbers = [...badCounts, 10_001]
const stat: readonly Wrong[] = [
  ...read,
  ['partNumber', badPartNumbers],
  ['withChecksums', badBooleans],
]

const newObject: readonly Wrong[] = [
  ...call,
  ['contentType', badHeaderTexts],
  ['metadata', badMetadata],
  ['sse', badSse],
  ['tags', badTags(10)],
  ['storageClass', badHeaderTexts],
]
const inParts: readonly Wrong[] = [
  ['partSize', [...badCounts, 5 * 1024 ** 2 - 1, 5 * 1024 ** 3 + 1]],
  ['concurrency', [...badCounts, 65]],
  ['onProgress', badFunctions],
]
const upload: readonly Wrong[] = [
  ...newObject,
  ...inParts,
  ['checksum', badChecksums],
  ['conditions', badConditions],
]

const paging: readonly Wrong[] = [
  ...call,
  ['prefix', badTexts],
  ['recursive', badBooleans],
  ['pageSize', [...badCounts, 1001]],
]
const listing: readonly Wrong[] = [
  ...paging,
  ['startAfter', badTexts],
  ['includeVersions', badBooleans],
]

const presign: readonly Wrong[] = [
  ...presignCall,
  ['extraQueryParams', [...badQueries, { 'X-Amz-Expires': '1' }]],
  ['expirySeconds', [...badCounts, 604_801]],
  ['requestDate', badDates],
]
const badResponseHeaders = [
  ...badRecords,
  { 'x-amz-acl': 'public-read' },
  ...badTexts.map((value) => ({ 'response-content-type': value })),
]
const presignedGet: readonly Wrong[] = [
  ...presign,
  ['versionId', badVersionIds],
  ['responseHeaders', badResponseHeaders],
]
const presignedPut: readonly Wrong[] = [...presign, ['headers', badHeaders]]
const presignedAny: readonly Wrong[] = [...presignedGet, ['headers', badHeaders], ['sse', badSse]]
const method: Argument = ['method', [undefined, ...noTexts, '', 'get', 'PATCH', 'GET /'], 'GET']
/** Without an object, the URL is one for the bucket. */
const objectOrNone: Argument = ['object', badObjects.filter((key) => key !== undefined), 'k']

const ofBucket: WrongCalls = { arguments: [bucket], options: call }
const ofVersion: WrongCalls = { arguments: [bucket, object], options: version }

/** Every method of a client; a new one does not compile before it is here. */
export const wrongCalls: Readonly<Record<Exclude<keyof Client, symbol>, WrongCalls>> = {
  makeBucket: {
    arguments: [['bucket', [...badBuckets, 'Upper', 'under_score', 'xn--a', 'a--x-s3'], 'bkt']],
    options: [...call, ['objectLock', badBooleans]],
  },
  listBuckets: { arguments: [], options: [...call, ['prefix', badTexts]] },
  bucketExists: ofBucket,
  removeBucket: ofBucket,

  putObject: {
    arguments: [bucket, object, ['data', [undefined, null, 1, true, {}, () => 'x'], 'data']],
    options: [...upload, ['length', [...badNumbers, 3, 5, 5 * 1024 ** 3 * 10_000 + 1]]],
    together: [
      ['requestHeaders', { checksum: 'CRC32', requestHeaders: { 'x-amz-trailer': 'a' } }],
      ['requestHeaders', { checksum: 'SHA1', requestHeaders: { 'X-Amz-Checksum-SHA1': 'a' } }],
    ],
  },
  fPutObject: {
    arguments: [bucket, object, readablePath],
    options: [...upload, ['onState', badFunctions], ['resumeFrom', badStates]],
  },
  getObject: {
    arguments: [bucket, object],
    options: [
      ...read,
      ['verify', badBooleans],
      ['offset', badNumbers],
      ['length', badNumbers],
      ['suffixLength', badCounts],
      ['partNumber', badPartNumbers],
    ],
    together: [
      ['suffixLength', { suffixLength: 1, offset: 1 }],
      ['suffixLength', { suffixLength: 1, length: 1 }],
      ['length', { offset: 2, length: Number.MAX_SAFE_INTEGER }],
      ['partNumber', { partNumber: 1, offset: 0 }],
      ['partNumber', { partNumber: 1, length: 1 }],
      ['partNumber', { partNumber: 1, suffixLength: 1 }],
    ],
  },
  fGetObject: {
    arguments: [bucket, object, unwritablePath],
    options: [
      ...version,
      ['sse', badCustomerKeys],
      ['partSize', [...badCounts, 64 * 1024 - 1, 5 * 1024 ** 3 + 1]],
      ['concurrency', [...badCounts, 65]],
      ['onProgress', badFunctions],
      ['resume', badBooleans],
    ],
  },
  statObject: { arguments: [bucket, object], options: stat },
  objectExists: { arguments: [bucket, object], options: stat },
  removeObject: {
    arguments: [bucket, object],
    options: [...governed, ['conditions', [...badConditions, { ifNoneMatch: '*' }]]],
  },
  removeObjects: {
    arguments: [
      bucket,
      ['objects', [undefined, null, 1, true, {}, 'abc', new Uint8Array(3), () => ['k']], ['k']],
    ],
    options: [...call, ['bypassGovernance', badBooleans], ['concurrency', [...badCounts, 65]]],
  },
  copyObject: {
    arguments: [bucket, object, ['source', badSources, 'bkt/source']],
    options: [
      ...newObject,
      ...inParts,
      ['conditions', badConditions],
      ['sourceSse', badCustomerKeys],
      ['checksumAlgorithm', badChecksumAlgorithms],
    ],
  },
  composeObject: {
    arguments: [bucket, object, ['sources', badComposeSources, [{ bucket: 'bkt', object: 'k' }]]],
    options: [...newObject, ...inParts, ['checksumAlgorithm', badChecksumAlgorithms]],
  },
  selectObjectContent: {
    arguments: [bucket, object],
    needed: { expression: 'SELECT * FROM S3Object', input: { csv: {} }, output: { csv: {} } },
    options: [
      ...call,
      ['expression', [undefined, ...badNonEmptyTexts]],
      ['input', badSelectInputs],
      ['output', badSelectOutputs],
      ['progress', badBooleans],
      ['onProgress', badFunctions],
      ['scanRange', badScanRanges],
      ['sse', badCustomerKeys],
      ['maxMessageBytes', [...badCounts, 1023, 2 ** 31 + 1]],
    ],
  },

  listObjects: { arguments: [bucket], options: listing },
  listObjectsV2: {
    arguments: [bucket],
    options: [...listing, ['includeUserMetadata', badBooleans], ['fetchOwner', badBooleans]],
  },
  listIncompleteUploads: { arguments: [bucket], options: paging },
  removeIncompleteUpload: { arguments: [bucket, object], options: call },

  enableBucketVersioning: {
    arguments: [bucket],
    options: [
      ...call,
      ['excludedPrefixes', [...badLists, [5], [halfCharacter]]],
      ['excludeFolders', badBooleans],
    ],
  },
  disableBucketVersioning: ofBucket,
  getBucketVersioning: ofBucket,
  getBucketPolicy: ofBucket,
  setBucketPolicy: { arguments: [bucket, ['policy', badPolicies, '{}']], options: call },
  deleteBucketPolicy: ofBucket,
  getBucketNotification: ofBucket,
  setBucketNotification: { arguments: [bucket, ['config', badNotifications, {}]], options: call },
  removeAllBucketNotification: ofBucket,
  listenBucketNotification: {
    arguments: [bucket],
    options: [
      ...listenCall,
      ['prefix', badTexts],
      ['suffix', badTexts],
      ['events', badEvents],
      ['idleTimeoutMs', [...badCounts, 2 ** 31]],
      ['maxLineBytes', [...badCounts, 2 ** 29 + 1]],
    ],
  },
  getBucketEncryption: ofBucket,
  putBucketEncryption: {
    arguments: [bucket, ['encryption', badEncryptions, { algorithm: 'AES256' }]],
    options: call,
  },
  deleteBucketEncryption: ofBucket,

  getBucketTags: ofBucket,
  setBucketTags: { arguments: [bucket, ['tags', [undefined, ...badTags(50)], {}]], options: call },
  deleteBucketTags: ofBucket,
  getObjectTags: ofVersion,
  setObjectTags: {
    arguments: [bucket, object, ['tags', [undefined, ...badTags(10)], {}]],
    options: version,
  },
  deleteObjectTags: ofVersion,

  getObjectLockConfig: ofBucket,
  setObjectLockConfig: { arguments: [bucket, ['config', badLocks, {}]], options: call },
  getObjectRetention: ofVersion,
  setObjectRetention: {
    arguments: [
      bucket,
      object,
      ['retention', badRetentions, { mode: 'GOVERNANCE', retainUntilDate: new Date(0) }],
    ],
    options: governed,
  },
  clearObjectRetention: { arguments: [bucket, object], options: governed },
  getObjectLegalHold: ofVersion,
  setObjectLegalHold: {
    arguments: [bucket, object, ['on', [undefined, ...badBooleans, 'ON'], true]],
    options: version,
  },

  getBucketLifecycle: ofBucket,
  setBucketLifecycle: {
    arguments: [bucket, ['rules', badLifecycles, [goodLifecycle]]],
    options: call,
  },
  deleteBucketLifecycle: ofBucket,
  getBucketCors: ofBucket,
  setBucketCors: {
    arguments: [bucket, ['rules', badCors, [{ allowedOrigins: ['*'], allowedMethods: ['GET'] }]]],
    options: call,
  },
  deleteBucketCors: ofBucket,

  presignedGetObject: { arguments: [bucket, object], options: presignedGet },
  presignedPutObject: { arguments: [bucket, object], options: presignedPut },
  presignedUrl: { arguments: [method, bucket, objectOrNone], options: presignedAny },
  presignedRequest: { arguments: [method, bucket, objectOrNone], options: presignedAny },
  presignedUploadPart: {
    arguments: [bucket, object],
    needed: { uploadId: 'u', partNumber: 1 },
    options: [
      ...presignedPut,
      ['uploadId', [undefined, ...badNonEmptyTexts]],
      ['partNumber', [undefined, ...badPartNumbers]],
    ],
  },
  presignedPostPolicy: {
    arguments: [['policy', badPostPolicies, goodPolicy]],
    options: [...presignCall, ['requestDate', badDates]],
  },

  traceTo: {
    arguments: [['stream', [undefined, ...noTexts, { write: 'x' }], process.stderr]],
    options: undefined,
  },
  traceOff: { arguments: [], options: undefined },
  close: { arguments: [], options: undefined },
}

/** What is wrong only once it is pulled: an item among those to remove, a piece of the data. */
export const wrongWithin: readonly (readonly [
  method: Exclude<keyof Client, symbol>,
  argument: RegExp,
  values: readonly unknown[],
])[] = [
  ['removeObjects', /^(objects?|versionId)$/, badItems],
  ['putObject', /^data$/, [[5], [null], [{}], [new Uint16Array(2)]]],
]
