import { once } from 'node:events'
import type { IncomingHttpHeaders, Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as a store or a proxy saw it. */
export interface Seen {
  readonly method: string
  /** The request target, untouched. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A store that says yes to everything, over http or https. */
export interface AgreeableStore extends AsyncDisposable {
  readonly port: number
  readonly seen: readonly Seen[]
}

export async function storeOver(server: Server): Promise<AgreeableStore> {
  const seen: Seen[] = []
  server.on('request', (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url: target = '', headers } = request
      seen.push({ method, target, headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(200, { etag: '"e"' }).end(method === 'GET' ? 'content' : '')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // It listens at a port.
  return {
    port,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      if (server.listening) await once(server, 'close')
    },
  }
}
