import {
  legalHoldDocument,
  objectLockDocument,
  retentionDocument,
  type LegalHold,
  type ObjectLockConfiguration,
  type Retention,
  type RetentionMode,
} from '@stowage/protocol'
import { checkBoolean, checkDate, checkInteger, checkOneOf, checkProperties } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'
import {
  getConfiguration,
  putConfiguration,
  xmlConfiguration,
  type Configuration,
} from './configuration.ts'
import { governanceHeaders } from './remove-object.ts'
import type { ObjectVersionOptions } from './tags.ts'

/** How long new objects of a bucket cannot be removed: days or years. Nothing in it: not at all. */
export interface ObjectLockConfig {
  readonly mode?: RetentionMode | undefined
  /** 1 to 36,500. */
  readonly days?: number | undefined
  /** 1 to 100. */
  readonly years?: number | undefined
}

/** Until when a version cannot be removed. */
export interface ObjectRetention {
  /** `GOVERNANCE`: some may end it early; `COMPLIANCE`: nobody. */
  readonly mode: RetentionMode
  readonly retainUntilDate: Date
}

/** Options of `setObjectRetention` and `clearObjectRetention`. */
export interface SetObjectRetentionOptions extends ObjectVersionOptions {
  /** Shortens a retention under governance; needs the right to. */
  readonly bypassGovernance?: boolean | undefined
}

const maxDays = 36_500
const maxYears = 100
const modes: ReadonlySet<RetentionMode> = new Set<RetentionMode>(['GOVERNANCE', 'COMPLIANCE'])
const configProperties: ReadonlySet<string> = new Set(['mode', 'days', 'years'])
const retentionProperties: ReadonlySet<string> = new Set(['mode', 'retainUntilDate'])

/** The second is what Ceph says of an object (18.2). */
const absentCodes = [
  'NoSuchObjectLockConfiguration',
  'ObjectLockConfigurationNotFoundError',
] as const

function readLock({ rule }: ObjectLockConfiguration): ObjectLockConfig {
  return rule?.defaultRetention ?? {}
}

function writeLock(config: ObjectLockConfig): ObjectLockConfiguration {
  const rule = config.mode === undefined ? undefined : { defaultRetention: config }
  return { objectLockEnabled: 'Enabled', rule }
}

const objectLock = xmlConfiguration(
  'ObjectLockConfiguration',
  'object-lock',
  objectLockDocument,
  readLock,
  writeLock,
)

function readRetention({ mode, retainUntilDate }: Retention): ObjectRetention | undefined {
  return mode === undefined || retainUntilDate === undefined ? undefined : { mode, retainUntilDate }
}

/** Nothing in the document ends a retention. */
const retention: Configuration<ObjectRetention | undefined> = xmlConfiguration(
  'ObjectRetention',
  'retention',
  retentionDocument,
  readRetention,
  (value) => value ?? {},
)

const legalHold: Configuration<boolean> = xmlConfiguration<LegalHold, boolean>(
  'ObjectLegalHold',
  'legal-hold',
  legalHoldDocument,
  ({ status }) => status === 'ON',
  (on) => ({ status: on ? 'ON' : 'OFF' }),
)

function checkLock(config: ObjectLockConfig): void {
  checkProperties('config', config, configProperties)
  const { mode, days, years } = config
  if (mode === undefined && days === undefined && years === undefined) return
  checkOneOf('config.mode', mode, modes)
  if ((days === undefined) === (years === undefined)) {
    throw new InvalidArgumentError('config', 'must have either days or years')
  }
  if (days !== undefined) checkInteger('config.days', days, 1, maxDays)
  if (years !== undefined) checkInteger('config.years', years, 1, maxYears)
}

/** GetObjectLockConfiguration. */
export function getObjectLockConfig(bucket: string): S3Request<ObjectLockConfig> {
  return getConfiguration(objectLock, { bucket })
}

/** PutObjectLockConfiguration. */
export function setObjectLockConfig(bucket: string, config: ObjectLockConfig): S3Request<void> {
  checkLock(config)
  return putConfiguration(objectLock, { bucket }, config, 'config')
}

/** GetObjectRetention. An object without is an error to S3, but not to a caller. */
export function getObjectRetention(
  bucket: string,
  object: string,
  { versionId }: ObjectVersionOptions,
): S3Request<ObjectRetention | undefined> {
  return {
    ...getConfiguration(retention, { bucket, object, versionId }),
    absent: { codes: absentCodes, value: undefined },
  }
}

/** PutObjectRetention; undefined ends it. */
export function putObjectRetention(
  bucket: string,
  object: string,
  value: ObjectRetention | undefined,
  { versionId, bypassGovernance }: SetObjectRetentionOptions,
): S3Request<void> {
  checkBoolean('bypassGovernance', bypassGovernance)
  const headers = governanceHeaders(bypassGovernance)
  return putConfiguration(retention, { bucket, object, versionId }, value, 'retention', headers)
}

/** PutObjectRetention. A date that is past is the store's to refuse: by its clock. */
export function setObjectRetention(
  bucket: string,
  object: string,
  value: ObjectRetention,
  options: SetObjectRetentionOptions,
): S3Request<void> {
  checkProperties('retention', value, retentionProperties)
  checkOneOf('retention.mode', value.mode, modes)
  checkDate('retention.retainUntilDate', value.retainUntilDate)
  return putObjectRetention(bucket, object, value, options)
}

/** GetObjectLegalHold. */
export function getObjectLegalHold(
  bucket: string,
  object: string,
  { versionId }: ObjectVersionOptions,
): S3Request<boolean> {
  return {
    ...getConfiguration(legalHold, { bucket, object, versionId }),
    absent: { codes: absentCodes, value: false },
  }
}

/** PutObjectLegalHold. */
export function setObjectLegalHold(
  bucket: string,
  object: string,
  on: boolean,
  { versionId }: ObjectVersionOptions,
): S3Request<void> {
  if (typeof on !== 'boolean') throw new InvalidArgumentError('on', 'must be true or false')
  return putConfiguration(legalHold, { bucket, object, versionId }, on, 'on')
}
