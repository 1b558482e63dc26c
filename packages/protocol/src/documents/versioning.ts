import { list, optional, required } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean, oneOf, text } from '../xml/values.ts'

/** `ExcludedPrefixes` of MinIO: one prefix each. */
export interface ExcludedPrefix {
  readonly prefix: string
}

/** `VersioningConfiguration`: of Get- and PutBucketVersioning. */
export interface VersioningConfiguration {
  /** Missing where versioning was never turned on. */
  readonly status?: 'Enabled' | 'Suspended' | undefined
  /** Whether deleting a version takes a second factor: the element `MfaDelete`. */
  readonly mfaDelete?: 'Enabled' | 'Disabled' | undefined
  /** MinIO only: prefixes whose objects keep no versions. */
  readonly excludedPrefixes: readonly ExcludedPrefix[]
  /** MinIO only: whether keys that end in `/` keep no versions. */
  readonly excludeFolders?: boolean | undefined
}

/** The document `<VersioningConfiguration>`. */
export const versioningDocument: XmlDocument<VersioningConfiguration> = s3Document(
  'VersioningConfiguration',
  object<VersioningConfiguration>({
    status: optional('Status', oneOf('Enabled', 'Suspended')),
    mfaDelete: optional('MfaDelete', oneOf('Enabled', 'Disabled')),
    excludedPrefixes: list(
      'ExcludedPrefixes',
      object<ExcludedPrefix>({ prefix: required('Prefix', text) }),
    ),
    excludeFolders: optional('ExcludeFolders', boolean),
  }),
)
