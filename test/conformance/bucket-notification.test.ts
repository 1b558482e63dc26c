import { expect } from 'vitest'
import type { NotificationConfig, NotificationRule } from 'stowage'
import { conformance, type Case } from './harness/conformance.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'
import type { Listener } from './harness/target.ts'

const needs = ['bucket notification'] as const

function listenerOf({ running }: Case): Listener {
  if (running.listener === undefined) throw new Error('the target names no listener')
  return running.listener
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
      const { kind, arn: known } = listenerOf(context)
      const rules: NotificationRule[] = [
        {
          id: 'first',
          arn: known,
          events: ['s3:ObjectCreated:Put', 's3:ObjectCreated:Copy'],
          filter: { prefix: 'in/ü &<>"+ ', suffix: '.jpg ' },
        },
        { id: 'second', arn: known, events: ['s3:ObjectRemoved:*'] },
        {
          id: 'third',
          arn: known,
          events: ['s3:ObjectCreated:*'],
          filter: { prefix: 'out/' },
        },
      ]
      await client.setBucketNotification(name, { [kind]: rules })
      const stored = await client.getBucketNotification(name)
      expect(stored).toMatchObject({ topics: [], queues: [], cloudFunctions: [], [kind]: rules })
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
      const { kind, arn: known } = listenerOf(context)
      const rule = (id: string): NotificationConfig => ({
        [kind]: [{ id, arn: known, events: ['s3:ObjectCreated:*'] }],
      })
      await client.setBucketNotification(name, rule('first'))
      await client.setBucketNotification(name, rule('second'))
      const stored = await client.getBucketNotification(name)
      expect(stored[kind].map(({ id }) => id)).toEqual(['second'])
    },
    { needs: [...needs, 'notification rules of S3'] },
  )

  defineCase(
    'surfaces what the store refuses, and keeps what was there',
    async (context) => {
      const { client, bucket, bucketName } = context
      const name = await bucket()
      const { kind, arn: known } = listenerOf(context)
      const rule: NotificationRule = { id: 'kept', arn: known, events: ['s3:ObjectCreated:*'] }
      await client.setBucketNotification(name, { [kind]: [rule] })
      const refusal = (rules: NotificationRule[]): Promise<string> =>
        codeOf(client.setBucketNotification(name, { [kind]: rules }))
      expect(await refusal([{ arn, events: ['s3:ObjectCreated:*'] }])).toBe('InvalidArgument')
      expect(await refusal([{ arn: known, events: ['s3:NoSuch:Event'] }])).toBe('InvalidArgument')
      // The form of its name is right, its case is not.
      expect(await refusal([{ arn: known, events: ['s3:objectcreated:*'] }])).toBe(
        'InvalidArgument',
      )
      const overlapping = [rule, { ...rule, id: 'again' }]
      expect(await refusal(overlapping)).toBe('InvalidArgument')
      const stored = await client.getBucketNotification(name)
      expect(stored[kind].map(({ id }) => id)).toEqual(['kept'])
      expect(await codeOf(client.setBucketNotification(bucketName(), {}))).toBe('NoSuchBucket')
    },
    { needs: [...needs, 'notification rules of S3'] },
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
      const { kind, arn: known } = listenerOf(context)
      // Ceph asks for an id; others make one.
      const rule: NotificationRule = { id: 'one', arn: known, events: ['s3:ObjectRemoved:*'] }
      await client.setBucketNotification(name, { [kind]: [rule] })
      expect((await client.getBucketNotification(name))[kind]).toHaveLength(1)
      await client.removeAllBucketNotification(name)
      expect((await client.getBucketNotification(name))[kind]).toEqual([])
      expect(await codeOf(client.removeAllBucketNotification(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})
