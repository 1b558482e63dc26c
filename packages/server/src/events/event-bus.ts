import type { EventName } from './event-names.ts'
import { matchesKey, type KeyFilter } from './key-filter.ts'
import { eventRecord, type EventStamp, type ObjectEvent } from './object-event.ts'

/** Who wants to hear of what. */
export interface Subscription {
  /** Undefined: of every bucket. */
  readonly bucket: string | undefined
  readonly names: ReadonlySet<EventName>
  readonly filter: KeyFilter
  /** Called at once, in order; has to be quick and must not throw. */
  readonly take: (record: object, event: ObjectEvent, name: EventName) => void
}

/** A rule of a bucket's configuration. */
export interface TargetRule extends Omit<Subscription, 'bucket'> {
  readonly id: string
}

export interface EventBusOptions {
  readonly now: () => Date
  /** The rules of a bucket; undefined when there are none, which is asked of every change. */
  readonly rulesOf: (bucket: string) => readonly TargetRule[] | undefined
}

/**
 * The one place that events pass. Whoever commits a change publishes it while the key is still
 * locked, so the events of a key come in the order of its changes; everything behind is queues.
 */
export class EventBus {
  readonly #options: EventBusOptions
  readonly #subscriptions = new Set<Subscription>()
  #lastSequence = 0n

  constructor(options: EventBusOptions) {
    this.#options = options
  }

  /** @returns what ends it */
  subscribe(subscription: Subscription): () => void {
    this.#subscriptions.add(subscription)
    return () => void this.#subscriptions.delete(subscription)
  }

  /** How many listen. */
  get subscriptionCount(): number {
    return this.#subscriptions.size
  }

  /** Whether anybody could want an event of the bucket: it need not be made otherwise. */
  hears(bucket: string): boolean {
    return this.#subscriptions.size > 0 || this.#options.rulesOf(bucket) !== undefined
  }

  publish(event: ObjectEvent): void {
    const time = this.#options.now()
    const facts = { time, sequencer: this.#nextSequencer(time) }
    for (const subscription of this.#subscriptions) {
      if (subscription.bucket !== undefined && subscription.bucket !== event.bucket) continue
      offer(subscription, event, { ...facts, configurationId: 'Config' })
    }
    for (const rule of this.#options.rulesOf(event.bucket) ?? []) {
      offer(rule, event, { ...facts, configurationId: rule.id })
    }
  }

  /** Nanoseconds, like MinIO's, but never the same twice. */
  #nextSequencer(time: Date): string {
    const now = BigInt(time.getTime()) * 1_000_000n
    this.#lastSequence = now > this.#lastSequence ? now : this.#lastSequence + 1n
    return this.#lastSequence.toString(16).toUpperCase().padStart(16, '0')
  }
}

function offer(
  { names, filter, take }: Omit<Subscription, 'bucket'>,
  event: ObjectEvent,
  facts: Omit<EventStamp, 'name'>,
): void {
  const name = event.names.findLast((candidate) => names.has(candidate))
  if (name === undefined || !matchesKey(filter, event.key)) return
  take(eventRecord(event, { ...facts, name }), event, name)
}
