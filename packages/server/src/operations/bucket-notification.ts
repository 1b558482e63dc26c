import {
  notificationDocument,
  type NotificationConfiguration,
  type NotificationRule,
} from '@stowage/protocol'

import { expandEventName, type EventName } from '../events/event-names.ts'
import { filterProblem, filtersOverlap, type KeyFilter } from '../events/key-filter.ts'
import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { parseDocument, xmlReply } from './xml.ts'

const maxDocumentBytes = 256 * 1024
/** As on AWS: each rule is compared with all others, and each event with all rules. */
const maxRules = 100

export const getBucketNotification: Operation = {
  action: 's3:GetBucketNotification',
  hasBody: false,
  run: get,
}

export const putBucketNotification: Operation = {
  action: 's3:PutBucketNotification',
  hasBody: true,
  run: put,
}

const empty: NotificationConfiguration = { topics: [], queues: [], cloudFunctions: [], others: [] }

function get({ server, bucket }: OperationContext): Reply {
  server.store.buckets.get(bucket)
  const configuration = server.store.configurations.find(bucket, 'notification') ?? empty
  return xmlReply(notificationDocument, configuration)
}

/** An empty document takes the configuration away. */
async function put(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  server.store.buckets.get(bucket)
  const source = await readDocument(context, { maxBytes: maxDocumentBytes })
  const configuration = parseDocument(notificationDocument, source)
  checkConfiguration(context, configuration)
  const { queues, others = [] } = configuration
  const isEmpty = queues.length === 0 && others.length === 0
  if (isEmpty) await server.store.configurations.remove(bucket, 'notification')
  else await server.store.configurations.set(bucket, 'notification', configuration)
  return { status: 200 }
}

/** @throws S3Failure UnsupportedNotification, InvalidArgument, MalformedXML */
function checkConfiguration(
  { server }: OperationContext,
  { topics, queues, cloudFunctions }: NotificationConfiguration,
): void {
  if (topics.length > 0 || cloudFunctions.length > 0) throw new S3Failure('UnsupportedNotification')
  if (queues.length > maxRules) throw refused(`A bucket has at most ${maxRules} rules.`)
  const checked: CheckedRule[] = []
  for (const rule of queues) {
    if (!server.notifications.knowsTarget(rule.arn)) throw refused('The target is not known.')
    const next = checkedRule(rule)
    if (checked.some((before) => overlap(before, next))) {
      throw refused('Two rules tell of the same event for the same key.')
    }
    checked.push(next)
  }
}

interface CheckedRule {
  readonly names: ReadonlySet<EventName>
  readonly filter: KeyFilter
}

function checkedRule({ events, filter = {} }: NotificationRule): CheckedRule {
  if (events.length === 0) throw new S3Failure('MalformedXML')
  if (new Set(events).size !== events.length) throw refused('An event stands twice in a rule.')
  const names = events.flatMap((event) => {
    const expanded = expandEventName(event)
    if (expanded === undefined) throw refused(`There is no event ${event}.`)
    return expanded
  })
  for (const text of [filter.prefix ?? '', filter.suffix ?? '']) {
    const problem = filterProblem(text)
    if (problem !== undefined) throw refused(`A filter ${problem}.`)
  }
  return { names: new Set(names), filter }
}

function overlap(one: CheckedRule, other: CheckedRule): boolean {
  return (
    [...one.names].some((name) => other.names.has(name)) && filtersOverlap(one.filter, other.filter)
  )
}

function refused(message: string): S3Failure {
  return new S3Failure('InvalidArgument', { message })
}
