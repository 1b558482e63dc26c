import type { IncomingMessage, ServerResponse } from 'node:http'

import { verifyRequest, type CorsRule, type PayloadMode } from '@stowage/protocol'

import { authorize, loadObjectTags, type Identity } from '../authorize.ts'
import { corsHeaders, preflightReply } from '../cors/cors-replies.ts'
import { S3Failure } from '../failure.ts'
import type { Operation, OperationContext, ServerContext } from '../operations/operation.ts'
import { operations } from '../operations/table.ts'
import { addressOf, detectRoute, type Route } from '../route.ts'
import type { Arrival } from '../policy/request-keys.ts'
import { asFailure, failureReply } from './failure-reply.ts'
import { hoistedHeaders } from './hoisted-headers.ts'
import { concealed } from '../operations/conceal.ts'
import { readIncoming, type IncomingRequest } from './incoming.ts'
import { begun, ReceiverGoneError, sendReply, type Reply, type ReplyHeader } from './reply.ts'
import { SenderGoneError, type RequestBody } from './request-body.ts'

export interface HandlerOptions {
  readonly context: ServerContext
  /** Rules for browsers that hold behind those of every bucket. */
  readonly cors: readonly CorsRule[]
  /** Hosts `bucket.domain` name a bucket. */
  readonly domain: string
  readonly newRequestId: () => string
  /** Told of defects: what was thrown that is neither a refusal nor a broken connection. */
  readonly onDefect: (error: unknown, requestId: string) => void
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
    body: RequestBody,
  ): Promise<void> {
    const requestId = this.#options.newRequestId()
    // A connection that breaks is noticed where it is read or written; nobody else needs to know.
    message.on('error', ignore)
    response.on('error', ignore)
    try {
      const reply = await this.#answer(message, body, requestId)
      await finishReply(message, response, body, withCommonHeaders(reply, requestId))
    } catch (error) {
      const expected = error instanceof SenderGoneError || error instanceof ReceiverGoneError
      if (!expected) this.#report(error, requestId)
      // A reset, so that nobody takes what was sent so far for a whole body.
      if (response.headersSent) message.socket.resetAndDestroy()
      else message.socket.destroy()
    }
  }

  async #answer(message: IncomingMessage, body: RequestBody, requestId: string): Promise<Reply> {
    let request: IncomingRequest | undefined
    try {
      request = readIncoming(message)
      const arrival = {
        sourceIp: message.socket.remoteAddress,
        secure: 'encrypted' in message.socket,
      }
      const reply =
        request.method === 'OPTIONS'
          ? preflightReply(this.#corsRules(request), request)
          : await this.#serve(request, body, { ...arrival, requestId })
      return this.#shared(request, reply)
    } catch (error) {
      if (error instanceof SenderGoneError || error instanceof ReceiverGoneError) throw error
      if (!(error instanceof S3Failure)) this.#report(error, requestId)
      const reply = failureReply(asFailure(error), { requestId, path: request?.path })
      return request === undefined ? reply : this.#shared(request, reply)
    }
  }

  /** The reply as pages of other sites may read it. */
  #shared(request: IncomingRequest, reply: Reply): Reply {
    if (request.header('origin') === undefined || request.method === 'OPTIONS') return reply
    const headers = corsHeaders(this.#corsRules(request), request)
    return headers.length === 0
      ? reply
      : { ...reply, headers: [...(reply.headers ?? []), ...headers] }
  }

  #corsRules(request: IncomingRequest): readonly CorsRule[] {
    const { context, domain, cors } = this.#options
    const address = addressOf(request.path, request.header('host') ?? '', domain)
    const own = context.store.configurations.find(address?.bucket ?? '', 'cors')
    return own === undefined ? cors : [...own.rules, ...cors]
  }

  /** A listener that fails must not take the server with it. */
  #report(error: unknown, requestId: string): void {
    try {
      this.#options.onDefect(error, requestId)
    } catch {
      // There is nobody left to tell.
    }
  }

  async #serve(
    received: IncomingRequest,
    body: RequestBody,
    connection: Pick<Arrival, 'sourceIp' | 'secure'> & { readonly requestId: string },
  ): Promise<Reply> {
    const { context: server, domain } = this.#options
    const { identity, payload, authType, ignoredHeaders } = this.#authenticate(received)
    const presigned = authType === 'REST-QUERY-STRING'
    const request = presigned ? asSigned(received, ignoredHeaders) : received
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
    const { requestId, sourceIp, secure } = connection
    const arrival = { sourceIp, secure, authType }
    const context = contextFor({
      server,
      request,
      requestId,
      route,
      identity,
      arrival,
      payload,
      body,
    })
    const operation = operations[route.operation]
    await allow(context, operation)
    if (!operation.hasBody) await body.expectEmpty(payload)
    try {
      return await begun(await operation.run(context))
    } catch (error) {
      throw concealed(error, context)
    }
  }

  #authenticate(request: IncomingRequest): Sender {
    const { context } = this.#options
    const { keyring } = context
    const verdict = verifyRequest(request.received, {
      region: context.region,
      now: context.now(),
      credentialsFor: (accessKey) => keyring.credentialsFor(accessKey),
      signingKey: (credentials, scope) => keyring.signingKey(credentials, scope),
    })
    if (verdict.kind === 'refused') {
      throw new S3Failure(verdict.code, { message: verdict.message, extra: verdict.extra })
    }
    if (verdict.kind === 'anonymous') {
      return {
        identity: { kind: 'anonymous' },
        payload: verdict.payload,
        authType: undefined,
        ignoredHeaders: [],
      }
    }
    return {
      identity: keyring.identityOf(verdict.accessKey),
      payload: verdict.payload,
      authType: verdict.presigned ? 'REST-QUERY-STRING' : 'REST-HEADER',
      ignoredHeaders: verdict.ignoredHeaders,
    }
  }
}

/** What the signature of a request tells. */
interface Sender {
  readonly identity: Identity
  readonly payload: PayloadMode
  readonly authType: Arrival['authType']
  /** Headers that the request must be served without. */
  readonly ignoredHeaders: readonly string[]
}

/** A presigned request with the headers that its signer chose, and without those of nobody. */
function asSigned(received: IncomingRequest, ignored: readonly string[]): IncomingRequest {
  const kept =
    ignored.length === 0 ? received : received.withoutHeaders((name) => ignored.includes(name))
  return kept.withHeaders(hoistedHeaders(received))
}

/** @throws S3Failure AccessDenied */
async function allow(context: OperationContext, operation: Operation): Promise<void> {
  if (operation.authorizesItself === true) return
  const { bucket, key, query } = context
  const versionId = query.get('versionId')
  const versionAction = versionId === undefined ? undefined : operation.versionAction
  const access = { action: versionAction ?? operation.action, bucket, key, versionId }
  await loadObjectTags(context, access)
  const refusal = authorize(context, access)
  if (refusal !== undefined) throw refusal
}

function ignore(): void {
  // See where it is used.
}

type ContextInput = Pick<
  OperationContext,
  'server' | 'request' | 'requestId' | 'identity' | 'arrival' | 'payload' | 'body'
> & { readonly route: Route }

function contextFor({ route, ...input }: ContextInput): OperationContext {
  const { bucket, key } = route
  return { ...input, query: queryOf(input.request), objectTags: new Map(), bucket, key }
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
const drain = { bytes: 256 * 1024, ms: 1000 } as const

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
  })
  if (!keep) {
    // A head without a body would otherwise wait for the end of the message.
    response.flushHeaders()
    await body.discard(linger.bytes, linger.ms)
  }
  response.end()
}
