import {
  encodeUrlEncoded,
  listObjectsV2Document,
  type ListingEntry,
  type ListObjectsV2Result,
} from '@stowage/protocol'

import type { Reply } from '../http/reply.ts'
import type { ListingPage } from '../store/listing.ts'
import { decodeToken, encodeToken } from './continuation-token.ts'
import {
  documentEntries,
  entriesWithMetadata,
  listingParameters,
  readPage,
} from './listing-page.ts'
import type { Operation, OperationContext } from './operation.ts'
import { invalidArgument } from './parameters.ts'
import { xmlReply } from './xml.ts'

export const listObjectsV2: Operation = { action: 's3:ListBucket', hasBody: false, run }

async function run(context: OperationContext): Promise<Reply> {
  const { query, bucket } = context
  const parameters = listingParameters(context)
  checkListType(query.get('list-type') ?? '')
  const startAfter = query.get('start-after')
  const continuationToken = query.get('continuation-token')
  const after = continuationToken === undefined ? startAfter : decodeToken(continuationToken)
  const page = await readPage(context, parameters, after ?? '')
  const result: ListObjectsV2Result = {
    name: bucket,
    prefix: parameters.prefix,
    delimiter: parameters.delimiter === '' ? undefined : parameters.delimiter,
    startAfter,
    maxKeys: parameters.maxKeys,
    keyCount: page.entries.length,
    isTruncated: page.truncated,
    continuationToken,
    nextContinuationToken: nextToken(page),
    entries: await entriesOf(context, page),
  }
  return xmlReply(listObjectsV2Document, parameters.urlEncoded ? encodeUrlEncoded(result) : result)
}

function entriesOf(
  context: OperationContext,
  page: ListingPage,
): readonly ListingEntry[] | Promise<readonly ListingEntry[]> {
  const withOwner = context.query.get('fetch-owner') === 'true'
  return context.query.get('metadata') === 'true'
    ? entriesWithMetadata(context, page, withOwner)
    : documentEntries(page, withOwner)
}

function checkListType(listType: string): void {
  if (listType !== '2') throw invalidArgument('list-type', listType)
}

function nextToken(page: ListingPage): string | undefined {
  const last = page.entries.at(-1)
  return page.truncated && last !== undefined ? encodeToken(last.name) : undefined
}
