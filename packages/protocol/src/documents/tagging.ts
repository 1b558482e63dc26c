import { required, wrappedList } from '../xml/fields.ts'
import { object, s3Document, type XmlDocument } from '../xml/shape.ts'
import { text, type XmlValue } from '../xml/values.ts'

/** `Tag`. Key and value are case-sensitive; the value may be empty. */
export interface Tag {
  readonly key: string
  readonly value: string
}

export const tag: XmlValue<Tag> = object<Tag>({
  key: required('Key', text),
  value: required('Value', text),
})

/** `Tagging`: of Get- and PutBucketTagging, Get- and PutObjectTagging. */
export interface Tagging {
  readonly tags: readonly Tag[]
}

/** The document `<Tagging>`. */
export const taggingDocument: XmlDocument<Tagging> = s3Document(
  'Tagging',
  object<Tagging>({
    tags: wrappedList('TagSet', 'Tag', tag),
  }),
)
