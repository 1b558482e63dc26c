import {
  isNotificationEventName,
  notificationDocument,
  type NotificationConfiguration,
  type NotificationRule,
  type XmlElement,
} from '@stowage/protocol'
import { checkArray, checkNotEmpty, checkProperties, checkText } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'
import { asItIs, getConfiguration, putConfiguration, xmlConfiguration } from './configuration.ts'

/** What a bucket tells of its objects, and to whom. */
export interface NotificationConfig {
  readonly topics?: readonly NotificationRule[] | undefined
  readonly queues?: readonly NotificationRule[] | undefined
  readonly cloudFunctions?: readonly NotificationRule[] | undefined
  /** What else the store keeps there, such as `EventBridgeConfiguration`. */
  readonly others?: readonly XmlElement[] | undefined
}

const notification = xmlConfiguration(
  'BucketNotificationConfiguration',
  'notification',
  notificationDocument,
  asItIs,
  asItIs,
)

const kinds = ['topics', 'queues', 'cloudFunctions'] as const
const configProperties: ReadonlySet<string> = new Set([...kinds, 'others'])
const ruleProperties: ReadonlySet<string> = new Set(['id', 'arn', 'events', 'filter'])
const filterProperties: ReadonlySet<string> = new Set(['prefix', 'suffix'])

function checkRule(argument: string, rule: NotificationRule): void {
  checkProperties(argument, rule, ruleProperties)
  if (rule.id !== undefined) checkText(`${argument}.id`, rule.id)
  checkNotEmpty(`${argument}.arn`, rule.arn)
  checkText(`${argument}.arn`, rule.arn)
  checkArray(`${argument}.events`, rule.events)
  if (rule.events.length === 0 || !rule.events.every(isNotificationEventName)) {
    throw new InvalidArgumentError(
      `${argument}.events`,
      'must name events, such as s3:A:* or s3:A:B',
    )
  }
  if (rule.filter !== undefined) checkFilter(`${argument}.filter`, rule.filter)
}

function checkFilter(argument: string, filter: NonNullable<NotificationRule['filter']>): void {
  checkProperties(argument, filter, filterProperties)
  const { prefix, suffix } = filter
  if (prefix === undefined && suffix === undefined) {
    throw new InvalidArgumentError(argument, 'must have a prefix or a suffix')
  }
  if (prefix !== undefined) checkText(`${argument}.prefix`, prefix)
  if (suffix !== undefined) checkText(`${argument}.suffix`, suffix)
}

function checked(config: NotificationConfig): NotificationConfiguration {
  checkProperties('config', config, configProperties)
  const { topics = [], queues = [], cloudFunctions = [], others } = config
  const checkedConfig = { topics, queues, cloudFunctions, others }
  if (others !== undefined) checkArray('config.others', others)
  for (const kind of kinds) {
    checkArray(`config.${kind}`, checkedConfig[kind])
    checkedConfig[kind].forEach((rule, at) => checkRule(`config.${kind}[${at}]`, rule))
  }
  return checkedConfig
}

/** GetBucketNotificationConfiguration. */
export function getBucketNotification(bucket: string): S3Request<NotificationConfiguration> {
  return getConfiguration(notification, { bucket })
}

/** PutBucketNotificationConfiguration. Nothing in it is how S3 removes all. */
export function setBucketNotification(bucket: string, config: NotificationConfig): S3Request<void> {
  return putConfiguration(notification, { bucket }, checked(config), 'config')
}
