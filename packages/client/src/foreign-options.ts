import { InvalidArgumentError } from './errors.ts'

/**
 * How minio-js, the Python client and the AWS SDK call what has another name here. Code that moves
 * from them to us would have its host or its keys passed over in silence. (A `port` is let pass: an
 * embedded server has one, beside the endpoint that tells it.)
 */
const foreignClientNames: ReadonlyMap<string, string> = new Map([
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
export function refuseForeignClientOptions(options: object): void {
  for (const name of Object.keys(options)) {
    const hint = foreignClientNames.get(name)
    if (hint !== undefined) throw new InvalidArgumentError(name, hint)
  }
}

/** The options of calls, of all operations together. */
const callOptions: readonly string[] = [
  'bypassGovernance',
  'checksum',
  'checksumAlgorithm',
  'concurrency',
  'conditions',
  'contentType',
  'events',
  'excludeFolders',
  'excludedPrefixes',
  'expirySeconds',
  'expression',
  'extraQueryParams',
  'fetchOwner',
  'headers',
  'idleTimeoutMs',
  'includeUserMetadata',
  'includeVersions',
  'input',
  'length',
  'maxLineBytes',
  'maxMessageBytes',
  'metadata',
  'objectLock',
  'offset',
  'onProgress',
  'onState',
  'output',
  'pageSize',
  'partNumber',
  'partSize',
  'prefix',
  'progress',
  'recursive',
  'region',
  'requestDate',
  'requestHeaders',
  'responseHeaders',
  'resume',
  'resumeFrom',
  'scanRange',
  'signal',
  'sourceSse',
  'sse',
  'startAfter',
  'storageClass',
  'suffix',
  'suffixLength',
  'tags',
  'timeout',
  'uploadId',
  'verify',
  'versionId',
  'withChecksums',
]
const knownCallOptions: ReadonlySet<string> = new Set(callOptions)

/** What other clients call them, in lower case and without hyphens and underscores. */
const foreignCallNames: ReadonlyMap<string, string> = new Map([
  ...callOptions.map((name) => [name.toLowerCase(), name] as const),
  ['abortsignal', 'signal'],
  ['bypassgovernancemode', 'bypassGovernance'],
  ['bypassgovernanceretention', 'bypassGovernance'],
  ['contentlength', 'length'],
  ['expiresin', 'expirySeconds'],
  ['expiry', 'expirySeconds'],
  ['governancebypass', 'bypassGovernance'],
  ['ifmatch', 'conditions.ifMatch'],
  ['ifnonematch', 'conditions.ifNoneMatch'],
  ['includeusermeta', 'includeUserMetadata'],
  ['includeversion', 'includeVersions'],
  ['keymarker', 'startAfter'],
  ['maxkeys', 'pageSize'],
  ['numparalleluploads', 'concurrency'],
  ['objectlocking', 'objectLock'],
  ['objectlockenabledforbucket', 'objectLock'],
  ['queuesize', 'concurrency'],
  ['range', 'offset and length'],
  ['serversideencryption', 'sse'],
  ['ssec', 'sse'],
  ['tagging', 'tags'],
])

/**
 * Options that would be passed over in silence, because of their case or because another client
 * calls them so: a listing without its prefix is one of everything. What nobody has ever called an
 * option is let pass, so that an entry of a listing, say, can stand for its version.
 *
 * @throws InvalidArgumentError naming such an option, with what it is called here
 */
export function refuseForeignCallOptions(options: object): void {
  // Every call comes by here: nothing is made for the names that are known.
  for (const name of Object.keys(options)) {
    if (knownCallOptions.has(name)) continue
    const ours = foreignCallNames.get(name.replaceAll(/[-_]/g, '').toLowerCase())
    if (ours === undefined || Reflect.get(options, name) === undefined) continue
    throw new InvalidArgumentError(name, `is called ${ours} here`)
  }
}
