import { posix } from 'node:path'
import { parseObject } from '../address.ts'
import { printable } from '../output.ts'
import { ProgressLine } from '../progress-line.ts'
import type { Session } from '../session.ts'
import { UsageError } from '../usage-error.ts'

/** Options of `stowage get`. */
export interface GetOptions {
  readonly resume?: boolean
}

/** A key's last segment, where that can be a file's name; a store does not choose our paths. */
function fileName(key: string): string {
  const name = posix.basename(key)
  if (name !== '' && name !== '.' && name !== '..' && !/[\\\0:]/.test(name)) return name
  throw new UsageError(`'${printable(key)}' makes no file name: give one`)
}

/** `stowage get BUCKET/KEY [FILE]` */
export async function get(
  { client, output, world, signal }: Session,
  target: string,
  file: string | undefined,
  options: GetOptions,
): Promise<void> {
  const { bucket, key } = parseObject(target)
  const path = file ?? fileName(key)
  const progress = new ProgressLine(world.stderr, printable(key))
  try {
    const { sizeBytes, verifiedBy } = await client.fGetObject(bucket, key, path, {
      signal,
      resume: options.resume,
      onProgress: progress.report,
    })
    progress.end()
    await output.say({
      text: `wrote ${path}, ${sizeBytes} bytes, verified by ${verifiedBy}`,
      json: { action: 'getObject', bucket, object: key, path, sizeBytes, verifiedBy },
    })
  } finally {
    progress.end()
  }
}
