import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { encodeXml, type XmlDocument } from '@stowage/protocol'
import type { Reply, RequestDescription, S3Request } from '../../src/request/request.ts'
import type { CallOptions } from '../../src/options.ts'
import { S3Error } from '../../src/errors.ts'
import { unlessAbsent } from '../../src/results/absent.ts'

/** An answer as the transport hands it over. */
export function reply(
  body = '',
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Reply {
  return { status, headers, body: Buffer.from(body) }
}

/** An answer with a document. */
export function xmlReply<T>(document: XmlDocument<T>, value: T): Reply {
  return reply(encodeXml(document, value))
}

/** What a store's refusal becomes in the pipeline. */
export function refusal(code: string, status = 400): S3Error {
  return new S3Error(code, {
    code,
    status,
    operation: 'Test',
    bucket: undefined,
    key: undefined,
    attempts: 1,
    requestId: undefined,
    hostId: undefined,
    region: undefined,
    retryAfterMs: undefined,
  })
}

/** The bytes of a described body, as text. */
export function bodyText(request: RequestDescription): string {
  const bytes = request.body?.open()
  if (!(bytes instanceof Uint8Array)) throw new Error('no body in memory')
  return Buffer.from(bytes).toString('utf8')
}

/** The body without declaration and namespace; its Content-MD5 must be the right one. */
export function checkedBody(request: RequestDescription): string {
  const text = bodyText(request)
  const md5 = createHash('md5').update(text).digest('base64')
  expect(request.headers?.['content-md5']).toBe(md5)
  return text.replace(/^<\?.*\?>\n/, '').replace(/ xmlns="[^"]*"/, '')
}

/** The query as it was described, in order. */
export function queryOf(request: RequestDescription): Readonly<Record<string, string>> {
  return Object.fromEntries(request.query ?? [])
}

/** A request that was sent to a {@link FakeStore}. */
export interface Sent {
  readonly request: RequestDescription
  readonly options: CallOptions
}

/** Stands where the pipeline stands: answers described requests, and keeps them. */
export class FakeStore {
  readonly sent: Sent[] = []
  readonly #answer: (request: RequestDescription, options: CallOptions) => Reply | Promise<Reply>

  constructor(
    answer: (request: RequestDescription, options: CallOptions) => Reply | Promise<Reply>,
  ) {
    this.#answer = answer
  }

  readonly send = async <T>(request: S3Request<T>, options: CallOptions): Promise<T> => {
    options.signal?.throwIfAborted()
    this.sent.push({ request, options })
    return unlessAbsent(request, this.#read(request, options))
  }

  async #read<T>(request: S3Request<T>, options: CallOptions): Promise<T> {
    return request.read(await this.#answer(request, options))
  }

  /** The names of the operations, in the order in which they were sent. */
  get operations(): string[] {
    return this.sent.map(({ request }) => request.operation)
  }
}
