import { formatContentRange, parseRange, type ByteRange } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { Reply, ReplyHeader } from '../http/reply.ts'
import { existing, type ObjectRecord, type OpenedObject } from '../store/objects.ts'
import { judgeRead } from './conditions.ts'
import { objectHeaders, refuseUnsupported } from './object-headers.ts'
import { contentReader, encryptionHeaders, refuseUnreadable } from './object-encryption.ts'
import type { Operation, OperationContext } from './operation.ts'
import { overriddenHeaders } from './response-overrides.ts'
import { requireNullVersion } from './version-id.ts'

export const getObject: Operation = { action: 's3:GetObject', hasBody: false, run: get }

export const headObject: Operation = { action: 's3:GetObject', hasBody: false, run: head }

async function get(context: OperationContext): Promise<Reply> {
  const { server, bucket, key } = context
  requireNullVersion(context)
  server.store.buckets.get(bucket)
  const opened = existing(await server.store.objects.open(bucket, key), key)
  try {
    return send(context, opened)
  } catch (error) {
    opened.reader.close()
    throw error
  }
}

function send(context: OperationContext, opened: OpenedObject): Reply {
  const { record } = opened
  const reader = contentReader(context, opened)
  const answer = answerFor(context, record)
  if (answer.bytes === undefined) {
    reader.close()
    return { status: answer.status, headers: answer.headers }
  }
  const { start, length } = answer.bytes
  return {
    status: answer.status,
    headers: answer.headers,
    body: {
      sizeBytes: length,
      chunks: reader.read(start, length),
      close: () => reader.close(),
    },
  }
}

async function head(context: OperationContext): Promise<Reply> {
  const { server, bucket, key } = context
  requireNullVersion(context)
  server.store.buckets.get(bucket)
  const record = existing(await server.store.objects.find(bucket, key), key)
  refuseUnreadable(context, record.encryption)
  const { status, headers, bytes } = answerFor(context, record)
  if (bytes === undefined) return { status, headers }
  return { status, headers: [...headers, ['content-length', String(bytes.length)]] }
}

interface Answer {
  readonly status: number
  readonly headers: readonly ReplyHeader[]
  /** Undefined where nothing of the object is sent. */
  readonly bytes: { readonly start: number; readonly length: number } | undefined
}

function answerFor(context: OperationContext, record: ObjectRecord): Answer {
  const { request } = context
  refuseUnsupported(request)
  const overrides = overriddenHeaders(context)
  const verdict = judgeRead(request, record)
  if (verdict === 'failed') throw new S3Failure('PreconditionFailed')
  const headers = objectHeaders(request, record).filter(([name]) => !overrides.has(name))
  headers.push(...overrides, ...encryptionHeaders(context, record.encryption))
  if (verdict === 'not-modified') {
    return { status: 304, headers: headers.filter(keptWhenNotModified), bytes: undefined }
  }
  const range = rangeOf(context, record)
  if (range === undefined) {
    return { status: 200, headers, bytes: { start: 0, length: record.sizeBytes } }
  }
  const length = range.end - range.start + 1
  return {
    status: 206,
    headers: [
      ...(length === record.sizeBytes ? headers : headers.filter(([name]) => !isChecksum(name))),
      ['content-range', formatContentRange(range, record.sizeBytes)],
    ],
    bytes: { start: range.start, length },
  }
}

/** Of the whole object: the clients of AWS compare it with whatever bytes come. */
function isChecksum(name: string): boolean {
  return name.startsWith('x-amz-checksum-')
}

/** A 304 tells about the copy that the receiver has, not about a body (RFC 9110, 15.4.5). */
function keptWhenNotModified([name]: ReplyHeader): boolean {
  return (
    name === 'etag' || name === 'last-modified' || name === 'cache-control' || name === 'expires'
  )
}

function rangeOf(context: OperationContext, record: ObjectRecord): ByteRange | undefined {
  const { sizeBytes } = record
  const header = context.request.header('range')
  const partNumber = context.query.get('partNumber')
  if (partNumber !== undefined) return partRange(partNumber, header, sizeBytes)
  const range = header === undefined ? 'ignored' : parseRange(header, sizeBytes)
  if (range === 'ignored') return undefined
  if (range !== 'unsatisfiable') return range
  throw new S3Failure('InvalidRange', {
    extra: { RangeRequested: header ?? '', ActualObjectSize: String(sizeBytes) },
    headers: [['content-range', formatContentRange(undefined, sizeBytes)]],
  })
}

/** An object that came in one piece is its own part 1, which S3 answers as a range. */
function partRange(
  partNumber: string,
  rangeHeader: string | undefined,
  sizeBytes: number,
): ByteRange | undefined {
  if (rangeHeader !== undefined) {
    throw new S3Failure('InvalidRequest', {
      message: 'Cannot specify both Range header and partNumber query parameter.',
    })
  }
  if (!/^\d{1,5}$/.test(partNumber) || Number(partNumber) < 1 || Number(partNumber) > 10_000) {
    throw new S3Failure('InvalidArgument', {
      extra: { ArgumentName: 'partNumber', ArgumentValue: partNumber },
    })
  }
  if (Number(partNumber) > 1) throw new S3Failure('InvalidPartNumber')
  return sizeBytes === 0 ? undefined : { start: 0, end: sizeBytes - 1 }
}
