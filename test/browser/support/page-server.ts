import { createServer } from 'node:http'

/** A site of its own, with one empty page under every path. */
export interface PageServer {
  /** Another host name than the store's, so that the two are different sites to a browser. */
  readonly origin: string
  /** The same pages under the host name of the store: an origin of its own still. */
  readonly otherOrigin: string
  close(): Promise<void>
}

export async function startPageServer(): Promise<PageServer> {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end('<!doctype html><html lang="en"><title>Page</title><body></body></html>')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0 }, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const { port } = address
  return { origin: `http://localhost:${port}`, otherOrigin: `http://127.0.0.1:${port}`, close }
}
