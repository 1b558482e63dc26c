import { decodeXml, locationDocument } from '@stowage/protocol'
import type { S3Request } from './request.ts'
import { defaultRegion } from './region.ts'

const utf8: TextDecoder = new TextDecoder()

/** Names that `GetBucketLocation` gives instead of regions, since before there were many. */
const historicNames: Readonly<Record<string, string>> = { '': defaultRegion, EU: 'eu-west-1' }

/**
 * GetBucketLocation, in path style: the bucket's own host may be that of another region.
 */
export function getBucketLocation(bucket: string): S3Request<string> {
  return {
    operation: 'GetBucketLocation',
    method: 'GET',
    bucket,
    query: [['location', '']],
    idempotent: true,
    pathStyle: true,
    read: (reply) => {
      const location = decodeXml(locationDocument, utf8.decode(reply.body))
      return historicNames[location] ?? location
    },
  }
}
