import { encodeUrlEncoded, listObjectsDocument, type ListObjectsResult } from '@stowage/protocol'

import type { Reply } from '../http/reply.ts'
import { documentEntries, listingParameters, readPage } from './listing-page.ts'
import type { Operation, OperationContext } from './operation.ts'
import { xmlReply } from './xml.ts'

/** Version 1 of the listing. */
export const listObjects: Operation = { action: 's3:ListBucket', hasBody: false, run }

async function run(context: OperationContext): Promise<Reply> {
  const parameters = listingParameters(context)
  const { prefix, delimiter, maxKeys } = parameters
  const marker = context.query.get('marker') ?? ''
  const page = await readPage(context, parameters, marker)
  const result: ListObjectsResult = {
    name: context.bucket,
    prefix,
    marker,
    // S3 sends it with a delimiter only: without one the last key is the next marker.
    nextMarker: page.truncated && delimiter !== '' ? page.entries.at(-1)?.name : undefined,
    delimiter: delimiter === '' ? undefined : delimiter,
    maxKeys,
    isTruncated: page.truncated,
    entries: documentEntries(page, true),
  }
  return xmlReply(listObjectsDocument, parameters.urlEncoded ? encodeUrlEncoded(result) : result)
}
