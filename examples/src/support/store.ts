import { startServer, type ServerOptions } from '@stowage/server'
import { Client } from 'stowage'

/** A client for the store that an example runs against, and how to be done with both. */
export interface Store extends AsyncDisposable {
  readonly client: Client
  readonly endpoint: string
}

/**
 * The store that STOWAGE_ENDPOINT, STOWAGE_ACCESS and STOWAGE_SECRET name, or, without them, an
 * embedded server that lives in memory until the example ends.
 *
 * @param options for the embedded server
 */
export async function openStore(options: ServerOptions = {}): Promise<Store> {
  const { STOWAGE_ENDPOINT, STOWAGE_ACCESS, STOWAGE_SECRET } = process.env
  if (STOWAGE_ENDPOINT === undefined) return openEmbeddedStore(options)
  const client = new Client({
    endpoint: STOWAGE_ENDPOINT,
    accessKey: STOWAGE_ACCESS,
    secretKey: STOWAGE_SECRET,
  })
  return { client, endpoint: STOWAGE_ENDPOINT, [Symbol.asyncDispose]: () => client.close() }
}

async function openEmbeddedStore(options: ServerOptions): Promise<Store> {
  const server = await startServer({ port: 0, ...options })
  const { endpoint, accessKey, secretKey } = server
  const client = new Client({ endpoint, accessKey, secretKey })
  const close = async (): Promise<void> => {
    await client.close()
    await server.close()
  }
  return { client, endpoint, [Symbol.asyncDispose]: close }
}
