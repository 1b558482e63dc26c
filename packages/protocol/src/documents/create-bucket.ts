import { optional } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { text } from '../xml/values.ts'

/** `CreateBucketConfiguration`: the request body of CreateBucket, left out for us-east-1. */
export interface CreateBucketConfiguration {
  /** The region; AWS also knows the old name `EU`. */
  readonly locationConstraint?: string | undefined
}

/** The document `<CreateBucketConfiguration>`. */
export const createBucketDocument: XmlDocument<CreateBucketConfiguration> = s3Document(
  'CreateBucketConfiguration',
  object<CreateBucketConfiguration>({
    locationConstraint: optional('LocationConstraint', text),
  }),
)
