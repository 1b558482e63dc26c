import { PostPolicy } from '../../src/request/post-policy.ts'
import {
  badBooleans,
  badBuckets,
  badConditions,
  badCounts,
  badCustomerKeys,
  badDates,
  badLists,
  badNonEmptyTexts,
  badNumbers,
  badObjects,
  badRecords,
  badTexts,
  badVersionIds,
  halfCharacter,
  noTexts,
} from './wrong-values.ts'

/** What is no list of one record with something in it. */
const badListsOfRecords: readonly unknown[] = [
  undefined,
  ...badLists,
  [],
  ...[...badRecords, {}].map((rule) => [rule]),
]

export const badEvents: readonly unknown[] = [...badLists, [], [1], ['created'], [halfCharacter]]

const goodRule = { arn: 'arn:minio:sqs::1:webhook', events: ['s3:ObjectCreated:*'] }
const badRules: readonly unknown[] = [
  ...badLists,
  ...[...badRecords, {}].map((rule) => [rule]),
  ...badNonEmptyTexts.map((arn) => [{ ...goodRule, arn }]),
  ...badEvents.map((events) => [{ ...goodRule, events }]),
  ...badTexts.map((id) => [{ ...goodRule, id }]),
  ...[...badRecords, {}].map((filter) => [{ ...goodRule, filter }]),
  ...badTexts.flatMap((text) => [
    [{ ...goodRule, filter: { prefix: text } }],
    [{ ...goodRule, filter: { suffix: text } }],
  ]),
  [{ ...goodRule, event: 'misspelt' }],
]
export const badNotifications: readonly unknown[] = [
  undefined,
  ...badRecords,
  ...badRules.flatMap((rules) => [{ topics: rules }, { queues: rules }, { cloudFunctions: rules }]),
  { queue: [goodRule] },
  ...[...badLists, [null], [5], [{}]].map((others) => ({ others })),
]

const goodCors = { allowedOrigins: ['*'], allowedMethods: ['GET'] }
export const badCors: readonly unknown[] = [
  ...badListsOfRecords,
  Array.from({ length: 101 }, () => goodCors),
  ...[...badLists, [], [5], [halfCharacter]].flatMap((list) => [
    [{ ...goodCors, allowedOrigins: list }],
    [{ ...goodCors, allowedMethods: list }],
  ]),
  ...[...badLists, [5]].flatMap((list) => [
    [{ ...goodCors, allowedHeaders: list }],
    [{ ...goodCors, exposeHeaders: list }],
  ]),
  ...badNumbers.map((maxAgeSeconds) => [{ ...goodCors, maxAgeSeconds }]),
  ...badTexts.map((id) => [{ ...goodCors, id }]),
  [{ ...goodCors, allowedHeader: ['misspelt'] }],
]

export const goodLifecycle: object = {
  status: 'Enabled',
  filter: { prefix: 'a/' },
  expiration: { days: 1 },
}
export const badLifecycles: readonly unknown[] = [
  ...badListsOfRecords,
  Array.from({ length: 1001 }, () => goodLifecycle),
  ...[undefined, null, 'enabled', true].map((status) => [{ ...goodLifecycle, status }]),
  ...badTexts.flatMap((text) => [
    [{ ...goodLifecycle, id: text }],
    [{ ...goodLifecycle, prefix: text }],
    [{ ...goodLifecycle, filter: { prefix: text } }],
  ]),
  ...badRecords.flatMap((part) => [
    [{ ...goodLifecycle, filter: part }],
    [{ ...goodLifecycle, expiration: part }],
    [{ ...goodLifecycle, noncurrentVersionExpiration: part }],
    [{ ...goodLifecycle, abortIncompleteMultipartUpload: part }],
    [{ ...goodLifecycle, transitions: [part] }],
    [{ ...goodLifecycle, noncurrentVersionTransitions: [part] }],
  ]),
  ...badLists.flatMap((transitions) => [
    [{ ...goodLifecycle, transitions }],
    [{ ...goodLifecycle, noncurrentVersionTransitions: transitions }],
  ]),
  ...badNumbers.flatMap((days) => [
    [{ ...goodLifecycle, expiration: { days } }],
    [{ ...goodLifecycle, transitions: [{ days }] }],
    [{ ...goodLifecycle, noncurrentVersionExpiration: { noncurrentDays: days } }],
    [{ ...goodLifecycle, abortIncompleteMultipartUpload: { daysAfterInitiation: days } }],
  ]),
  ...badDates.map((date) => [{ ...goodLifecycle, expiration: { date } }]),
  [{ ...goodLifecycle, expire: 'misspelt' }],
]

export const badEncryptions: readonly unknown[] = [
  undefined,
  ...badRecords,
  {},
  ...[null, 'aes256', 'AES128', 1].map((algorithm) => ({ algorithm })),
  ...badNonEmptyTexts.map((kmsKeyId) => ({ algorithm: 'aws:kms', kmsKeyId })),
  ...badBooleans.map((bucketKeyEnabled) => ({ algorithm: 'aws:kms', bucketKeyEnabled })),
  { algorithm: 'AES256', kmsKeyId: 'no use' },
  { algorithm: 'AES256', kmsKey: 'misspelt' },
]

const circle: Record<string, unknown> = {}
circle['circle'] = circle
export const badPolicies: readonly unknown[] = [
  undefined,
  null,
  1,
  true,
  [],
  () => '{}',
  '',
  '[]',
  'null',
  '{',
  `{"Id":"${halfCharacter}"}`,
  new Uint8Array([0x7b, 0xff, 0x7d]),
  circle,
]

