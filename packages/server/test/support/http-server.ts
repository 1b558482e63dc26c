import { Handler } from '../../src/http/handler.ts'
import { Listener, type ListenerOptions } from '../../src/http/listener.ts'
import type { ConnectionLimits } from '../../src/http/pace.ts'
import type { ServerContext } from '../../src/operations/operation.ts'
import { systemTimers } from '../../src/events/timers.ts'
import { settingsFrom } from '../../src/options.ts'
import { RawClient } from './raw-client.ts'

export const credentials = { accessKey: 'somebody', secretKey: 'something long' }

const { timeouts, minBytesPerSecond } = settingsFrom({})

/** Those of a server that is started without options. */
export const connectionLimits: ConnectionLimits = {
  ...timeouts,
  minBytesPerSecond,
  rateGraceMs: 10_000,
  lingerMs: 2000,
}

export interface HttpServer {
  readonly listener: Listener
  readonly client: RawClient
  readonly port: number
}

/** Puts a server together by hand, for tests that look into its store. */
export async function serve(
  context: ServerContext,
  options: Partial<ListenerOptions> = {},
): Promise<HttpServer> {
  const newRequestId = (): string => 'ID'
  const handler = new Handler({
    context,
    cors: [],
    domain: 'localhost',
    newRequestId,
    onDefect: (error) => {
      throw error
    },
  })
  const listener = new Listener(handler, {
    host: '127.0.0.1',
    port: 0,
    places: { total: 100, perAddress: undefined },
    limits: connectionLimits,
    timers: systemTimers,
    newRequestId,
    ...options,
  })
  const port = await listener.listen()
  return { listener, port, client: new RawClient({ ...credentials, port, region: 'us-east-1' }) }
}
