import { list, optional, optionalList, required } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { otherElements, type XmlElement } from '../xml/tree.ts'
import { boolean, integer, isoDate, oneOf, text } from '../xml/values.ts'
import { tag, type Tag } from './tagging.ts'

/** Criteria of a rule that hold all together. */
export interface LifecycleCriteria {
  readonly prefix?: string | undefined
  readonly tags?: readonly Tag[] | undefined
  readonly objectSizeGreaterThan?: number | undefined
  readonly objectSizeLessThan?: number | undefined
  readonly others?: readonly XmlElement[] | undefined
}

/** `Filter`: one criterion, or several in `And`. */
export interface LifecycleFilter extends LifecycleCriteria {
  readonly and?: LifecycleCriteria | undefined
}

/** `Expiration`. */
export interface LifecycleExpiration {
  readonly date?: Date | undefined
  readonly days?: number | undefined
  /** Removes delete markers behind which no version is left. */
  readonly expiredObjectDeleteMarker?: boolean | undefined
  readonly others?: readonly XmlElement[] | undefined
}

/** `Transition`. */
export interface LifecycleTransition {
  readonly date?: Date | undefined
  readonly days?: number | undefined
  readonly storageClass?: string | undefined
  readonly others?: readonly XmlElement[] | undefined
}

/** `NoncurrentVersionExpiration` and `NoncurrentVersionTransition`. */
export interface NoncurrentVersionAction {
  readonly noncurrentDays?: number | undefined
  /** As many newer versions are left alone. */
  readonly newerNoncurrentVersions?: number | undefined
  /** Only for transitions. */
  readonly storageClass?: string | undefined
  readonly others?: readonly XmlElement[] | undefined
}

/** `AbortIncompleteMultipartUpload`. */
export interface AbortIncompleteUpload {
  readonly daysAfterInitiation?: number | undefined
}

/** `Rule` of a lifecycle. */
export interface LifecycleRule {
  readonly id?: string | undefined
  readonly status: 'Enabled' | 'Disabled'
  /** The form before there were filters; some stores still answer with it. */
  readonly prefix?: string | undefined
  readonly filter?: LifecycleFilter | undefined
  readonly expiration?: LifecycleExpiration | undefined
  readonly transitions?: readonly LifecycleTransition[] | undefined
  readonly noncurrentVersionExpiration?: NoncurrentVersionAction | undefined
  readonly noncurrentVersionTransitions?: readonly NoncurrentVersionAction[] | undefined
  readonly abortIncompleteMultipartUpload?: AbortIncompleteUpload | undefined
  /** What else a store keeps there, such as MinIO's `DelMarkerExpiration`. */
  readonly others?: readonly XmlElement[] | undefined
}

/** `LifecycleConfiguration`: of Get- and PutBucketLifecycleConfiguration. */
export interface LifecycleConfiguration {
  readonly rules: readonly LifecycleRule[]
}

const criteria = {
  prefix: optional('Prefix', text),
  tags: optionalList('Tag', tag),
  objectSizeGreaterThan: optional('ObjectSizeGreaterThan', integer),
  objectSizeLessThan: optional('ObjectSizeLessThan', integer),
  others: otherElements(),
} as const

const noncurrentAction = object<NoncurrentVersionAction>({
  noncurrentDays: optional('NoncurrentDays', integer),
  newerNoncurrentVersions: optional('NewerNoncurrentVersions', integer),
  storageClass: optional('StorageClass', text),
  others: otherElements(),
})

const rule = object<LifecycleRule>({
  id: optional('ID', text),
  status: required('Status', oneOf('Enabled', 'Disabled')),
  prefix: optional('Prefix', text),
  filter: optional(
    'Filter',
    object<LifecycleFilter>({
      ...criteria,
      and: optional('And', object<LifecycleCriteria>(criteria)),
    }),
  ),
  expiration: optional(
    'Expiration',
    object<LifecycleExpiration>({
      date: optional('Date', isoDate),
      days: optional('Days', integer),
      expiredObjectDeleteMarker: optional('ExpiredObjectDeleteMarker', boolean),
      others: otherElements(),
    }),
  ),
  transitions: optionalList(
    'Transition',
    object<LifecycleTransition>({
      date: optional('Date', isoDate),
      days: optional('Days', integer),
      storageClass: optional('StorageClass', text),
      others: otherElements(),
    }),
  ),
  noncurrentVersionExpiration: optional('NoncurrentVersionExpiration', noncurrentAction),
  noncurrentVersionTransitions: optionalList('NoncurrentVersionTransition', noncurrentAction),
  abortIncompleteMultipartUpload: optional(
    'AbortIncompleteMultipartUpload',
    object<AbortIncompleteUpload>({
      daysAfterInitiation: optional('DaysAfterInitiation', integer),
    }),
  ),
  others: otherElements(),
})

/** The document `<LifecycleConfiguration>`. */
export const lifecycleDocument: XmlDocument<LifecycleConfiguration> = s3Document(
  'LifecycleConfiguration',
  object<LifecycleConfiguration>({ rules: list('Rule', rule) }),
)
