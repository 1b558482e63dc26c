import type { IncomingMessage } from 'node:http'

import { parseTarget, type HeaderPair, type QueryPair, type RequestTarget } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'

/** A request as it came off the wire, before anything is believed. */
export interface IncomingRequest {
  readonly method: string
  /** Request target in origin form, byte for byte. */
  readonly target: string
  /** Names in lower case, in wire order, copies kept. Values hold one character per byte. */
  readonly headers: readonly HeaderPair[]
  /** The decoded path; everything routes, authorises and stores by this value alone. */
  readonly path: string
  readonly query: readonly QueryPair[]
  /** First value of a header, undefined when it is absent. */
  header(name: string): string | undefined
  /**
   * The same request with more headers.
   * @throws S3Failure when one of them is there already
   */
  withHeaders(headers: readonly HeaderPair[]): IncomingRequest
  /** The same request without some headers. */
  withoutHeaders(isLeftOut: (name: string) => boolean): IncomingRequest
}

/**
 * Node joins or drops copies of headers before `headers` shows them, each in its own way, so that
 * the signature could be checked on one value and the request be served on another. These may stand
 * in a request once.
 */
const singleHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-type',
  'host',
  'if-match',
  'if-none-match',
  'range',
  'transfer-encoding',
])

const maxTargetBytes = 8 * 1024

/** @throws S3Failure when the request cannot be taken apart without guessing. */
export function readIncoming(message: IncomingMessage): IncomingRequest {
  const method = message.method ?? ''
  const target = message.url ?? ''
  if (target.length > maxTargetBytes) {
    throw new S3Failure('InvalidURI', { message: 'The request target is too long.' })
  }
  const parsed = parseTarget(target)
  if (parsed === undefined) {
    throw new S3Failure('InvalidURI', { message: 'The request target cannot be decoded.' })
  }
  return new WireRequest(method, target, parsed, pairsOf(message.rawHeaders))
}

class WireRequest implements IncomingRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly HeaderPair[]
  readonly path: string
  readonly query: readonly QueryPair[]
  readonly #first = new Map<string, string>()

  constructor(
    method: string,
    target: string,
    parsed: Pick<RequestTarget, 'path' | 'query'>,
    headers: readonly HeaderPair[],
  ) {
    this.method = method
    this.target = target
    this.path = parsed.path
    this.query = parsed.query
    this.headers = headers
    for (const [name, value] of headers) {
      if (!this.#first.has(name)) this.#first.set(name, value)
      else if (singleHeaders.has(name) || name.startsWith('x-amz-')) {
        throw new S3Failure('InvalidRequest', { message: `The header ${name} stands twice.` })
      }
    }
  }

  header(name: string): string | undefined {
    return this.#first.get(name)
  }

  withHeaders(headers: readonly HeaderPair[]): IncomingRequest {
    if (headers.length === 0) return this
    return new WireRequest(this.method, this.target, this, [...this.headers, ...headers])
  }

  withoutHeaders(isLeftOut: (name: string) => boolean): IncomingRequest {
    const kept = this.headers.filter(([name]) => !isLeftOut(name))
    return new WireRequest(this.method, this.target, this, kept)
  }
}

function pairsOf(rawHeaders: readonly string[]): readonly HeaderPair[] {
  const pairs: HeaderPair[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    pairs.push([(rawHeaders[index] ?? '').toLowerCase(), rawHeaders[index + 1] ?? ''])
  }
  return pairs
}
