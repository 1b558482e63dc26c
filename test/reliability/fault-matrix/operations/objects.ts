import { createHash } from 'node:crypto'
import type { SelectReader } from 'stowage'
import {
  asText,
  isReadOf,
  isReadOrUnverified,
  readAll,
  newBytes,
  nothing,
  oldBytes,
  storedContent,
  withOldObject,
  type Operation,
  type Trial,
} from '../operation.ts'

const etagOf = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex')
const hasEtag =
  (bytes: Buffer) =>
  (result: unknown): boolean =>
    Reflect.get(Object(result), 'etag') === etagOf(bytes)

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 40) yield bytes.subarray(at, at + 40)
}

/** Content and tags, or what else an operation changes of an object. */
const tagsOf = ({ store, bucket, key }: Trial): Promise<string> =>
  asText(store.getObjectTags(bucket, key))

const retentionOf = ({ store, bucket, key }: Trial): Promise<string> =>
  asText(store.getObjectRetention(bucket, key))

const holdOf = ({ store, bucket, key }: Trial): Promise<string> =>
  asText(store.getObjectLegalHold(bucket, key))

const retention = {
  mode: 'GOVERNANCE',
  retainUntilDate: new Date('2040-01-01T00:00:00Z'),
} as const
const laterRetention = {
  mode: 'GOVERNANCE',
  retainUntilDate: new Date('2041-01-01T00:00:00Z'),
} as const

const csv = Buffer.from('name,age\nAda,36\nBob,17\nEve,52\n')

const writing: readonly Operation[] = [
  {
    name: 'putObject',
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) => client.putObject(bucket, key, newBytes, call),
    isRight: hasEtag(newBytes),
    state: storedContent,
  },
  {
    name: 'putObject, of a stream',
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) => client.putObject(bucket, key, pieces(newBytes), call),
    isRight: hasEtag(newBytes),
    state: storedContent,
  },
  {
    name: 'putObject, with a checksum',
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) =>
      client.putObject(bucket, key, newBytes, { ...call, checksum: 'CRC32C' }),
    isRight: hasEtag(newBytes),
    state: storedContent,
  },
  {
    name: 'putObject, unless it exists',
    run: ({ client, bucket, key, call }) =>
      client.putObject(bucket, key, newBytes, { ...call, conditions: { ifNoneMatch: '*' } }),
    isRight: hasEtag(newBytes),
    state: storedContent,
  },
  {
    name: 'copyObject',
    prepare: ({ store, bucket, key }) => store.putObject(bucket, `${key}-source`, newBytes),
    run: ({ client, bucket, key, call }) =>
      client.copyObject(bucket, key, `/${bucket}/${key}-source`, call),
    isRight: hasEtag(newBytes),
    state: storedContent,
  },
  {
    name: 'removeObject',
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) => client.removeObject(bucket, key, call),
    isRight: (result) => typeof result === 'object',
    state: storedContent,
  },
]

const reading: readonly Operation[] = [
  {
    name: 'getObject',
    prepare: withOldObject,
    run: async ({ client, bucket, key, call }) =>
      readAll(await client.getObject(bucket, key, call)),
    isRight: isReadOf(oldBytes),
    isSound: isReadOrUnverified(oldBytes),
  },
  {
    name: 'getObject, verified',
    prepare: withOldObject,
    run: async ({ client, bucket, key, call }) =>
      readAll(await client.getObject(bucket, key, { ...call, verify: true })),
    isRight: isReadOf(oldBytes),
    isSound: isReadOrUnverified(oldBytes),
  },
  {
    name: 'getObject, a range',
    prepare: withOldObject,
    run: async ({ client, bucket, key, call }) =>
      readAll(await client.getObject(bucket, key, { ...call, offset: 20, length: 40 })),
    isRight: isReadOf(oldBytes.subarray(20, 60)),
    isSound: isReadOrUnverified(oldBytes.subarray(20, 60)),
  },
  {
    name: 'getObject, of a region to be learnt',
    optionsFor: () => ({ region: undefined }),
    prepare: withOldObject,
    run: async ({ client, bucket, key, call }) =>
      readAll(await client.getObject(bucket, key, call)),
    isRight: isReadOf(oldBytes),
    isSound: isReadOrUnverified(oldBytes),
  },
  {
    name: 'statObject',
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) => client.statObject(bucket, key, call),
    isRight: hasEtag(oldBytes),
  },
  {
    name: 'statObject, of a region to be learnt',
    optionsFor: () => ({ region: undefined }),
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) => client.statObject(bucket, key, call),
    isRight: hasEtag(oldBytes),
  },
  {
    name: 'objectExists',
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) => client.objectExists(bucket, key, call),
    isRight: (result) => result === true,
    isAbsence: (result) => result === false,
  },
  {
    name: 'selectObjectContent',
    prepare: ({ store, bucket, key }) => store.putObject(bucket, key, csv),
    run: async ({ client, bucket, key, call }) => {
      const reader: SelectReader = await client.selectObjectContent(bucket, key, {
        ...call,
        expression: 'SELECT s.name FROM S3Object s WHERE CAST(s.age AS INT) > 18',
        input: { csv: { fileHeaderInfo: 'USE' } },
        output: { csv: {} },
      })
      return reader.text()
    },
    isRight: (result) => result === 'Ada\nEve\n',
    // Each message of the answer carries a checksum.
    isSound: (result) => result === 'Ada\nEve\n',
  },
]

