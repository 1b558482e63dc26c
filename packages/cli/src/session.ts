import type { Client } from 'stowage'
import { Output } from './output.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

/** Options that every command has. */
export interface GlobalOptions {
  readonly endpoint?: string
  readonly region?: string
  readonly json?: boolean
}

/** What a command works with. */
export interface Session {
  readonly client: Client
  readonly output: Output
  readonly world: World
  /** Ends with SIGINT, SIGTERM, or a reader that went away. */
  readonly signal: AbortSignal
}

/**
 * Makes a client for a command. Keys come from the environment alone: on the command line
 * everybody on the machine could read them.
 */
export async function openSession(
  world: World,
  options: GlobalOptions,
  signal: AbortSignal,
): Promise<Session> {
  const endpoint = options.endpoint ?? world.environment['STOWAGE_ENDPOINT']
  if (endpoint === undefined || endpoint === '') {
    throw new UsageError('which store? Give --endpoint or set STOWAGE_ENDPOINT')
  }
  // Loading the HTTP stack takes longer than most commands' own work: only those load it.
  const { Client, chainCredentials, envAwsCredentials, envMinioCredentials } =
    await import('stowage')
  const client = new Client({
    endpoint,
    region: options.region ?? world.environment['AWS_REGION'],
    credentials: chainCredentials(
      envAwsCredentials(world.environment),
      envMinioCredentials(world.environment),
    ),
  })
  return { client, output: new Output(world, options.json === true), world, signal }
}
