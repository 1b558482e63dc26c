import { optional, required, wrappedList } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { isoDate, text } from '../xml/values.ts'
import { owner, type Owner } from './common.ts'

/** `Bucket` in ListBuckets. */
export interface BucketEntry {
  readonly name: string
  readonly creationDate?: Date | undefined
  /** Only in answers to a request with `max-buckets` or another parameter of paging. */
  readonly bucketRegion?: string | undefined
  readonly bucketArn?: string | undefined
}

/** `ListAllMyBucketsResult`: the answer to ListBuckets. */
export interface ListBucketsResult {
  readonly owner?: Owner | undefined
  readonly buckets: readonly BucketEntry[]
  readonly continuationToken?: string | undefined
  readonly prefix?: string | undefined
}

const bucket = object<BucketEntry>({
  name: required('Name', text),
  creationDate: optional('CreationDate', isoDate),
  bucketRegion: optional('BucketRegion', text),
  bucketArn: optional('BucketArn', text),
})

/** The document `<ListAllMyBucketsResult>`. */
export const listBucketsDocument: XmlDocument<ListBucketsResult> = s3Document(
  'ListAllMyBucketsResult',
  object<ListBucketsResult>({
    owner: optional('Owner', owner),
    buckets: wrappedList('Buckets', 'Bucket', bucket),
    continuationToken: optional('ContinuationToken', text),
    prefix: optional('Prefix', text),
  }),
)