const tags: readonly Operation[] = [
  {
    name: 'setObjectTags',
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) =>
      client.setObjectTags(bucket, key, { state: 'new' }, call),
    isRight: nothing,
    state: tagsOf,
  },
  {
    name: 'getObjectTags',
    prepare: ({ store, bucket, key }) =>
      store.putObject(bucket, key, oldBytes, { tags: { state: 'old' } }),
    run: ({ client, bucket, key, call }) => client.getObjectTags(bucket, key, call),
    isRight: (result) => JSON.stringify(result) === '{"state":"old"}',
  },
  {
    name: 'deleteObjectTags',
    prepare: ({ store, bucket, key }) =>
      store.putObject(bucket, key, oldBytes, { tags: { state: 'old' } }),
    run: ({ client, bucket, key, call }) => client.deleteObjectTags(bucket, key, call),
    isRight: nothing,
    state: tagsOf,
  },
]

const withRetention = async (trial: Trial): Promise<void> => {
  await withOldObject(trial)
  await trial.store.setObjectRetention(trial.bucket, trial.key, retention)
}

const locks: readonly Operation[] = [
  {
    name: 'setObjectRetention',
    bucket: 'locked',
    prepare: withRetention,
    run: ({ client, bucket, key, call }) =>
      client.setObjectRetention(bucket, key, laterRetention, call),
    isRight: nothing,
    state: retentionOf,
  },
  {
    name: 'getObjectRetention',
    bucket: 'locked',
    prepare: withRetention,
    run: ({ client, bucket, key, call }) => client.getObjectRetention(bucket, key, call),
    isRight: (result) => JSON.stringify(result) === JSON.stringify(retention),
  },
  {
    name: 'clearObjectRetention',
    bucket: 'locked',
    prepare: withRetention,
    run: ({ client, bucket, key, call }) =>
      client.clearObjectRetention(bucket, key, { ...call, bypassGovernance: true }),
    isRight: nothing,
    state: retentionOf,
  },
  {
    name: 'setObjectLegalHold',
    bucket: 'locked',
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) => client.setObjectLegalHold(bucket, key, true, call),
    isRight: nothing,
    state: holdOf,
  },
  {
    name: 'getObjectLegalHold',
    bucket: 'locked',
    prepare: async (trial) => {
      await withOldObject(trial)
      await trial.store.setObjectLegalHold(trial.bucket, trial.key, true)
    },
    run: ({ client, bucket, key, call }) => client.getObjectLegalHold(bucket, key, call),
    isRight: (result) => result === true,
  },
  {
    name: 'setObjectLockConfig',
    prepare: ({ store, key }) => store.makeBucket(key, { objectLock: true }),
    run: ({ client, key, call }) =>
      client.setObjectLockConfig(key, { mode: 'GOVERNANCE', days: 3 }, call),
    isRight: nothing,
    state: ({ store, key }) => asText(store.getObjectLockConfig(key)),
  },
  {
    name: 'getObjectLockConfig',
    bucket: 'locked',
    run: ({ client, bucket, call }) => client.getObjectLockConfig(bucket, call),
    isRight: (result) => typeof result === 'object',
  },
]

/** Operations on single objects. */
export const objectOperations: readonly Operation[] = [...writing, ...reading, ...tags, ...locks]
