import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3'

import { openAwsClient } from './aws-client.ts'
import type { Target } from './driver.ts'

/** Begins an upload of one part and leaves it. Returns its id. */
export async function startUpload(target: Target, Bucket: string, Key: string): Promise<string> {
  const client = openAwsClient(target)
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
  const part = { Bucket, Key, UploadId, PartNumber: 1, Body: Buffer.from('part') }
  await client.send(new UploadPartCommand(part))
  client.destroy()
  return UploadId ?? ''
}
