import type { NotificationConfiguration, NotificationRule } from '@stowage/protocol'

import type { WebhookOptions } from '../options.ts'
import { EventBus, type TargetRule } from './event-bus.ts'
import { expandEventName } from './event-names.ts'
import { Webhook, type WebhookContext } from './webhook.ts'

export interface NotificationTargetsOptions {
  readonly region: string
  readonly webhooks: Readonly<Record<string, WebhookOptions>>
  readonly context: WebhookContext
  /** What a bucket's document says now; the same object as long as it is the same document. */
  readonly configurationOf: (bucket: string) => NotificationConfiguration | undefined
}

/** The webhooks, and which of them the buckets' configurations name. */
export class NotificationTargets {
  readonly #options: NotificationTargetsOptions
  readonly #webhooks: ReadonlyMap<string, Webhook>
  /** Rules made ready, as long as their document stands. */
  readonly #rules = new WeakMap<NotificationConfiguration, readonly TargetRule[]>()

  constructor(options: NotificationTargetsOptions) {
    this.#options = options
    this.#webhooks = new Map(
      Object.entries(options.webhooks).map(([id, webhook]) => [
        id,
        new Webhook(id, webhook, options.context),
      ]),
    )
  }

  /** A bus that feeds the webhooks. */
  bus(now: () => Date): EventBus {
    return new EventBus({ now, rulesOf: (bucket) => this.#rulesOf(bucket) })
  }

  /** The webhook of `arn:minio:sqs:REGION:ID:webhook`, where the region may be left out. */
  find(arn: string): Webhook | undefined {
    const [scheme, vendor, service, region, id = '', type, ...more] = arn.split(':')
    const isWebhook =
      scheme === 'arn' && vendor === 'minio' && service === 'sqs' && type === 'webhook'
    if (!isWebhook || more.length > 0) return undefined
    if (region !== '' && region !== this.#options.region) return undefined
    return this.#webhooks.get(id)
  }

  #rulesOf(bucket: string): readonly TargetRule[] | undefined {
    const configuration = this.#options.configurationOf(bucket)
    if (configuration === undefined || configuration.queues.length === 0) return undefined
    const known = this.#rules.get(configuration)
    if (known !== undefined) return known
    const rules = configuration.queues.flatMap((rule) => this.#targetRule(rule))
    this.#rules.set(configuration, rules)
    return rules
  }

  /** None when the webhook is no longer there. */
  #targetRule({ id = 'Config', arn, events, filter = {} }: NotificationRule): TargetRule[] {
    const webhook = this.find(arn)
    if (webhook === undefined) return []
    const names = new Set(events.flatMap((event) => expandEventName(event) ?? []))
    return [
      {
        id,
        names,
        filter,
        take: (record, { bucket, key }, name) =>
          webhook.send({ EventName: name, Key: `${bucket}/${key}`, Records: [record] }),
      },
    ]
  }

  async close(): Promise<void> {
    await Promise.all([...this.#webhooks.values()].map((webhook) => webhook.close()))
  }
}
