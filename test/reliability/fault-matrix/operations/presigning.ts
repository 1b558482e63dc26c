import { PostPolicy, type Client } from 'stowage'
import { Agent } from 'undici'
import type { Operation, Trial } from '../operation.ts'
import { virtualNow } from '../virtual-time.ts'

const awsHost = 's3.amazonaws.com'

/** A client that takes the proxy for Amazon, where the region of a bucket is asked for. */
function asAmazon(endpoint: string): NonNullable<ReturnType<NonNullable<Operation['optionsFor']>>> {
  const port = endpoint.slice(endpoint.lastIndexOf(':') + 1)
  const dispatcher = new Agent({
    connect: {
      lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    },
  })
  return { endpoint: `http://${awsHost}:${port}`, region: undefined, dispatcher }
}

type Presign = (client: Client, trial: Trial) => Promise<unknown>

const signings: Readonly<Record<string, Presign>> = {
  presignedGetObject: (client, { bucket, key, call }) =>
    client.presignedGetObject(bucket, key, call),
  presignedPutObject: (client, { bucket, key, call }) =>
    client.presignedPutObject(bucket, key, call),
  presignedUrl: (client, { bucket, key, call }) => client.presignedUrl('HEAD', bucket, key, call),
  presignedRequest: (client, { bucket, key, call }) =>
    client.presignedRequest('PUT', bucket, key, call),
  presignedUploadPart: (client, { bucket, key, call }) =>
    client.presignedUploadPart(bucket, key, { ...call, uploadId: 'upload', partNumber: 1 }),
  presignedPostPolicy: (client, { bucket, key, call }) => {
    const policy = new PostPolicy()
    policy.setBucket(bucket)
    policy.setKey(key)
    policy.setExpires(new Date(virtualNow().getTime() + 3_600_000))
    return client.presignedPostPolicy(policy, call)
  },
}

/** Presigning sends one request at most: where Amazon has the bucket. */
export const presigningOperations: readonly Operation[] = Object.entries(signings).map(
  ([name, presign]) => ({
    name: `${name}, of a region to be asked for`,
    optionsFor: asAmazon,
    run: (trial) => presign(trial.client, trial),
    // Who may not ask presigns for the default region.
    isDenial: (result) => JSON.stringify(result).includes('us-east-1'),
    isRight: (result) => JSON.stringify(result).includes('eu-central-1'),
  }),
)
