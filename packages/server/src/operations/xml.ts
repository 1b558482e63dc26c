import { decodeXml, encodeXml, XmlError, type XmlDocument } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply, ReplyHeader } from '../http/reply.ts'

const xmlType: ReplyHeader = ['content-type', 'application/xml']

/** The answer 200 with a document. */
export function xmlReply<T>(document: XmlDocument<T>, value: T): Reply {
  return { status: 200, headers: [xmlType], body: encodeXml(document, value) }
}

/** @throws S3Failure MalformedXML */
export function parseDocument<T>(document: XmlDocument<T>, source: string): T {
  try {
    return decodeXml(document, source)
  } catch (error) {
    if (error instanceof XmlError) throw new S3Failure('MalformedXML')
    throw error
  }
}
