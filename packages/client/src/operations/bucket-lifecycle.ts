import {
  lifecycleDocument,
  type LifecycleConfiguration,
  type LifecycleFilter,
  type LifecycleRule,
} from '@stowage/protocol'
import {
  checkArray,
  checkDate,
  checkInteger,
  checkOneOf,
  checkProperties,
  checkRecord,
  checkText,
} from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'
import {
  deleteConfiguration,
  getConfiguration,
  putConfiguration,
  xmlConfiguration,
  type Configuration,
} from './configuration.ts'

function lifecycle(name: string): Configuration<readonly LifecycleRule[]> {
  return xmlConfiguration<LifecycleConfiguration, readonly LifecycleRule[]>(
    name,
    'lifecycle',
    lifecycleDocument,
    ({ rules }) => rules,
    (rules) => ({ rules }),
  )
}

const configuration = lifecycle('BucketLifecycleConfiguration')
/** S3 names this one operation shorter. */
const deletion = lifecycle('BucketLifecycle')

const maxRules = 1000
const maxDays = 2 ** 31 - 1
const actions = [
  'expiration',
  'noncurrentVersionExpiration',
  'abortIncompleteMultipartUpload',
] as const
const listsOfActions = ['transitions', 'noncurrentVersionTransitions'] as const
const numbers = [
  'days',
  'noncurrentDays',
  'newerNoncurrentVersions',
  'daysAfterInitiation',
] as const
const statuses: ReadonlySet<string> = new Set(['Enabled', 'Disabled'])
const ruleProperties: ReadonlySet<string> = new Set([
  'id',
  'status',
  'prefix',
  'filter',
  'expiration',
  'transitions',
  'noncurrentVersionExpiration',
  'noncurrentVersionTransitions',
  'abortIncompleteMultipartUpload',
  'others',
])

function checkRule(argument: string, rule: LifecycleRule): void {
  checkProperties(argument, rule, ruleProperties)
  checkOneOf(`${argument}.status`, rule.status, statuses)
  if (rule.id !== undefined) checkText(`${argument}.id`, rule.id)
  if (rule.prefix !== undefined) checkText(`${argument}.prefix`, rule.prefix)
  if (rule.filter !== undefined) checkFilter(`${argument}.filter`, rule.filter)
  for (const name of actions) {
    if (rule[name] !== undefined) checkAction(`${argument}.${name}`, rule[name])
  }
  for (const name of listsOfActions) {
    const { [name]: list = [] } = rule
    checkArray(`${argument}.${name}`, list)
    list.forEach((action, at) => checkAction(`${argument}.${name}[${at}]`, action))
  }
}

function checkFilter(argument: string, filter: LifecycleFilter): void {
  checkRecord(argument, filter)
  const { prefix, tags = [], and } = filter
  if (prefix !== undefined) checkText(`${argument}.prefix`, prefix)
  checkArray(`${argument}.tags`, tags)
  if (and !== undefined) checkFilter(`${argument}.and`, and)
}

/** What a rule does, and when. */
function checkAction(argument: string, action: unknown): void {
  checkRecord(argument, action)
  const date: unknown = Reflect.get(action, 'date')
  if (date !== undefined) checkDate(`${argument}.date`, date)
  for (const name of numbers) {
    const value: unknown = Reflect.get(action, name)
    if (value !== undefined) checkInteger(`${argument}.${name}`, value, 0, maxDays)
  }
}

/** GetBucketLifecycleConfiguration. */
export function getBucketLifecycle(bucket: string): S3Request<readonly LifecycleRule[]> {
  return getConfiguration(configuration, { bucket })
}

/** PutBucketLifecycleConfiguration. */
export function setBucketLifecycle(
  bucket: string,
  rules: readonly LifecycleRule[],
): S3Request<void> {
  checkArray('rules', rules)
  if (rules.length === 0 || rules.length > maxRules) {
    throw new InvalidArgumentError('rules', `must be 1 to ${maxRules}`)
  }
  rules.forEach((rule, at) => checkRule(`rules[${at}]`, rule))
  return putConfiguration(configuration, { bucket }, rules, 'rules')
}

/** DeleteBucketLifecycle. */
export function deleteBucketLifecycle(bucket: string): S3Request<void> {
  return {
    ...deleteConfiguration(deletion, { bucket }),
    absent: { codes: ['NoSuchLifecycleConfiguration'], value: undefined },
  }
}
