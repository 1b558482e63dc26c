import { formatRange, parseContentRange, rangeProblem, type QueryPair } from '@stowage/protocol'
import { checkBucket, checkNotEmpty, checkObject } from '../checks.ts'
import { conditionHeaders, type Conditions } from '../request/conditions.ts'
import { InvalidArgumentError, InvalidResponseError } from '../errors.ts'
import { readObjectStat, type ObjectStat } from '../results/object-stat.ts'
import type { CallOptions } from '../options.ts'
import type { S3StreamRequest, StreamReply } from '../request/request.ts'
import type { SseCustomerKey } from '../request/sse.ts'
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
  /** Read only if these hold; S3 answers 412 or 304 otherwise. */
  readonly conditions?: Conditions | undefined
}

/** The parameter of a version; none for the latest. */
export function versionQuery(versionId: string | undefined): QueryPair[] {
  if (versionId === undefined) return []
  checkNotEmpty('versionId', versionId)
  return [['versionId', versionId]]
}

function rangeHeader(options: GetObjectOptions): string | undefined {
  const problem = rangeProblem(options)
  if (problem !== undefined) throw new InvalidArgumentError('offset, length, suffixLength', problem)
  return formatRange(options)
}

const digits = /^[0-9]{1,15}$/

/** How many bytes the body must have, by what its head says. */
function bodyLength(reply: StreamReply): number | undefined {
  const length = headerValue(reply.headers, 'content-length')
  if (length !== undefined && digits.test(length)) return Number(length)
  if (headerValue(reply.headers, 'transfer-encoding') !== undefined) return undefined
  reply.body.cancel()
  throw new InvalidResponseError('GetObject', 'a body without a length could be cut unseen')
}

/**
 * Where the body begins in the object. A store that ignores the range would hand out other
 * bytes than asked for.
 */
function checkedStart(reply: StreamReply, asked: string | undefined, offset: number): number {
  if (asked === undefined) return 0
  const range = parseContentRange(headerValue(reply.headers, 'content-range') ?? '')
  const fits = asked.startsWith('bytes=-') || range?.start === offset
  if (reply.status === 206 && range && fits) return range.start
  reply.body.cancel()
  throw new InvalidResponseError('GetObject', 'the answer is not the range that was asked for')
}

/** An object whose content is on its way. */
export interface OpenedObject {
  readonly stat: ObjectStat
  readonly body: BodyStream
  /** Where the body begins in the object. */
  readonly start: number
  /** Bytes of the body; undefined if the store does not say. */
  readonly lengthBytes: number | undefined
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
  if (options.sse !== undefined) Object.assign(headers, options.sse.headers())
  return {
    operation: 'GetObject',
    method: 'GET',
    bucket,
    object,
    query: versionQuery(options.versionId),
    headers,
    idempotent: true,
    readStream: (reply) => ({
      start: checkedStart(reply, range, options.offset ?? 0),
      stat: readObjectStat(bucket, object, reply.headers),
      body: reply.body,
      lengthBytes: bodyLength(reply),
    }),
  }
}
