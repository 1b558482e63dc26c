import { listBucketsDocument } from '@stowage/protocol'

import type { Reply } from '../http/reply.ts'
import { decodeToken, encodeToken } from './continuation-token.ts'
import type { Operation, OperationContext } from './operation.ts'
import { owner } from './owner.ts'
import { wholeNumberParameter } from './parameters.ts'
import { xmlReply } from './xml.ts'

const maxBuckets = 10_000

export const listBuckets: Operation = { action: 's3:ListAllMyBuckets', hasBody: false, run }

function run({ server, query }: OperationContext): Reply {
  const prefix = query.get('prefix') ?? ''
  const region = query.get('bucket-region')
  const token = query.get('continuation-token')
  const after = token === undefined ? '' : decodeToken(token)
  const limit = wholeNumberParameter(query, 'max-buckets', { min: 1, max: maxBuckets })
  const matching = server.store.buckets
    .list()
    .filter(
      ({ name, region: own }) => name.startsWith(prefix) && name > after && (region ?? own) === own,
    )
  const page = limit === undefined ? matching : matching.slice(0, limit)
  const last = page.at(-1)
  return xmlReply(listBucketsDocument, {
    owner,
    buckets: page.map((bucket) => ({
      name: bucket.name,
      creationDate: new Date(bucket.createdMs),
      bucketRegion: bucket.region,
    })),
    continuationToken:
      last === undefined || page.length === matching.length ? undefined : encodeToken(last.name),
    prefix: query.get('prefix'),
  })
}
