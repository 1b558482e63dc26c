import { isDeepStrictEqual } from 'node:util'
import { isS3Error, type CallOptions, type Client } from 'stowage'
import { asText, nothing, type Operation, type Trial } from '../operation.ts'

/** What is set, got and mostly deleted in the same manner. */
interface Configuration {
  readonly set: Method
  readonly get: Method
  readonly delete?: Method
  write(client: Client, bucket: string, value: unknown, call: CallOptions): Promise<void>
  read(client: Client, bucket: string, call: CallOptions): Promise<unknown>
  erase?(client: Client, bucket: string, call: CallOptions): Promise<void>
  readonly old: unknown
  readonly new: unknown
  readonly bucket?: 'own' | undefined
}
type Method = keyof Client & string

const policy = (action: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: action, Resource: 'arn:aws:s3:::*' }],
})

/** The form in which a policy for a bucket may name its objects. */
const policyOf = (bucket: string, value: unknown): string =>
  JSON.stringify(value).replace('arn:aws:s3:::*', `arn:aws:s3:::${bucket}/*`)

const rule = (id: string) => ({
  queues: [
    { id, arn: 'arn:minio:sqs:eu-central-1:hook:webhook', events: ['s3:ObjectCreated:*' as const] },
  ],
})

/* The values are those of the methods beside them; one type for all of them is `unknown`. */
const configurations: readonly Configuration[] = [
  {
    set: 'setBucketTags',
    get: 'getBucketTags',
    delete: 'deleteBucketTags',
    write: (client, bucket, value, call) =>
      client.setBucketTags(bucket, value as Record<string, string>, call),
    read: (client, bucket, call) => client.getBucketTags(bucket, call),
    erase: (client, bucket, call) => client.deleteBucketTags(bucket, call),
    old: { state: 'old' },
    new: { state: 'new' },
  },
  {
    set: 'setBucketPolicy',
    get: 'getBucketPolicy',
    delete: 'deleteBucketPolicy',
    write: (client, bucket, value, call) =>
      client.setBucketPolicy(bucket, policyOf(bucket, value), call),
    read: (client, bucket, call) => client.getBucketPolicy(bucket, call),
    erase: (client, bucket, call) => client.deleteBucketPolicy(bucket, call),
    old: policy('s3:GetObject'),
    new: policy('s3:PutObject'),
  },
  {
    set: 'setBucketNotification',
    get: 'getBucketNotification',
    delete: 'removeAllBucketNotification',
    write: (client, bucket, value, call) =>
      client.setBucketNotification(bucket, value as ReturnType<typeof rule>, call),
    read: (client, bucket, call) => client.getBucketNotification(bucket, call),
    erase: (client, bucket, call) => client.removeAllBucketNotification(bucket, call),
    old: rule('old'),
    new: rule('new'),
  },
  {
    set: 'putBucketEncryption',
    get: 'getBucketEncryption',
    delete: 'deleteBucketEncryption',
    write: (client, bucket, value, call) =>
      client.putBucketEncryption(bucket, value as { algorithm: 'AES256' }, call),
    read: (client, bucket, call) => client.getBucketEncryption(bucket, call),
    erase: (client, bucket, call) => client.deleteBucketEncryption(bucket, call),
    old: { algorithm: 'AES256' },
    new: { algorithm: 'aws:kms', kmsKeyId: 'key' },
  },
  {
    set: 'setBucketCors',
    get: 'getBucketCors',
    delete: 'deleteBucketCors',
    write: (client, bucket, value, call) =>
      client.setBucketCors(bucket, value as ReturnType<typeof corsRules>, call),
    read: (client, bucket, call) => client.getBucketCors(bucket, call),
    erase: (client, bucket, call) => client.deleteBucketCors(bucket, call),
    old: corsRules('https://old.example'),
    new: corsRules('https://new.example'),
  },
]

function corsRules(origin: string) {
  return [{ allowedOrigins: [origin], allowedMethods: ['GET' as const] }]
}

