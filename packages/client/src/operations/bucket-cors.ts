import { corsDocument, type CorsConfiguration, type CorsRule } from '@stowage/protocol'
import { checkArray, checkInteger, checkProperties, checkText } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'
import {
  deleteConfiguration,
  getConfiguration,
  putConfiguration,
  xmlConfiguration,
} from './configuration.ts'

const cors = xmlConfiguration<CorsConfiguration, readonly CorsRule[]>(
  'BucketCors',
  'cors',
  corsDocument,
  ({ rules }) => rules,
  (rules) => ({ rules }),
)

const maxRules = 100
const maxSeconds = 2 ** 31 - 1
const lists = ['allowedOrigins', 'allowedMethods', 'allowedHeaders', 'exposeHeaders'] as const
const needed: ReadonlySet<string> = new Set(['allowedOrigins', 'allowedMethods'])
const properties: ReadonlySet<string> = new Set([...lists, 'id', 'maxAgeSeconds'])

function checkRule(argument: string, rule: CorsRule): void {
  checkProperties(argument, rule, properties)
  if (rule.id !== undefined) checkText(`${argument}.id`, rule.id)
  for (const list of lists) {
    const { [list]: values = [] } = rule
    checkArray(`${argument}.${list}`, values)
    if (values.length === 0 && needed.has(list)) {
      throw new InvalidArgumentError(`${argument}.${list}`, 'must not be empty')
    }
    for (const value of values) checkText(`${argument}.${list}`, value)
  }
  if (rule.maxAgeSeconds !== undefined) {
    checkInteger(`${argument}.maxAgeSeconds`, rule.maxAgeSeconds, 0, maxSeconds)
  }
}

/** GetBucketCors. */
export function getBucketCors(bucket: string): S3Request<readonly CorsRule[]> {
  return getConfiguration(cors, { bucket })
}

/** PutBucketCors. */
export function setBucketCors(bucket: string, rules: readonly CorsRule[]): S3Request<void> {
  checkArray('rules', rules)
  if (rules.length === 0 || rules.length > maxRules) {
    throw new InvalidArgumentError('rules', `must be 1 to ${maxRules}`)
  }
  rules.forEach((rule, at) => checkRule(`rules[${at}]`, rule))
  return putConfiguration(cors, { bucket }, rules, 'rules')
}

/** DeleteBucketCors. */
export function deleteBucketCors(bucket: string): S3Request<void> {
  return {
    ...deleteConfiguration(cors, { bucket }),
    absent: { codes: ['NoSuchCORSConfiguration'], value: undefined },
  }
}
