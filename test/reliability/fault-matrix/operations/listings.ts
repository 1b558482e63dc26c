import { setTimeout } from 'node:timers/promises'
import { oldBytes, storedContent, type Operation, type Trial } from '../operation.ts'

/** Three objects under the key of the case. */
const threeKeys = ({ key }: Trial): string[] => ['a', 'b', 'c'].map((name) => `${key}/${name}`)

async function withThree(trial: Trial): Promise<void> {
  for (const key of threeKeys(trial)) await trial.store.putObject(trial.bucket, key, oldBytes)
}

const keysOf = (entries: readonly object[]): unknown[] =>
  entries.map((entry): unknown => Reflect.get(entry, 'object'))

const areThree = (result: unknown, trial: Trial): boolean =>
  JSON.stringify(result) === JSON.stringify(threeKeys(trial))

const paged = ({ key, call }: Trial) => ({
  ...call,
  prefix: `${key}/`,
  recursive: true,
  pageSize: 1,
})

async function withUpload({ store, bucket, key }: Trial): Promise<void> {
  const url = await store.presignedUrl('POST', bucket, key, { extraQueryParams: { uploads: '' } })
  const answer = await fetch(url, { method: 'POST' })
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`the upload could not be begun: ${answer.status}`)
}

/** Listens until something is heard of an object that is put again and again. */
async function hear({ client, store, bucket, key, call }: Trial): Promise<unknown> {
  const left = new AbortController()
  const acting = (async () => {
    while (!left.signal.aborted) {
      await Promise.all([store.putObject(bucket, key, oldBytes), setTimeout(10)])
    }
  })()
  const { signal } = call
  const options = { prefix: key, idleTimeoutMs: 20_000, ...(signal && { signal }) }
  try {
    for await (const event of client.listenBucketNotification(bucket, options)) {
      if (event.type === 'event') return event.object
    }
    return undefined
  } finally {
    left.abort()
    await acting
  }
}

const uploadsUnder = async ({ store, bucket, key }: Trial): Promise<string> =>
  String((await store.listIncompleteUploads(bucket, { prefix: key }).toArray()).length)

/** What goes through many objects, and what waits for them. */
export const listingOperations: readonly Operation[] = [
  {
    name: 'listBuckets',
    run: async ({ client, call }) =>
      (await client.listBuckets(call).toArray()).map(({ name }) => name),
    isRight: (result) => JSON.stringify(result) === '["locked","shared"]',
  },
  {
    name: 'listObjects, in pages',
    prepare: withThree,
    run: async (trial) =>
      keysOf(await trial.client.listObjects(trial.bucket, paged(trial)).toArray()),
    isRight: areThree,
  },
  {
    name: 'listObjectsV2, in pages',
    prepare: withThree,
    run: async (trial) =>
      keysOf(await trial.client.listObjectsV2(trial.bucket, paged(trial)).toArray()),
    isRight: areThree,
  },
  {
    name: 'listObjectsV2, of versions',
    prepare: withThree,
    run: async (trial) => {
      const options = { ...paged(trial), includeVersions: true as const }
      return keysOf(await trial.client.listObjectsV2(trial.bucket, options).toArray())
    },
    isRight: areThree,
  },
  {
    name: 'listIncompleteUploads',
    prepare: withUpload,
    run: async ({ client, bucket, key, call }) =>
      keysOf(await client.listIncompleteUploads(bucket, { ...call, prefix: key }).toArray()),
    isRight: (result, { key }) => JSON.stringify(result) === JSON.stringify([key]),
  },
  {
    name: 'removeIncompleteUpload',
    prepare: withUpload,
    run: ({ client, bucket, key, call }) => client.removeIncompleteUpload(bucket, key, call),
    isRight: (result) => result === undefined,
    state: uploadsUnder,
    isOfUploads: true,
    actsOnAnswers: true,
  },
  {
    name: 'removeObjects',
    prepare: withThree,
    run: async (trial) => {
      const { client, bucket, call } = trial
      const errors: unknown[] = []
      for await (const error of client.removeObjects(bucket, threeKeys(trial), call)) {
        errors.push(error)
      }
      return errors
    },
    isRight: (result) => JSON.stringify(result) === '[]',
    // Each of them is there as before, or gone.
    state: async (trial) => {
      const states = threeKeys(trial).map((key) => storedContent({ ...trial, key }))
      return JSON.stringify(await Promise.all(states))
    },
  },
  {
    name: 'listenBucketNotification',
    run: hear,
    isRight: (result, { key }) => result === key,
    isEndless: true,
    weight: 15,
  },
]