export const badLocks: readonly unknown[] = [
  undefined,
  ...badRecords,
  { mode: 'GOVERNANCE' },
  { days: 1 },
  { mode: 'governance', days: 1 },
  { mode: 'GOVERNANCE', days: 1, years: 1 },
  ...[...badCounts, 36_501].map((days) => ({ mode: 'GOVERNANCE', days })),
  ...[...badCounts, 101].map((years) => ({ mode: 'COMPLIANCE', years })),
  { mode: 'GOVERNANCE', days: 1, hours: 1 },
]
export const badRetentions: readonly unknown[] = [
  undefined,
  ...badRecords,
  {},
  { mode: 'GOVERNANCE' },
  { retainUntilDate: new Date(0) },
  { mode: 'governance', retainUntilDate: new Date(0) },
  ...badDates.map((retainUntilDate) => ({ mode: 'GOVERNANCE', retainUntilDate })),
  { mode: 'GOVERNANCE', retainUntilDate: new Date(0), until: 'misspelt' },
]

export const badSources: readonly unknown[] = [
  undefined,
  ...noTexts,
  '',
  'bkt',
  'bkt/',
  '/bkt',
  'a b/k',
  `bkt/${halfCharacter}`,
  'bkt/k?versionId=',
  ...badBuckets.map((name) => ({ bucket: name, object: 'k' })),
  ...badObjects.map((key) => ({ bucket: 'bkt', object: key })),
  ...badVersionIds.map((versionId) => ({ bucket: 'bkt', object: 'k', versionId })),
]

const aSource = { bucket: 'bkt', object: 'k' }
const withSource = (property: string, values: readonly unknown[]): readonly unknown[] =>
  values.map((value) => [aSource, { ...aSource, [property]: value }])

export const badComposeSources: readonly unknown[] = [
  ...badListsOfRecords,
  Array.from({ length: 10_001 }, () => aSource),
  ['bkt/k'],
  ...withSource('bucket', badBuckets),
  ...withSource('object', badObjects),
  ...withSource('versionId', badVersionIds),
  ...withSource('offset', [...badNumbers, 5 * 1024 ** 3 * 10_000 + 1]),
  ...withSource('length', [...badCounts, 5 * 1024 ** 3 * 10_000 + 1]),
  ...withSource('sourceSse', badCustomerKeys),
  ...withSource('conditions', badConditions),
  [{ ...aSource, sse: 'misspelt' }],
]

const almostState = { version: 1, bucket: 'bkt', object: 'k', uploadId: 'u', partSize: 2 ** 24 }
export const badStates: readonly unknown[] = [
  ...badRecords,
  {},
  { version: 1 },
  { ...almostState, parts: [] },
  { ...almostState, parts: [], version: 2 },
  ...badRecords.map((source) => ({ ...almostState, parts: [], source })),
  ...badRecords.map((part) => ({ ...almostState, parts: [part] })),
  ...badNonEmptyTexts.map((uploadId) => ({ ...almostState, parts: [], uploadId })),
  ...badCounts.map((partSize) => ({ ...almostState, parts: [], partSize })),
]

export const badSelectInputs: readonly unknown[] = [
  undefined,
  ...badRecords,
  {},
  { csv: {}, json: { type: 'LINES' } },
  ...badRecords.flatMap((form) => [{ csv: form }, { json: form }, { parquet: form }]),
  { json: {} },
  { json: { type: 'lines' } },
  { csv: { fileHeaderInfo: 'use' } },
  ...badTexts.map((fieldDelimiter) => ({ csv: { fieldDelimiter } })),
  ...badBooleans.map((quoted) => ({ csv: { allowQuotedRecordDelimiter: quoted } })),
  ...badNonEmptyTexts.map((compression) => ({ csv: {}, compression })),
  { parquet: {}, compression: 'GZIP' },
  { csv: { delimiter: 'misspelt' } },
]
export const badSelectOutputs: readonly unknown[] = [
  undefined,
  ...badRecords,
  {},
  { csv: {}, json: {} },
  ...badRecords.flatMap((form) => [{ csv: form }, { json: form }]),
  { csv: { quoteFields: 'always' } },
  ...badTexts.flatMap((recordDelimiter) => [
    { csv: { recordDelimiter } },
    { json: { recordDelimiter } },
  ]),
  { json: { delimiter: 'misspelt' } },
]
export const badScanRanges: readonly unknown[] = [
  ...badRecords,
  {},
  { start: 2, end: 1 },
  ...badNumbers.flatMap((start) => [{ start }, { end: start }]),
]

/** Each value alone among what is removed. */
export const badItems: readonly unknown[] = [
  undefined,
  ...noTexts,
  {},
  '',
  halfCharacter,
  ...badObjects.map((key) => ({ object: key })),
  ...badVersionIds.map((versionId) => ({ object: 'k', versionId })),
].map((item) => [item])

const inOneMinute = (): Date => new Date(Date.now() + 60_000)
export const goodPolicy: PostPolicy = new PostPolicy()
  .setBucket('bkt')
  .setKey('k')
  .setExpires(inOneMinute())
export const badPostPolicies: readonly unknown[] = [
  undefined,
  ...badRecords,
  {},
  new PostPolicy(),
  new PostPolicy().setBucket('bkt').setKey('k'),
  new PostPolicy().setBucket('bkt').setExpires(inOneMinute()),
  new PostPolicy().setKey('k').setExpires(inOneMinute()),
]
