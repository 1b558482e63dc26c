import { expect } from 'vitest'
import type { NotificationConfig, NotificationRule } from 'stowage'
import { conformance, type Case } from './harness/conformance.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'

const needs = ['bucket notification'] as const

function queueOf({ running }: Case): string {
  if (running.queueArn === undefined) throw new Error('the target names no queue')
  return running.queueArn
}

const events = ['s3:ObjectCreated:*'] as const
const arn = 'arn:minio:sqs::nobody:webhook'

/** What no rule may be; the reference client refuses the same. */
const wrongRules: readonly unknown[] = [
  {},
  { events },
  { arn },
  { arn: '', events },
  { arn: 7, events },
  { arn, events: [] },
  { arn, events: 's3:ObjectCreated:*' },
  { arn, events: ['ObjectCreated:*'] },
  { arn, events: ['s3:'] },
  { arn, events: [''] },
  { arn, events: [7] },
  { arn, events, id: 7 },
  { arn, events, Id: 'misspelt' },
  { arn, events, filter: {} },
  { arn, events, filter: { prefix: 7 } },
  { arn, events, filter: { suffix: null } },
  { arn, events, filter: { key: 'a' } },
  { arn, events, filter: 'a' },
  'text',
  null,
]

const wrongConfigs: readonly unknown[] = [
  undefined,
  null,
  'text',
  [],
  { Queues: [] },
  { queues: {} },
  { topics: 'x' },
]

conformance('setBucketNotification', (defineCase) => {
  defineCase(
    'gives back what was set, which can be set again',
    async (context) => {
      const { client, bucket } = context
      const name = await bucket()
      const queues: NotificationRule[] = [
        {
          id: 'one',
          arn: queueOf(context),
          events: ['s3:ObjectCreated:Put', 's3:ObjectRemoved:*'],
          filter: { prefix: 'in/ü &<>"+ ', suffix: '.jpg ' },
        },
        { id: 'two', arn: queueOf(context), events: ['s3:ObjectAccessed:Get'] },
        {
          id: 'three',
          arn: queueOf(context),
          events: ['s3:ObjectCreated:*'],
          filter: { prefix: 'out/' },
        },
      ]
      await client.setBucketNotification(name, { queues })
      const stored = await client.getBucketNotification(name)
      expect(stored).toMatchObject({ topics: [], queues, cloudFunctions: [] })
      await client.setBucketNotification(name, stored)
      expect(await client.getBucketNotification(name)).toEqual(stored)
    },
    { needs },
  )

  defineCase(
    'replaces everything; one rule comes as a list',
    async (context) => {
      const { client, bucket } = context
      const name = await bucket()
      const rule = (id: string): NotificationConfig => ({
        queues: [{ id, arn: queueOf(context), events: ['s3:ObjectCreated:*'] }],
      })
      await client.setBucketNotification(name, rule('first'))
      await client.setBucketNotification(name, rule('second'))
      const { queues } = await client.getBucketNotification(name)
      expect(queues.map(({ id }) => id)).toEqual(['second'])
    },
    { needs },
  )

  defineCase(
    'surfaces what the store refuses, and keeps what was there',
    async (context) => {
      const { client, bucket, bucketName } = context
      const name = await bucket()
      const known = queueOf(context)
      const rule: NotificationRule = { id: 'kept', arn: known, events: ['s3:ObjectCreated:*'] }
      await client.setBucketNotification(name, { queues: [rule] })
      const refusal = (queues: NotificationRule[]): Promise<string> =>
        codeOf(client.setBucketNotification(name, { queues }))
      expect(await refusal([{ arn, events: ['s3:ObjectCreated:*'] }])).toBe('InvalidArgument')
      expect(await refusal([{ arn: known, events: ['s3:NoSuch:Event'] }])).toBe('InvalidArgument')
      // The form of its name is right, its case is not.
      expect(await refusal([{ arn: known, events: ['s3:objectcreated:*'] }])).toBe(
        'InvalidArgument',
      )
      const overlapping = [rule, { ...rule, id: 'again' }]
      expect(await refusal(overlapping)).toBe('InvalidArgument')
      const { queues } = await client.getBucketNotification(name)
      expect(queues.map(({ id }) => id)).toEqual(['kept'])
      expect(await codeOf(client.setBucketNotification(bucketName(), {}))).toBe('NoSuchBucket')
    },
    { needs },
  )

  defineCase('refuses wrong rules without a request', async ({ newClient, bucket }) => {
    const name = await bucket()
    const set = newClient({}).setBucketNotification
    const configs = [
      ...wrongConfigs,
      ...['topics', 'queues', 'cloudFunctions'].flatMap((kind) =>
        wrongRules.map((rule) => ({ [kind]: [rule] })),
      ),
    ]
    for (const config of configs) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(set, client, [name, config]),
        JSON.stringify(config) ?? 'undefined',
      )
    }
  })
})

conformance('getBucketNotification', (defineCase) => {
  defineCase(
    'gives empty lists where there is nothing',
    async ({ client, bucket, bucketName }) => {
      const config = await client.getBucketNotification(await bucket())
      expect(config).toMatchObject({ topics: [], queues: [], cloudFunctions: [] })
      expect(await codeOf(client.getBucketNotification(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})

conformance('removeAllBucketNotification', (defineCase) => {
  defineCase(
    'removes all, and may be said where there is nothing',
    async (context) => {
      const { client, bucket, bucketName } = context
      const name = await bucket()
      await client.removeAllBucketNotification(name)
      const rule: NotificationRule = { arn: queueOf(context), events: ['s3:ObjectRemoved:*'] }
      await client.setBucketNotification(name, { queues: [rule] })
      expect((await client.getBucketNotification(name)).queues).toHaveLength(1)
      await client.removeAllBucketNotification(name)
      expect((await client.getBucketNotification(name)).queues).toEqual([])
      expect(await codeOf(client.removeAllBucketNotification(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})
