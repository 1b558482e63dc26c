import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { Client } from 'stowage'

import { temporaryFolder } from './files.ts'

const partSize = 5 * 1024 * 1024

/** Uploads the first part of two and then gives up, as a program does that is killed. */
export async function beginUpload(client: Client, bucket: string, object: string): Promise<void> {
  await using folder = await temporaryFolder('stowage-example-')
  const file = path.join(folder.path, 'data')
  await writeFile(file, Buffer.alloc(partSize + 1))
  const stop = new AbortController()
  const upload = client.fPutObject(bucket, object, file, {
    partSize,
    concurrency: 1,
    signal: stop.signal,
    onState: () => stop.abort(),
  })
  await upload.catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
}
