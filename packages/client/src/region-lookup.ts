import { decodeXml, locationDocument, regionOfLocation } from '@stowage/protocol'
import type { S3Request } from './request.ts'
import { replyText } from './reply.ts'

/** GetBucketLocation, in path style: the bucket's own host may be that of another region. */
export function getBucketLocation(bucket: string): S3Request<string> {
  return {
    operation: 'GetBucketLocation',
    method: 'GET',
    bucket,
    query: [['location', '']],
    idempotent: true,
    pathStyle: true,
    read: (reply) => regionOfLocation(decodeXml(locationDocument, replyText(reply))),
  }
}
