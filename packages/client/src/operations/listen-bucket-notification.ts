import {
  isNotificationEventName,
  type NotificationEventName,
  type QueryPair,
} from '@stowage/protocol'
import { checkBucket, checkInteger, checkSignal, checkText } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import type { S3StreamRequest } from '../request/request.ts'
import { NotificationStream } from '../results/notification-stream.ts'
import { headerValue } from '../transport/transport.ts'

/** Options of `listenBucketNotification`. */
export interface ListenOptions extends Omit<CallOptions, 'timeout'> {
  /** Only of objects whose keys begin so. */
  readonly prefix?: string | undefined
  /** Only of objects whose keys end so. */
  readonly suffix?: string | undefined
  /** Of what to tell. Default: objects created, removed and accessed. */
  readonly events?: readonly NotificationEventName[] | undefined
  /**
   * A connection without a sign of life for so long counts as lost, in milliseconds; the store
   * gives one every 10 seconds. Default 30,000.
   */
  readonly idleTimeoutMs?: number | undefined
  /** A line of the store, which holds one event or a few, may have so many bytes. Default 2^20. */
  readonly maxLineBytes?: number | undefined
}

const operation = 'ListenBucketNotification'
const defaultEvents: readonly NotificationEventName[] = [
  's3:ObjectCreated:*',
  's3:ObjectRemoved:*',
  's3:ObjectAccessed:*',
]
/** How often the store says that it is still there. */
const pingSeconds = 10
const defaultIdleTimeoutMs = 30_000
const maxTimeoutMs = 2 ** 31 - 1
const defaultMaxLineBytes = 2 ** 20
const maxMaxLineBytes = 2 ** 29

/** Checks the arguments of listening. */
export function checkListen(bucket: string, options: ListenOptions): void {
  checkBucket(bucket)
  const { prefix, suffix, events, idleTimeoutMs, maxLineBytes, signal } = options
  if (signal !== undefined) checkSignal(signal)
  if (prefix !== undefined) checkText('prefix', prefix)
  if (suffix !== undefined) checkText('suffix', suffix)
  if (events !== undefined) checkEvents(events)
  if (idleTimeoutMs !== undefined) checkInteger('idleTimeoutMs', idleTimeoutMs, 1, maxTimeoutMs)
  if (maxLineBytes !== undefined) checkInteger('maxLineBytes', maxLineBytes, 1, maxMaxLineBytes)
}

function checkEvents(events: unknown): void {
  if (!Array.isArray(events) || events.length === 0) {
    throw new InvalidArgumentError('events', 'must name one event or more')
  }
  if (!events.every(isNotificationEventName)) {
    throw new InvalidArgumentError('events', 'must be names such as s3:ObjectCreated:*')
  }
}

/** ListenNotification of MinIO. */
export function listenBucketNotification(
  bucket: string,
  options: ListenOptions,
): S3StreamRequest<NotificationStream> {
  const { prefix, suffix, events = defaultEvents } = options
  const query: QueryPair[] = events.map((event) => ['events', event])
  query.push(['ping', String(pingSeconds)])
  if (prefix !== undefined) query.push(['prefix', prefix])
  if (suffix !== undefined) query.push(['suffix', suffix])
  return {
    operation,
    method: 'GET',
    bucket,
    query,
    idempotent: true,
    answer: 'stream',
    // MinIO sends even the head with the first event or sign of life only.
    silenceMs: options.idleTimeoutMs ?? defaultIdleTimeoutMs,
    readStream: (reply) => {
      const contentType = headerValue(reply.headers, 'content-type')
      const maxLineBytes = options.maxLineBytes ?? defaultMaxLineBytes
      return new NotificationStream(operation, reply.body, contentType, maxLineBytes)
    },
  }
}
