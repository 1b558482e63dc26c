import { required } from '../xml/fields.ts'
import { object, type XmlDocument } from '../xml/shape.ts'
import { etag, text } from '../xml/values.ts'

/** `PostResponse`: the answer to an upload by form that asks for status 201. */
export interface PostResult {
  /** Where the object is. */
  readonly location: string
  readonly bucket: string
  readonly object: string
  readonly etag: string
}

/** The document `<PostResponse>`, which has no namespace. */
export const postResultDocument: XmlDocument<PostResult> = {
  root: 'PostResponse',
  value: object<PostResult>({
    location: required('Location', text),
    bucket: required('Bucket', text),
    object: required('Key', text),
    etag: required('ETag', etag),
  }),
}
