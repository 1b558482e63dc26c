import type { RepairedItem, RepairReport } from '@stowage/server'

import { Output, printable } from '../output.ts'
import { UsageError } from '../usage-error.ts'
import type { World } from '../world.ts'

/** Options of `stowage serve`. */
export interface ServeOptions {
  readonly host?: string
  readonly port?: string
  readonly directory?: string
  readonly repair?: boolean
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
  if (options.repair === true && options.directory === undefined) {
    throw new UsageError('--repair needs --directory')
  }
  const { startServer } = await import('@stowage/server')
  const tell = (line: string): void => void world.stderr.write(`${printable(line)}\n`)
  const server = await startServer({
    port,
    host: options.host,
    directory: options.directory,
    repair: options.repair,
    onDefect: (error) => tell(`stowage: ${error instanceof Error ? error.message : String(error)}`),
    region: options.region,
    accessKey: world.environment['STOWAGE_ACCESS_KEY'],
    secretKey: world.environment['STOWAGE_SECRET_KEY'],
  })
  try {
    const { endpoint, accessKey, secretKey, repaired } = server
    if (repaired !== undefined) for (const line of repairLines(repaired)) tell(line)
    await new Output(world, options.json === true).say({
      text: [
        `export STOWAGE_ENDPOINT=${endpoint}`,
        `AWS_ACCESS_KEY_ID=${accessKey}`,
        `AWS_SECRET_ACCESS_KEY=${secretKey}`,
      ].join(' '),
      json: { endpoint, accessKey, secretKey, repaired },
    })
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
  } finally {
    await server.close()
  }
}

/** What a repair has done, for people. */
function repairLines(report: RepairReport): readonly string[] {
  const { damage, records, lost, rebuilt, buckets, damagedRecords } = report
  return [
    ...damage.map(({ file, problem }) => `damaged: ${file}: ${problem}`),
    ...buckets.map((bucket) => `made again, without its configuration: ${bucket}`),
    ...rebuilt.map((item) => `rebuilt from its bytes: ${itemText(item)}`),
    ...lost.map((item) => `lost: ${itemText(item)}`),
    `repaired: ${records} records were intact, ${rebuilt.length} were rebuilt, ${lost.length} are lost`,
    ...(damagedRecords === undefined ? [] : [`the damaged records are kept in ${damagedRecords}`]),
  ]
}

function itemText({ bucket, key, versionId, uploadId, partNumber }: RepairedItem): string {
  const path = bucket === undefined ? '' : `${bucket}/${key}`
  const version = versionId === undefined ? '' : ` version ${versionId}`
  const part = partNumber === undefined ? '' : ` part ${partNumber} of the upload ${uploadId}`
  return `${path}${version}${part}`.trim()
}
