import { selectObjectContentDocument, type SelectObjectContentRequest } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { ReceiverGoneError, type Reply } from '../http/reply.ts'
import { selectRecords, type SelectOptions } from '../select/select-records.ts'
import type { ObjectRecord } from '../store/object-record.ts'
import type { OpenedObject } from '../store/objects.ts'
import { contentReader } from './object-encryption.ts'
import { refuseAccessLists } from './object-headers.ts'
import type { Operation, OperationContext } from './operation.ts'
import { invalidArgument } from './parameters.ts'
import { readDocument } from './read-document.ts'
import { presentObject, requestedVersion } from './version-id.ts'
import { parseDocument } from './xml.ts'

/** A query of 256 KiB, of which each character may have become a reference. */
const maxDocumentBytes = 2 * 1024 * 1024

export const selectObjectContent: Operation = {
  action: 's3:GetObject',
  versionAction: 's3:GetObjectVersion',
  hasBody: true,
  run,
}

async function run(context: OperationContext): Promise<Reply> {
  const { server, bucket, key } = context
  const versionId = requestedVersion(context)
  const request = await readRequest(context)
  server.store.buckets.get(bucket)
  const found = await server.store.objects.open(bucket, key, versionId)
  const opened = presentObject(found, { key, versionId })
  try {
    const reader = contentReader(context, opened)
    return answer(request, opened.record, reader, selectOptions(context))
  } catch (error) {
    opened.reader.close()
    throw error
  }
}

async function readRequest(context: OperationContext): Promise<SelectObjectContentRequest> {
  const { request, query } = context
  const type = query.get('select-type') ?? ''
  if (type !== '2') throw invalidArgument('select-type', type)
  refuseAccessLists(request)
  if (request.header('range') !== undefined) throw new S3Failure('UnsupportedRangeHeader')
  const source = await readDocument(context, { maxBytes: maxDocumentBytes })
  if (source === '') throw new S3Failure('EmptyRequestBody')
  return parseDocument(selectObjectContentDocument, source)
}

function selectOptions({ server, body }: OperationContext): SelectOptions {
  const { now, turns } = server
  const betweenSlices = (): void => {
    if (body.isConnectionClosed !== true) return
    throw new ReceiverGoneError('the receiver closed the connection')
  }
  return { now, turns, betweenSlices }
}

function answer(
  request: SelectObjectContentRequest,
  record: ObjectRecord,
  reader: OpenedObject['reader'],
  options: SelectOptions,
): Reply {
  const source = {
    sizeBytes: record.sizeBytes,
    read: (offset: number, length: number) => reader.read(offset, length),
  }
  return {
    status: 200,
    headers: [['content-type', 'application/octet-stream']],
    body: {
      sizeBytes: undefined,
      chunks: selectRecords(request, source, options),
      close: () => reader.close(),
    },
  }
}
