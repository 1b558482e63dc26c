/**
 * A document that is not well-formed, or that does not hold what its shape asks for.
 * Nothing but this is thrown while reading XML, whatever the input.
 */
export class XmlError extends Error {
  override readonly name: string = 'XmlError'

  /** Where reading stopped: an index into the source, in UTF-16 code units. */
  readonly offset: number

  constructor(message: string, offset: number) {
    super(`${message} (at offset ${offset})`)
    this.offset = offset
  }
}

/**
 * A well-formed start of a document with another root than the expected one.
 *
 * S3 answers CompleteMultipartUpload, CopyObject, UploadPartCopy and DeleteObjects with status 200
 * and an `<Error>` document when the work fails late, so callers look at {@link rootName} here.
 */
export class XmlRootError extends XmlError {
  override readonly name: string = 'XmlRootError'

  /** The root element's name, without its prefix. */
  readonly rootName: string

  constructor(expected: string, rootName: string, offset: number) {
    super(`expected <${expected}>, found <${rootName}>`, offset)
    this.rootName = rootName
  }
}
