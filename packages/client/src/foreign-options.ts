import { InvalidArgumentError } from './errors.ts'

/**
 * How minio-js, the Python client and the AWS SDK call what has another name here. Code that moves
 * from them to us would have its host or its keys passed over in silence. (A `port` is let pass: an
 * embedded server has one, beside the endpoint that tells it.)
 */
const foreignNames: ReadonlyMap<string, string> = new Map([
  ['endPoint', 'is called endpoint here'],
  ['useSSL', 'is called secure here'],
  ['pathStyle', "is addressing: 'path' or 'virtual' here"],
  ['forcePathStyle', "is addressing: 'path' or 'virtual' here"],
  ['access_key', 'is called accessKey here'],
  ['accessKeyId', 'is called accessKey here'],
  ['secret_key', 'is called secretKey here'],
  ['secretAccessKey', 'is called secretKey here'],
  ['session_token', 'is called sessionToken here'],
  ['transportAgent', 'is called dispatcher here, and is one of undici'],
  ['maxAttempts', 'is called retry.maxAttempts here'],
])

/** @throws InvalidArgumentError naming an option of another client, with what it is called here */
export function refuseForeignOptions(options: object): void {
  for (const name of Object.keys(options)) {
    const hint = foreignNames.get(name)
    if (hint !== undefined) throw new InvalidArgumentError(name, hint)
  }
}
