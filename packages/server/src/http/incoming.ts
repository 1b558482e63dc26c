import type { IncomingMessage } from 'node:http'

import {
  parseTarget,
  standsOnce,
  type HeaderFamily,
  type HeaderPair,
  type QueryPair,
  type ReceivedRequest,
  type RequestHeader,
  type RequestTarget,
} from '@stowage/protocol'

import { S3Failure } from '../failure.ts'

/** A request as it came off the wire, before anything is believed. */
export interface IncomingRequest {
  readonly method: string
  /** What the signature is verified over. Nothing else reads headers from here: see `header`. */
  readonly received: ReceivedRequest
  /** The decoded path; everything routes, authorises and stores by this value alone. */
  readonly path: string
  readonly query: readonly QueryPair[]
  /**
   * The value of a header, one character per byte; undefined when it is absent. The names that can
   * be asked for are those that have a row in the protocol's table of request headers, which says
   * what happens to each of them where nobody signed it.
   */
  header(name: RequestHeader): string | undefined
  /** All headers that begin so, in wire order. */
  headersOf(family: HeaderFamily): readonly HeaderPair[]
  /**
   * The same request with more headers.
   * @throws S3Failure when one of them is there already
   */
  withHeaders(headers: readonly HeaderPair[]): IncomingRequest
  /** The same request without some headers. */
  withoutHeaders(isLeftOut: (name: string) => boolean): IncomingRequest
}

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
  return new WireRequest({ method, target, headers: pairsOf(message.rawHeaders) }, parsed)
}

class WireRequest implements IncomingRequest {
  readonly received: ReceivedRequest
  readonly path: string
  readonly query: readonly QueryPair[]
  readonly #values = new Map<string, string>()

  constructor(received: ReceivedRequest, parsed: Pick<RequestTarget, 'path' | 'query'>) {
    this.received = received
    this.path = parsed.path
    this.query = parsed.query
    for (const [name, value] of received.headers) {
      if (!this.#values.has(name)) this.#values.set(name, value)
      else if (standsOnce(name)) {
        throw new S3Failure('InvalidRequest', { message: `The header ${name} stands twice.` })
      }
    }
  }

  get method(): string {
    return this.received.method
  }

  header(name: RequestHeader): string | undefined {
    return this.#values.get(name)
  }

  headersOf(family: HeaderFamily): readonly HeaderPair[] {
    return this.received.headers.filter(([name]) => name.startsWith(family))
  }

  withHeaders(headers: readonly HeaderPair[]): IncomingRequest {
    if (headers.length === 0) return this
    return this.#with([...this.received.headers, ...headers])
  }

  withoutHeaders(isLeftOut: (name: string) => boolean): IncomingRequest {
    return this.#with(this.received.headers.filter(([name]) => !isLeftOut(name)))
  }

  #with(headers: readonly HeaderPair[]): IncomingRequest {
    return new WireRequest({ ...this.received, headers }, this)
  }
}

function pairsOf(rawHeaders: readonly string[]): readonly HeaderPair[] {
  const pairs: HeaderPair[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    pairs.push([(rawHeaders[index] ?? '').toLowerCase(), rawHeaders[index + 1] ?? ''])
  }
  return pairs
}
