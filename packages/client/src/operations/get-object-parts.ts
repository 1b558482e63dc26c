import { decodeXml, objectAttributesDocument } from '@stowage/protocol'
import type { S3StreamRequest } from '../request/request.ts'
import type { BodyStream } from '../transport/transport.ts'
import { versionQuery } from './get-object.ts'

/** One page of the parts that an object was uploaded in. */
export interface ObjectPartsPage {
  /** Of the object that they are of. */
  readonly etag: string | undefined
  readonly sizes: readonly (number | undefined)[]
  /** The number of the last part, where more follow. */
  readonly next: number | undefined
}

/**
 * GetObjectAttributes, asked for one page of the parts. AWS lists them only where they have
 * checksums. The answer is a stream, since stores that do not know the operation take it for
 * GetObject; see `readObjectParts`.
 *
 * @param marker the number of the last part of the page before
 * @param headers those of a customer key
 */
export function getObjectParts(
  bucket: string,
  object: string,
  versionId: string | undefined,
  marker: number | undefined,
  headers: Readonly<Record<string, string>>,
): S3StreamRequest<BodyStream> {
  return {
    operation: 'GetObjectAttributes',
    method: 'GET',
    bucket,
    object,
    query: [['attributes', ''], ...versionQuery(versionId)],
    headers: {
      ...headers,
      // Ceph takes no blank behind the comma.
      'x-amz-object-attributes': 'ETag,ObjectParts',
      ...(marker !== undefined && { 'x-amz-part-number-marker': String(marker) }),
    },
    idempotent: true,
    answer: 'document',
    readStream: ({ body }) => body,
  }
}

/** Reads an answer of GetObjectAttributes; undefined where it is none. */
export function readObjectParts(document: string): ObjectPartsPage | undefined {
  try {
    const { etag, objectParts } = decodeXml(objectAttributesDocument, document)
    const { isTruncated = false, nextPartNumberMarker, parts = [] } = objectParts ?? {}
    return {
      etag,
      sizes: parts.map(({ sizeBytes }) => sizeBytes),
      next: isTruncated ? nextPartNumberMarker : undefined,
    }
  } catch {
    return undefined // The object itself, or whatever the store made of the request.
  }
}
