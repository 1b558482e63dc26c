import type { IncomingMessage, ServerResponse } from 'node:http'

import { verifyRequest, type PayloadMode } from '@stowage/protocol'

import { authorize, type Identity } from '../authorize.ts'
import { S3Failure } from '../failure.ts'
import type { Keyring } from '../keyring.ts'
import type { OperationContext, ServerContext } from '../operations/operation.ts'
import { operations } from '../operations/table.ts'
import { detectRoute, type Route } from '../route.ts'
import { asFailure, failureReply } from './failure-reply.ts'
import { hoistedHeaders } from './hoisted-headers.ts'
import { readIncoming, type IncomingRequest } from './incoming.ts'
import { ReceiverGoneError, sendReply, type Reply, type ReplyHeader } from './reply.ts'
import { SenderGoneError, type BodyLimits, RequestBody } from './request-body.ts'

export interface HandlerOptions {
  readonly context: ServerContext
  readonly keyring: Keyring
  /** Hosts `bucket.domain` name a bucket. */
  readonly domain: string
  readonly bodyLimits: BodyLimits
  readonly newRequestId: () => string
  /** Told of defects: what was thrown that is neither a refusal nor a broken connection. */
  readonly onDefect: (error: unknown, requestId: string) => void
}

interface Authenticated {
  readonly identity: Identity
  readonly payload: PayloadMode
  /** Whether the signature stands in the query, and covers all of it. */
  readonly presigned: boolean
}

/** Answers one request. Never throws and never leaves the connection in doubt. */
export class Handler {
  readonly #options: HandlerOptions

  constructor(options: HandlerOptions) {
    this.#options = options
  }

  async handle(
    message: IncomingMessage,
    response: ServerResponse,
    awaitsContinue: boolean,
  ): Promise<void> {
    const requestId = this.#options.newRequestId()
    const body = new RequestBody(message, response, awaitsContinue, this.#options.bodyLimits)
    // A connection that breaks is noticed where it is read or written; nobody else needs to know.
    message.on('error', ignore)
    response.on('error', ignore)
    try {
      const reply = await this.#answer(message, body, requestId)
      await finishReply(message, response, body, withCommonHeaders(reply, requestId))
    } catch (error) {
      const expected = error instanceof SenderGoneError || error instanceof ReceiverGoneError
      if (!expected) this.#report(error, requestId)
      message.socket.destroy()
    }
  }

  async #answer(message: IncomingMessage, body: RequestBody, requestId: string): Promise<Reply> {
    let path: string | undefined
    try {
      const request = readIncoming(message)
      path = request.path
      return await this.#serve(request, body, requestId)
    } catch (error) {
      if (error instanceof SenderGoneError) throw error
      if (!(error instanceof S3Failure)) this.#report(error, requestId)
      return failureReply(asFailure(error), { requestId, path })
    }
  }

  /** A listener that fails must not take the server with it. */
  #report(error: unknown, requestId: string): void {
    try {
      this.#options.onDefect(error, requestId)
    } catch {
      // There is nobody left to tell.
    }
  }

  async #serve(received: IncomingRequest, body: RequestBody, requestId: string): Promise<Reply> {
    const { context: server, domain } = this.#options
    const { identity, payload, presigned } = this.#authenticate(received)
    const request = presigned ? received.withHeaders(hoistedHeaders(received)) : received
    const route = detectRoute(
      {
        method: request.method,
        path: request.path,
        query: request.query,
        host: request.header('host') ?? '',
        has: (header) => request.header(header) !== undefined,
      },
      domain,
    )
    const operation = operations[route.operation]
    const namesVersion = request.query.some(([name]) => name === 'versionId')
    const action = (namesVersion ? operation.versionAction : undefined) ?? operation.action
    const refusal = authorize(identity, { action, ...route })
    if (refusal !== undefined) throw refusal
    const context = contextFor(server, request, route, { identity, payload, body, requestId })
    if (!operation.hasBody) await body.expectEmpty(payload)
    return operation.run(context)
  }

  #authenticate(request: IncomingRequest): Authenticated {
    const { context, keyring } = this.#options
    const verdict = verifyRequest(request, {
      region: context.region,
      now: context.now(),
      credentialsFor: (accessKey) => keyring.credentialsFor(accessKey),
      signingKey: (credentials, scope) => keyring.signingKey(credentials, scope),
    })
    if (verdict.kind === 'refused') {
      throw new S3Failure(verdict.code, { message: verdict.message, extra: verdict.extra })
    }
    if (verdict.kind === 'anonymous') {
      return { identity: { kind: 'anonymous' }, payload: { kind: 'unsigned' }, presigned: false }
    }
    const { accessKey, payload, presigned } = verdict
    return { identity: { kind: 'root', accessKey }, payload, presigned }
  }
}

function ignore(): void {
  // See where it is used.
}

function contextFor(
  server: ServerContext,
  request: IncomingRequest,
  { bucket, key }: Route,
  facts: Pick<OperationContext, 'identity' | 'payload' | 'body' | 'requestId'>,
): OperationContext {
  return { server, request, query: queryOf(request), bucket, key, ...facts }
}

/** The one parameter that lists: what to listen to. */
const repeatable = 'events'

/**
 * The parameters by name. A second one of the same name is refused: whoever checks the first and
 * whoever uses the second would not speak of the same request.
 * @throws S3Failure InvalidArgument
 */
function queryOf(request: IncomingRequest): ReadonlyMap<string, string> {
  const query = new Map<string, string>()
  for (const [name, value] of request.query) {
    if (!query.has(name)) query.set(name, value)
    else if (name !== repeatable) {
      throw new S3Failure('InvalidArgument', {
        message: `The parameter ${name} stands twice.`,
        extra: { ArgumentName: name },
      })
    }
  }
  return query
}

function withCommonHeaders(reply: Reply, requestId: string): Reply {
  const common: readonly ReplyHeader[] = [
    ['server', 'Stowage'],
    ['x-amz-request-id', requestId],
    ['x-content-type-options', 'nosniff'],
  ]
  return { ...reply, headers: [...common, ...(reply.headers ?? [])] }
}

/** What is left of a body is read at most so far before the answer, to keep the connection. */
const drain = { bytes: 256 * 1024, ms: 500 } as const

/** ... and so far behind it, so that the sender gets to read why it was refused. */
const linger = { bytes: 16 * 1024 * 1024, ms: 2000 } as const

async function finishReply(
  message: IncomingMessage,
  response: ServerResponse,
  body: RequestBody,
  reply: Reply,
): Promise<void> {
  // A sender that waits for 100 Continue may send its body or not: the connection cannot be kept.
  const keep =
    body.ended || (body.mayDrain(drain.bytes) && (await body.discard(drain.bytes, drain.ms)))
  await sendReply(response, reply, {
    headOnly: message.method === 'HEAD',
    close: !keep,
    stallMs: 30_000,
  })
  if (!keep) await body.discard(linger.bytes, linger.ms)
  response.end()
}
