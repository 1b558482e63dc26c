import {
  formatRange,
  parseContentRange,
  rangeProblem,
  unquoteEtag,
  type ContentRange,
  type QueryPair,
} from '@stowage/protocol'
import { checkBoolean, checkBucket, checkId, checkInteger, checkObject } from '../checks.ts'
import { conditionHeaders, type Conditions } from '../request/conditions.ts'
import { InvalidArgumentError, InvalidResponseError } from '../errors.ts'
import { readObjectStat, type ObjectStat } from '../results/object-stat.ts'
import type { CallOptions } from '../options.ts'
import type { S3StreamRequest, StreamReply } from '../request/request.ts'
import { decryptionHeaders, type SseCustomerKey } from '../request/sse.ts'
import { headerValue, type BodyStream } from '../transport/transport.ts'

/** Options of `getObject`. */
export interface GetObjectOptions extends CallOptions {
  /** First byte, from 0. Default 0. */
  readonly offset?: number | undefined
  /** Number of bytes from `offset`; 0 or absent: up to the end. */
  readonly length?: number | undefined
  /** The last so many bytes; excludes `offset` and `length`. */
  readonly suffixLength?: number | undefined
  /** The key that an object under SSE-C was written with. */
  readonly sse?: SseCustomerKey | undefined
  readonly versionId?: string | undefined
  /** Only this part of an object that was uploaded in parts, from 1; excludes a range. */
  readonly partNumber?: number | undefined
  /** Read only if these hold; S3 answers 412 or 304 otherwise. */
  readonly conditions?: Conditions | undefined
  /**
   * Compares the content of a whole object with the checksum that the store keeps, or with the
   * ETag where that is an MD5, before the reader says that it is at the end; `verifiedBy` of the
   * reader tells which. Default false: some stores do not know the header, and hashing takes time.
   */
  readonly verify?: boolean | undefined
}

/** The parameter of a version; none for the latest. */
export function versionQuery(versionId: string | undefined): QueryPair[] {
  if (versionId === undefined) return []
  checkId('versionId', versionId)
  return [['versionId', versionId]]
}

/** Parts have the numbers 1 to this. */
export const maxPartNumber = 10_000

/** The parameters of what is read: of a version, of a part. */
export function readQuery(
  options: Pick<GetObjectOptions, 'versionId' | 'partNumber'>,
): QueryPair[] {
  const { versionId, partNumber } = options
  const query = versionQuery(versionId)
  if (partNumber === undefined) return query
  checkInteger('partNumber', partNumber, 1, maxPartNumber)
  return [...query, ['partNumber', String(partNumber)]]
}

function rangeHeader(options: GetObjectOptions): string | undefined {
  const problem = rangeProblem(options)
  if (problem !== undefined) throw new InvalidArgumentError('offset, length, suffixLength', problem)
  const { offset, length, suffixLength, partNumber } = options
  const hasRange = offset !== undefined || length !== undefined || suffixLength !== undefined
  if (hasRange && partNumber !== undefined) {
    throw new InvalidArgumentError('partNumber', 'excludes offset, length and suffixLength')
  }
  return formatRange(options)
}

const digits = /^[0-9]{1,15}$/

/** How many bytes the body must have, by what its head says. */
function bodyLength(reply: StreamReply, range: ContentRange | undefined): number | undefined {
  const text = headerValue(reply.headers, 'content-length')
  const length = text !== undefined && digits.test(text) ? Number(text) : undefined
  const rangeBytes = range && range.end - range.start + 1
  if (length !== undefined && rangeBytes !== undefined && length !== rangeBytes) throw wrongRange()
  if (length === undefined && headerValue(reply.headers, 'transfer-encoding') === undefined) {
    throw new InvalidResponseError('GetObject', 'a body without a length could be cut unseen')
  }
  return length ?? rangeBytes
}

/** A store that ignores the range, or the part, would hand out other bytes than asked for. */
function checkRange(reply: StreamReply, asked: GetObjectOptions): ContentRange | undefined {
  const range = parseContentRange(headerValue(reply.headers, 'content-range') ?? '')
  if (asked.partNumber !== undefined) {
    if (range ? reply.status === 206 : isOnlyPart(reply, asked.partNumber)) return range
    throw wrongRange()
  }
  if (formatRange(asked) === undefined) {
    if (reply.status !== 200) throw wrongRange()
    return undefined
  }
  if (reply.status !== 206 || !range || !isAnswerTo(range, asked)) throw wrongRange()
  return range
}

/** Some stores send what came whole as such, when they are asked for its part 1. */
function isOnlyPart({ headers }: StreamReply, partNumber: number): boolean {
  const etag = unquoteEtag(headerValue(headers, 'etag') ?? '')
  return partNumber === 1 && etag !== '' && !/-[0-9]+$/.test(etag)
}

/** Where the store does not tell the size, an early end cannot be told from the object's. */
function isAnswerTo({ start, end, sizeBytes }: ContentRange, asked: GetObjectOptions): boolean {
  const { offset = 0, length = 0, suffixLength } = asked
  const lastByte = sizeBytes === undefined ? end : sizeBytes - 1
  if (suffixLength !== undefined) {
    return end === lastByte && start === Math.max(0, lastByte + 1 - suffixLength)
  }
  const askedEnd = length > 0 ? offset + length - 1 : lastByte
  return start === offset && end === Math.min(askedEnd, lastByte)
}

function wrongRange(): InvalidResponseError {
  return new InvalidResponseError('GetObject', 'the answer is not the range that was asked for')
}

/** An object whose content is on its way. */
export interface OpenedObject {
  readonly stat: ObjectStat
  readonly body: BodyStream
  /** Where the body begins in the object. */
  readonly start: number
  /** Bytes of the body; undefined if the store does not say. */
  readonly lengthBytes: number | undefined
  /** Bytes of the whole object; undefined if the store does not say. */
  readonly totalBytes: number | undefined
  /** Whether nothing of the object was left out. */
  readonly isWhole: boolean
}

/** GetObject. */
export function getObject(
  bucket: string,
  object: string,
  options: GetObjectOptions,
): S3StreamRequest<OpenedObject> {
  checkBucket(bucket)
  checkObject(object)
  const headers = conditionHeaders(options.conditions)
  const range = rangeHeader(options)
  if (range !== undefined) headers['range'] = range
  if (options.sse !== undefined) Object.assign(headers, decryptionHeaders(options.sse))
  checkBoolean('verify', options.verify)
  if (options.verify === true) headers['x-amz-checksum-mode'] = 'ENABLED'
  return {
    operation: 'GetObject',
    method: 'GET',
    bucket,
    object,
    query: readQuery(options),
    headers,
    idempotent: true,
    answer: 'object',
    readStream: (reply) => {
      const contentRange = checkRange(reply, options)
      const lengthBytes = bodyLength(reply, contentRange)
      return {
        start: contentRange?.start ?? 0,
        stat: readObjectStat(bucket, object, reply.headers),
        body: reply.body,
        lengthBytes,
        totalBytes: contentRange ? contentRange.sizeBytes : lengthBytes,
        isWhole: contentRange === undefined,
      }
    },
  }
}
