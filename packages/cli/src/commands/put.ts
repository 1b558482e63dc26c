import { basename } from 'node:path'
import { parseAddress, type Address } from '../address.ts'
import { printable } from '../output.ts'
import { ProgressLine } from '../progress-line.ts'
import type { Session } from '../session.ts'
import { UsageError } from '../usage-error.ts'

/** Options of `stowage put`. */
export interface PutOptions {
  readonly contentType?: string
}

function destination(target: string, path: string): Address {
  const { bucket, key } = parseAddress(target)
  if (key !== '' && !key.endsWith('/')) return { bucket, key }
  if (path === '-') throw new UsageError('standard input has no name: give bucket/key')
  return { bucket, key: key + basename(path) }
}

/** `stowage put FILE BUCKET[/KEY]`; `-` is standard input. */
export async function put(
  { client, output, world, signal }: Session,
  path: string,
  target: string,
  options: PutOptions,
): Promise<void> {
  const { bucket, key } = destination(target, path)
  const progress = new ProgressLine(world.stderr, printable(key))
  const upload = { signal, contentType: options.contentType, onProgress: progress.report }
  try {
    const { etag, versionId } =
      path === '-'
        ? await client.putObject(bucket, key, world.stdin, upload)
        : await client.fPutObject(bucket, key, path, upload)
    progress.end()
    await output.say({
      text: `stored ${bucket}/${key}`,
      json: { action: 'putObject', bucket, object: key, etag, versionId },
    })
  } finally {
    progress.end()
  }
}
