import { required } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { boolean } from '../xml/values.ts'

/** `PolicyStatus`: the answer to GetBucketPolicyStatus. */
export interface PolicyStatus {
  /** Whether the policy of the bucket lets everybody do something. */
  readonly isPublic: boolean
}

/** The document `<PolicyStatus>`. */
export const policyStatusDocument: XmlDocument<PolicyStatus> = s3Document(
  'PolicyStatus',
  object<PolicyStatus>({ isPublic: required('IsPublic', boolean) }),
)
