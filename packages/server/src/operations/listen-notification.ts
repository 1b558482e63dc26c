import { expandEventName, type EventName } from '../events/event-names.ts'
import { filterProblem } from '../events/key-filter.ts'
import { ListenerQueue } from '../events/listener-queue.ts'
import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'
import { invalidArgument, wholeNumberParameter } from './parameters.ts'

/** MinIO's: events of a bucket as they happen, as lines of JSON, until the listener goes. */
export const listenBucketNotification: Operation = {
  action: 's3:ListenBucketNotification',
  hasBody: false,
  run,
}

/** The same for all buckets. */
export const listenNotification: Operation = {
  action: 's3:ListenNotification',
  hasBody: false,
  run,
}

/** Without `ping` a space says that the connection lives, as in MinIO. */
const keepAliveMs = 500

const emptyLine = '{"Records":null}\n'

function run(context: OperationContext): Reply {
  const { server, bucket, query } = context
  const { timers, maxQueueBytes } = server.notifications
  const names = wantedEvents(context)
  const filter = { prefix: filterPart(query, 'prefix'), suffix: filterPart(query, 'suffix') }
  const pingSeconds = wholeNumberParameter(query, 'ping', { min: 1, max: 1_000_000 })
  if (bucket !== '') server.store.buckets.get(bucket)

  const queue = new ListenerQueue(maxQueueBytes)
  const endSubscription = server.events.subscribe({
    bucket: bucket === '' ? undefined : bucket,
    names,
    filter,
    take: (record) => queue.push(`{"Records":[${JSON.stringify(record)}]}\n`),
  })
  const stopTimer = timers.every((pingSeconds ?? keepAliveMs / 1000) * 1000, () => {
    if (queue.isEmpty) queue.push(pingSeconds === undefined ? ' ' : emptyLine)
  })
  const close = (): void => {
    stopTimer()
    endSubscription()
    queue.end()
  }
  return {
    status: 200,
    headers: [
      ['content-type', 'text/event-stream'],
      ['cache-control', 'no-cache'],
      ['x-accel-buffering', 'no'],
    ],
    body: { endless: true, chunks: queue, close, whenCut: (onCut) => queue.whenCut(onCut) },
  }
}

/** @throws S3Failure InvalidArgument */
function wantedEvents({ request }: OperationContext): ReadonlySet<EventName> {
  const names = request.query.filter(([name]) => name === 'events').map(([, value]) => value)
  const wanted = names.flatMap((name) => {
    const expanded = expandEventName(name)
    if (expanded === undefined) throw invalidArgument('events', name)
    return expanded
  })
  return new Set(wanted)
}

/** @throws S3Failure InvalidArgument */
function filterPart(query: ReadonlyMap<string, string>, name: string): string {
  const text = query.get(name) ?? ''
  if (filterProblem(text) !== undefined) throw invalidArgument(name, text)
  return text
}
