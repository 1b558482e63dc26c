import type { ServerOptions } from '@stowage/server'
import type { Client, MakeBucketOptions } from 'stowage'

import { openStore } from './store.ts'

/** A bucket for one example, which goes away with all that is in it. */
export interface ExampleBucket extends AsyncDisposable {
  readonly client: Client
  readonly bucket: string
}

/**
 * Makes a bucket in the store of `openStore`.
 *
 * @param name what the example is about
 * @param options of the bucket
 * @param serverOptions of the embedded server
 */
export async function openBucket(
  name: string,
  options: MakeBucketOptions = {},
  serverOptions: ServerOptions = {},
): Promise<ExampleBucket> {
  const store = await openStore(serverOptions)
  const { client } = store
  const bucket = `example-${name}-${process.pid}`
  await client.makeBucket(bucket, options)
  const remove = async (): Promise<void> => {
    await empty(client, bucket)
    await client.removeBucket(bucket)
    await store[Symbol.asyncDispose]()
  }
  return { client, bucket, [Symbol.asyncDispose]: remove }
}

/** Removes every version of every object, and uploads that were left behind. */
async function empty(client: Client, bucket: string): Promise<void> {
  for await (const upload of client.listIncompleteUploads(bucket, { recursive: true })) {
    if (!upload.isPrefix) await client.removeIncompleteUpload(bucket, upload.object)
  }
  const versions: { object: string; versionId: string }[] = []
  const listing = client.listObjectsV2(bucket, { recursive: true, includeVersions: true })
  for await (const entry of listing) if (!entry.isPrefix) versions.push(entry)
  for await (const { object, code } of client.removeObjects(bucket, versions, {
    bypassGovernance: true,
  })) {
    throw new Error(`${object} cannot be removed: ${code}`)
  }
}