function operationsOf(configuration: Configuration): readonly Operation[] {
  const { set, get, delete: erasing, write, read, erase } = configuration
  const prepare = ({ store, bucket }: Trial): Promise<void> =>
    write(store, bucket, configuration.old, {})
  const state = async ({ store, bucket }: Trial): Promise<string> =>
    (await asText(read(store, bucket, {}))).replaceAll(bucket, 'BUCKET')
  const setting: Operation = {
    name: set,
    bucket: 'own',
    prepare,
    run: ({ client, bucket, call }) => write(client, bucket, configuration.new, call),
    isRight: nothing,
    state,
  }
  const getting: Operation = {
    name: get,
    bucket: 'own',
    prepare,
    run: ({ client, bucket, call }) => read(client, bucket, call),
    isRight: async (result, { store, bucket }) =>
      isDeepStrictEqual(result, await read(store, bucket, {})),
  }
  if (erasing === undefined || erase === undefined) return [setting, getting]
  const deleting: Operation = {
    name: erasing,
    bucket: 'own',
    prepare,
    run: ({ client, bucket, call }) => erase(client, bucket, call),
    isRight: nothing,
    state,
  }
  return [setting, getting, deleting]
}

const versioning = ({ store, bucket }: Trial): Promise<string> =>
  asText(store.getBucketVersioning(bucket))

/** The embedded server has no lifecycle: its refusal is the right answer. */
async function refused(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call
  } catch (error) {
    if (isS3Error(error, 'NotImplemented')) return error.code
    throw error
  }
}
const isRefused = (result: unknown): boolean => result === 'NotImplemented'

const lifecycle: readonly Operation[] = [
  {
    name: 'setBucketLifecycle',
    run: ({ client, bucket, call }) =>
      refused(
        client.setBucketLifecycle(
          bucket,
          [{ id: 'all', status: 'Enabled', filter: { prefix: '' }, expiration: { days: 7 } }],
          call,
        ),
      ),
    isRight: isRefused,
  },
  {
    name: 'getBucketLifecycle',
    run: ({ client, bucket, call }) => refused(client.getBucketLifecycle(bucket, call)),
    isRight: isRefused,
  },
  {
    name: 'deleteBucketLifecycle',
    run: ({ client, bucket, call }) => refused(client.deleteBucketLifecycle(bucket, call)),
    isRight: isRefused,
  },
]

const exists = ({ store, key }: Trial): Promise<string> => asText(store.bucketExists(key))

/** Operations on buckets and their configurations. */
export const bucketOperations: readonly Operation[] = [
  {
    name: 'makeBucket',
    run: ({ client, key, call }) => client.makeBucket(key, call),
    isRight: nothing,
    state: exists,
  },
  {
    name: 'removeBucket',
    prepare: ({ store, key }) => store.makeBucket(key),
    run: ({ client, key, call }) => client.removeBucket(key, call),
    isRight: nothing,
    state: exists,
  },
  {
    name: 'bucketExists',
    run: ({ client, bucket, call }) => client.bucketExists(bucket, call),
    isRight: (result) => result === true,
    isAbsence: (result) => result === false,
  },
  {
    name: 'enableBucketVersioning',
    bucket: 'own',
    run: ({ client, bucket, call }) => client.enableBucketVersioning(bucket, call),
    isRight: nothing,
    state: versioning,
  },
  {
    name: 'disableBucketVersioning',
    bucket: 'own',
    prepare: ({ store, bucket }) => store.enableBucketVersioning(bucket),
    run: ({ client, bucket, call }) => client.disableBucketVersioning(bucket, call),
    isRight: nothing,
    state: versioning,
  },
  {
    name: 'getBucketVersioning',
    bucket: 'own',
    prepare: ({ store, bucket }) => store.enableBucketVersioning(bucket),
    run: ({ client, bucket, call }) => client.getBucketVersioning(bucket, call),
    isRight: (result) => isDeepStrictEqual(Reflect.get(Object(result), 'status'), 'Enabled'),
  },
  ...configurations.flatMap(operationsOf),
  ...lifecycle,
]
