import { parseRange, type ByteRange } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { ReplyHeader } from '../http/reply.ts'
import type { ObjectRecord } from '../store/object-record.ts'
import type { Checksummed } from './object-headers.ts'
import type { OperationContext } from './operation.ts'
import { invalidArgument } from './parameters.ts'

/** Which bytes of an object a GET or HEAD is about. */
export interface ByteSelection {
  /** Undefined: the whole object. */
  readonly range: ByteRange | undefined
  /** What else is to be told of the selection. */
  readonly headers: readonly ReplyHeader[]
  /** Whose checksums go with these bytes: never those of more bytes than are sent. */
  readonly checksummed: Checksummed
}

/** @throws S3Failure InvalidRange, InvalidRequest, InvalidArgument, InvalidPartNumber */
export function selectBytes(context: OperationContext, record: ObjectRecord): ByteSelection {
  const header = context.request.header('range')
  const partNumber = context.query.get('partNumber')
  if (partNumber !== undefined) {
    if (header === undefined) return selectPart(partNumber, record)
    throw new S3Failure('InvalidRequest', {
      message: 'Cannot specify both Range header and partNumber query parameter.',
    })
  }
  const range = header === undefined ? 'ignored' : parseRange(header, record.sizeBytes)
  if (range === 'ignored') return { range: undefined, headers: [], checksummed: record }
  if (range !== 'unsatisfiable') {
    const isWhole = range.end - range.start + 1 === record.sizeBytes
    return { range, headers: [], checksummed: isWhole ? record : { checksums: [] } }
  }
  throw new S3Failure('InvalidRange', {
    extra: { ActualObjectSize: String(record.sizeBytes), RangeRequested: header ?? '' },
    headers: [['content-range', `bytes */${record.sizeBytes}`]],
  })
}

/** An object that came in one piece is its own part 1. Parts are answered as ranges. */
function selectPart(text: string, record: ObjectRecord): ByteSelection {
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (partNumber < 1 || partNumber > 10_000) throw invalidArgument('partNumber', text)
  const { parts } = record
  if (parts === undefined) {
    if (partNumber > 1) throw new S3Failure('InvalidPartNumber')
    return { range: rangeOf(0, record.sizeBytes), headers: [], checksummed: record }
  }
  let start = 0
  for (const part of parts) {
    if (part.partNumber === partNumber) {
      return {
        range: rangeOf(start, part.sizeBytes),
        headers: [['x-amz-mp-parts-count', String(parts.length)]],
        checksummed: { checksums: part.checksums, checksumType: record.checksumType },
      }
    }
    start += part.sizeBytes
  }
  throw new S3Failure('InvalidPartNumber')
}

/** No bytes are no range. Only the one part of an empty object has none. */
function rangeOf(start: number, sizeBytes: number): ByteRange | undefined {
  return sizeBytes === 0 ? undefined : { start, end: start + sizeBytes - 1 }
}
