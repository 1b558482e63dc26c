import { setTimeout } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Client, ListenOptions, NotificationEvent } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { codeOf } from './harness/refusals.ts'

const needs = ['listening'] as const

/**
 * Listens until `count` events have come. A listener hears nothing before it is there, and nobody
 * tells when that is: so `act` is done again and again.
 */
async function hear(
  client: Client,
  bucket: string,
  options: ListenOptions,
  act: () => Promise<unknown>,
  count = 1,
): Promise<NotificationEvent[]> {
  const heard: NotificationEvent[] = []
  const left = new AbortController()
  const acting = (async () => {
    while (!left.signal.aborted) await Promise.all([act(), setTimeout(50)])
  })()
  try {
    for await (const event of client.listenBucketNotification(bucket, options)) {
      heard.push(event)
      if (heard.length === count) break
    }
  } finally {
    left.abort()
    await acting
  }
  return heard
}

conformance('listenBucketNotification', (defineCase) => {
  defineCase(
    'tells of objects, with keys as they are',
    async ({ client, bucket }) => {
      const name = await bucket()
      const key = 'in/a b+c%20ü😀'
      const act = (): Promise<unknown> => client.putObject(name, key, 'ten bytes!')
      const [event] = await hear(client, name, { events: ['s3:ObjectCreated:*'] }, act)
      expect(event).toMatchObject({
        type: 'event',
        eventName: 's3:ObjectCreated:Put',
        bucket: name,
        object: key,
      })
    },
    { needs },
  )

  defineCase(
    'tells of nothing else than was asked for',
    async ({ client, bucket }) => {
      const name = await bucket()
      const act = async (): Promise<void> => {
        await client.putObject(name, 'in/a.txt', '')
        await client.putObject(name, 'out/a.jpg', '')
        await client.putObject(name, 'in/a.jpg', '')
        await client.removeObject(name, 'in/a.jpg')
      }
      const events = ['s3:ObjectRemoved:*'] as const
      const heard = await hear(client, name, { prefix: 'in/', suffix: '.jpg', events }, act, 3)
      for (const event of heard) {
        expect(event).toMatchObject({ eventName: 's3:ObjectRemoved:Delete', object: 'in/a.jpg' })
      }
    },
    { needs },
  )

  defineCase(
    'surfaces refusals at the first pull',
    async ({ client, anonymous, bucket, bucketName }) => {
      const first = (who: Client, name: string, options: ListenOptions = {}): Promise<unknown> =>
        who.listenBucketNotification(name, options)[Symbol.asyncIterator]().next()
      const name = await bucket()
      expect(await codeOf(first(client, bucketName()))).toBe('NoSuchBucket')
      expect(await codeOf(first(client, name, { events: ['s3:No:Such'] }))).toBe('InvalidArgument')
      expect(await codeOf(first(anonymous(), name))).toBe('AccessDenied')
    },
    { needs },
  )

  defineCase(
    'ends at once with the signal',
    async ({ client, bucket }) => {
      const name = await bucket()
      const reason = new Error('enough')
      const signal = AbortSignal.timeout(100)
      const controller = new AbortController()
      signal.addEventListener('abort', () => controller.abort(reason))
      const quiet = (): Promise<void> => Promise.resolve()
      const listening = hear(client, name, { signal: controller.signal }, quiet)
      await expect(listening).rejects.toBe(reason)
    },
    { needs },
  )
})
