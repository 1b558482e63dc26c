import { corsDocument } from '@stowage/protocol'

import { corsProblem } from '../cors/cors-rules.ts'
import { S3Failure } from '../failure.ts'
import type { Reply } from '../http/reply.ts'
import type { Operation, OperationContext } from './operation.ts'
import { readDocument } from './read-document.ts'
import { parseDocument, xmlReply } from './xml.ts'

const maxDocumentBytes = 64 * 1024

export const getBucketCors: Operation = {
  action: 's3:GetBucketCORS',
  hasBody: false,
  run: ({ server, bucket }) => {
    server.store.buckets.get(bucket)
    const document = server.store.configurations.find(bucket, 'cors')
    if (document === undefined) {
      throw new S3Failure('NoSuchCORSConfiguration', { extra: { BucketName: bucket } })
    }
    return xmlReply(corsDocument, document)
  },
}

export const putBucketCors: Operation = { action: 's3:PutBucketCORS', hasBody: true, run: put }

export const deleteBucketCors: Operation = {
  action: 's3:PutBucketCORS',
  hasBody: false,
  run: async ({ server, bucket }) => {
    await server.store.configurations.remove(bucket, 'cors')
    return { status: 204 }
  },
}

async function put(context: OperationContext): Promise<Reply> {
  const { server, bucket } = context
  server.store.buckets.get(bucket)
  const source = await readDocument(context, { maxBytes: maxDocumentBytes, needsChecksum: true })
  const configuration = parseDocument(corsDocument, source)
  const problem = corsProblem(configuration)
  if (problem !== undefined) throw new S3Failure('InvalidRequest', { message: problem })
  await server.store.configurations.set(bucket, 'cors', configuration)
  return { status: 200 }
}
