import { Output } from '../output.ts'
import { UsageError } from '../usage-error.ts'
import type { World } from '../world.ts'

/** Options of `stowage serve`. */
export interface ServeOptions {
  readonly host?: string
  readonly port?: string
  readonly directory?: string
  readonly region?: string
  readonly json?: boolean
}

/**
 * `stowage serve`: an S3 server until it is told to stop. Keys are taken from
 * `STOWAGE_ACCESS_KEY` and `STOWAGE_SECRET_KEY`, or made up and printed.
 */
export async function serve(
  world: World,
  options: ServeOptions,
  signal: AbortSignal,
): Promise<void> {
  const port = Number(options.port ?? 9000)
  if (!Number.isSafeInteger(port)) throw new UsageError('--port takes a number')
  const { startServer } = await import('@stowage/server')
  const server = await startServer({
    port,
    host: options.host,
    directory: options.directory,
    region: options.region,
    accessKey: world.environment['STOWAGE_ACCESS_KEY'],
    secretKey: world.environment['STOWAGE_SECRET_KEY'],
  })
  try {
    const { endpoint, accessKey, secretKey } = server
    await new Output(world, options.json === true).say({
      text: [
        `export STOWAGE_ENDPOINT=${endpoint}`,
        `AWS_ACCESS_KEY_ID=${accessKey}`,
        `AWS_SECRET_ACCESS_KEY=${secretKey}`,
      ].join(' '),
      json: { endpoint, accessKey, secretKey },
    })
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
  } finally {
    await server.close()
  }
}
