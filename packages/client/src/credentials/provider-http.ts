import type { Clock } from '../clock.ts'
import { TransportError } from '../errors.ts'
import type { ClientOptions, TlsOptions } from '../options.ts'
import type { Method, WireReply } from '../transport/transport.ts'
import { UndiciTransport } from '../transport/undici-transport.ts'
import { hostOf, originOf, type HttpUrl } from './http-url.ts'

/** No answer that holds keys is nearly as long. */
const maxReplyBytes = 64 * 1024
const maxAttempts = 3
const firstPauseMs = 100

/** How long a service may take, in milliseconds. */
export interface ProviderTimeouts {
  readonly connect: number
  readonly firstByte: number
  /** One attempt as a whole, so that an answer that drips does not hold everybody up. */
  readonly total: number
}

/** How a service is reached. */
export interface ProviderConnection {
  readonly timeouts: ProviderTimeouts
  /** Whether the proxies of the environment apply; never to the services of the machine itself. */
  readonly proxied: boolean
  readonly tls?: TlsOptions | undefined
  /** Used instead of an own connection; stays its owner's to close. */
  readonly dispatcher?: ClientOptions['dispatcher']
}

/** A request to a service that gives keys. */
export interface ProviderRequest {
  readonly url: HttpUrl
  /** The address to connect to, when it is not left to the host name. */
  readonly address?: string | undefined
  readonly method: Method
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly connection: ProviderConnection
}

/** What a service answered, and how often it was asked. */
export interface ProviderAnswer {
  readonly reply: WireReply
  readonly attempts: number
}

/**
 * The one door of all providers to the network: short deadlines, no redirects, small answers. What
 * passes by itself (a server in trouble, a connection that broke) is tried again; a service that
 * cannot be reached is not, so that a machine without one does not wait.
 *
 * @throws TransportError when there is no complete answer
 */
export async function exchange(request: ProviderRequest, clock: Clock): Promise<ProviderAnswer> {
  const { timeouts, proxied, tls = {}, dispatcher } = request.connection
  const environment = proxied ? process.env : {}
  // Keys are asked for once in an hour or so: a connection of its own leaves no idle socket.
  const transport = dispatcher
    ? UndiciTransport.over(dispatcher)
    : UndiciTransport.own({ timeouts, tls, environment })
  try {
    for (let attempts = 1; ; attempts++) {
      const outcome = await attempt(transport, request)
      const last = attempts === maxAttempts || !isPassing(outcome)
      if (last && outcome instanceof TransportError) throw outcome
      if (last) return { reply: outcome as WireReply, attempts } // The error was thrown above.
      await clock.sleep(firstPauseMs * 2 ** (attempts - 1), undefined)
    }
  } finally {
    await transport.close()
  }
}

async function attempt(
  transport: UndiciTransport,
  { url, address, method, headers, body = '', connection }: ProviderRequest,
): Promise<WireReply | TransportError> {
  const deadline = new AbortController()
  const { total } = connection.timeouts
  const timer = setTimeout(() => deadline.abort(expired(url, total)), total)
  try {
    return await transport.exchange(
      {
        origin: originOf(address === undefined ? url : { ...url, hostname: address }),
        target: url.target,
        method,
        headers: { host: hostOf(url), ...headers },
        body: body === '' ? null : body,
        signal: deadline.signal,
      },
      maxReplyBytes,
    )
  } catch (error) {
    if (error instanceof TransportError) return error
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function isPassing(outcome: WireReply | TransportError): boolean {
  if (outcome instanceof TransportError) {
    return outcome.kind === 'reset' || outcome.kind === 'truncated'
  }
  return outcome.status >= 500 || outcome.status === 429
}

function expired(url: HttpUrl, totalMs: number): TransportError {
  return new TransportError('deadline', `${hostOf(url)}: not done within ${totalMs} ms`, {
    requestSent: true,
    responseStarted: false,
  })
}
