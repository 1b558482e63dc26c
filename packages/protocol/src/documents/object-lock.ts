import { optional, required, withDefault } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { integer, isoDate, oneOf, text } from '../xml/values.ts'

/** Who may end a retention early: some, or nobody. */
export type RetentionMode = 'GOVERNANCE' | 'COMPLIANCE'

const retentionMode = oneOf('GOVERNANCE', 'COMPLIANCE')

/** `DefaultRetention`: what new objects get; either days or years. */
export interface DefaultRetention {
  readonly mode?: RetentionMode | undefined
  readonly days?: number | undefined
  readonly years?: number | undefined
}

/** `Rule` of an object lock configuration. */
export interface ObjectLockRule {
  readonly defaultRetention?: DefaultRetention | undefined
}

/** `ObjectLockConfiguration`: of Get- and PutObjectLockConfiguration. */
export interface ObjectLockConfiguration {
  /** `Enabled`; the lock cannot be turned off. */
  readonly objectLockEnabled: string
  readonly rule?: ObjectLockRule | undefined
}

/** The document `<ObjectLockConfiguration>`. */
export const objectLockDocument: XmlDocument<ObjectLockConfiguration> = s3Document(
  'ObjectLockConfiguration',
  object<ObjectLockConfiguration>({
    objectLockEnabled: withDefault('ObjectLockEnabled', text, ''),
    rule: optional(
      'Rule',
      object<ObjectLockRule>({
        defaultRetention: optional(
          'DefaultRetention',
          object<DefaultRetention>({
            mode: optional('Mode', retentionMode),
            days: optional('Days', integer),
            years: optional('Years', integer),
          }),
        ),
      }),
    ),
  }),
)

/** `Retention`: of Get- and PutObjectRetention. Without anything in it, it ends a retention. */
export interface Retention {
  readonly mode?: RetentionMode | undefined
  readonly retainUntilDate?: Date | undefined
}

/** The document `<Retention>`. */
export const retentionDocument: XmlDocument<Retention> = s3Document(
  'Retention',
  object<Retention>({
    mode: optional('Mode', retentionMode),
    retainUntilDate: optional('RetainUntilDate', isoDate),
  }),
)

/** `LegalHold`: of Get- and PutObjectLegalHold. */
export interface LegalHold {
  readonly status: 'ON' | 'OFF'
}

/** The document `<LegalHold>`. */
export const legalHoldDocument: XmlDocument<LegalHold> = s3Document(
  'LegalHold',
  object<LegalHold>({ status: required('Status', oneOf('ON', 'OFF')) }),
)
