import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'

import type { Target } from './driver.ts'

/** AWS's library on a store; what fails is not tried again. */
export function openAwsClient(target: Target, config: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: `http://127.0.0.1:${target.port}`,
    region: target.region,
    credentials: { accessKeyId: target.accessKey, secretAccessKey: target.secretKey },
    forcePathStyle: true,
    maxAttempts: 1,
    ...config,
  })
}

/** As people set it for stores that do not take the checksums. */
export const whenRequired: S3ClientConfig = {
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
}
