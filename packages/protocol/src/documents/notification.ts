import { list, optional, required, wrappedList, type XmlField } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { otherElements, type XmlElement } from '../xml/tree.ts'
import { text, textual, type XmlValue } from '../xml/values.ts'
import { XmlError } from '../xml/xml-error.ts'

/** The events that S3 and MinIO document. */
export type KnownNotificationEvent =
  | 's3:ObjectCreated:*'
  | 's3:ObjectCreated:Put'
  | 's3:ObjectCreated:Post'
  | 's3:ObjectCreated:Copy'
  | 's3:ObjectCreated:CompleteMultipartUpload'
  | 's3:ObjectCreated:PutRetention'
  | 's3:ObjectCreated:PutLegalHold'
  | 's3:ObjectCreated:PutTagging'
  | 's3:ObjectCreated:DeleteTagging'
  | 's3:ObjectRemoved:*'
  | 's3:ObjectRemoved:Delete'
  | 's3:ObjectRemoved:DeleteMarkerCreated'
  | 's3:ObjectRemoved:DeleteAllVersions'
  | 's3:ObjectRemoved:NoOP'
  | 's3:ObjectAccessed:*'
  | 's3:ObjectAccessed:Get'
  | 's3:ObjectAccessed:Head'
  | 's3:ObjectAccessed:GetRetention'
  | 's3:ObjectAccessed:GetLegalHold'
  | 's3:ObjectAccessed:Attributes'
  | 's3:ObjectAcl:Put'
  | 's3:ObjectRestore:*'
  | 's3:ObjectRestore:Post'
  | 's3:ObjectRestore:Completed'
  | 's3:ObjectRestore:Delete'
  | 's3:ObjectTagging:*'
  | 's3:ObjectTagging:Put'
  | 's3:ObjectTagging:Delete'
  | 's3:ObjectTransition:*'
  | 's3:ObjectTransition:Complete'
  | 's3:ObjectTransition:Failed'
  | 's3:ObjectLargeVersions'
  | 's3:ObjectManyVersions'
  | 's3:PrefixManyFolders'
  | 's3:BucketCreated:*'
  | 's3:BucketRemoved:*'
  | 's3:IntelligentTiering'
  | 's3:LifecycleExpiration:*'
  | 's3:LifecycleExpiration:Delete'
  | 's3:LifecycleExpiration:DeleteMarkerCreated'
  | 's3:LifecycleTransition'
  | 's3:ReducedRedundancyLostObject'
  | 's3:Replication:*'
  | 's3:Replication:OperationCompletedReplication'
  | 's3:Replication:OperationFailedReplication'
  | 's3:Replication:OperationMissedThreshold'
  | 's3:Replication:OperationNotTracked'
  | 's3:Replication:OperationReplicatedAfterThreshold'
  | 's3:Scanner:BigPrefix'
  | 's3:Scanner:ManyVersions'

/** An event's name; stores add some of their own, in the same form. */
export type NotificationEventName = KnownNotificationEvent | (`s3:${string}` & {})

const eventName = /^s3:(?:[A-Za-z]+:)*(?:[A-Za-z]+|\*)$/

/** Whether a text has the form of an event's name, `s3:Group:Event` or `s3:Group:*`. */
export function isNotificationEventName(name: unknown): name is NotificationEventName {
  return typeof name === 'string' && eventName.test(name)
}

/** `Filter`: of which keys a rule speaks. */
export interface NotificationFilter {
  readonly prefix?: string | undefined
  readonly suffix?: string | undefined
}

/** One rule: what is told to whom. */
export interface NotificationRule {
  readonly id?: string | undefined
  /** Of the topic, queue or function. */
  readonly arn: string
  readonly events: readonly NotificationEventName[]
  readonly filter?: NotificationFilter | undefined
}

/** `NotificationConfiguration`: of Get- and PutBucketNotificationConfiguration. */
export interface NotificationConfiguration {
  readonly topics: readonly NotificationRule[]
  readonly queues: readonly NotificationRule[]
  readonly cloudFunctions: readonly NotificationRule[]
  /** What else a store keeps there, such as `EventBridgeConfiguration`. */
  readonly others?: readonly XmlElement[] | undefined
}

interface FilterRule {
  readonly name: string
  readonly value: string
}

interface FilterRules {
  readonly rules: readonly FilterRule[]
}

const filterRules = object<FilterRules>({
  rules: wrappedList(
    'S3Key',
    'FilterRule',
    object<FilterRule>({ name: required('Name', text), value: required('Value', text) }),
  ),
})

/** AWS answers `Prefix` to who said `prefix`. Undefined for a filter without rules. */
const filter: XmlValue<NotificationFilter | undefined> = {
  read: (reader) => {
    const found: { prefix?: string; suffix?: string } = {}
    const { rules } = filterRules.read(reader)
    for (const { name, value } of rules) {
      const lower = name.toLowerCase()
      if (lower !== 'prefix' && lower !== 'suffix') {
        throw new XmlError('unknown filter rule', reader.offset)
      }
      found[lower] = value
    }
    return rules.length === 0 ? undefined : found
  },
  write: (writer, element, value) => {
    const rules: FilterRule[] = []
    if (value?.prefix !== undefined) rules.push({ name: 'prefix', value: value.prefix })
    if (value?.suffix !== undefined) rules.push({ name: 'suffix', value: value.suffix })
    filterRules.write(writer, element, { rules })
  },
}

const event: XmlValue<NotificationEventName> = textual(
  'event',
  (name) => (isNotificationEventName(name) ? name : undefined),
  (name) => name,
)

/** The other names are those of AWS's newer documentation; they are understood, never written. */
function rules(
  element: string,
  arnElement: string,
  otherElement: string = element,
  otherArnElement: string = arnElement,
): XmlField<readonly NotificationRule[]> {
  const rule = object<NotificationRule>({
    id: optional('Id', text),
    arn: { ...required(arnElement, text), elements: [arnElement, otherArnElement] },
    events: list('Event', event),
    filter: optional('Filter', filter),
  })
  return { ...list(element, rule), elements: [element, otherElement] }
}

/** The document `<NotificationConfiguration>`. */
export const notificationDocument: XmlDocument<NotificationConfiguration> = s3Document(
  'NotificationConfiguration',
  object<NotificationConfiguration>({
    topics: rules('TopicConfiguration', 'Topic'),
    queues: rules('QueueConfiguration', 'Queue'),
    cloudFunctions: rules(
      'CloudFunctionConfiguration',
      'CloudFunction',
      'LambdaFunctionConfiguration',
      'LambdaFunctionArn',
    ),
    others: otherElements(),
  }),
)
