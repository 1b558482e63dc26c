import {
  checksum,
  decodeXml,
  deleteObjectsDocument,
  deleteResultDocument,
  encodeDigest,
  encodeXml,
  type DeleteFailure,
  type ObjectIdentifier,
} from '@stowage/protocol'
import { BytesBody } from '../request/body.ts'
import type { S3Request } from '../request/request.ts'
import { governanceHeaders } from './remove-object.ts'

/** As many objects as S3 takes in one request. */
export const maxDeleteObjects = 1000

/** DeleteObjects, quiet: the answer names failures only. All stores ask for Content-MD5. */
export function deleteObjects(
  bucket: string,
  objects: readonly ObjectIdentifier[],
  bypassGovernance: boolean,
): S3Request<readonly DeleteFailure[]> {
  const bytes = Buffer.from(encodeXml(deleteObjectsDocument, { quiet: true, objects }))
  return {
    operation: 'DeleteObjects',
    method: 'POST',
    bucket,
    query: [['delete', '']],
    headers: {
      ...governanceHeaders(bypassGovernance),
      'content-type': 'application/xml',
      'content-md5': encodeDigest(checksum('MD5', bytes)),
    },
    body: new BytesBody(bytes),
    idempotent: true,
    errorInBody: true,
    read: (reply) => decodeXml(deleteResultDocument, reply.body).errors,
  }
}
