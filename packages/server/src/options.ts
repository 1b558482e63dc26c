import { isIP } from 'node:net'
import { randomBytes } from 'node:crypto'

import { regionNameProblem, type Credentials } from '@stowage/protocol'

/** Somebody who signs requests besides the root keys. */
export interface ServerUser {
  readonly accessKey: string
  /** At least 8 characters. */
  readonly secretKey: string
  /** When given, requests must carry it too, as those with temporary credentials do. */
  readonly sessionToken?: string | undefined
  /**
   * What the user may do: a policy in the language of IAM, as JSON or as what JSON stands for.
   * Without one the user has what the policies of buckets allow.
   */
  readonly policy?: string | object | undefined
}

/** Which pages of other sites may send requests from a browser, whatever the bucket says. */
export interface ServerCors {
  /** Such as `https://example.com`; one `*` may stand in each. */
  readonly allowedOrigins: readonly string[]
  /** Default: all five. */
  readonly allowedMethods?: readonly ('GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE')[] | undefined
  /** Headers of requests; one `*` may stand in each. Default: `*`. */
  readonly allowedHeaders?: readonly string[] | undefined
  /** Headers of answers that pages may read. Default: none but those that browsers show anyway. */
  readonly exposeHeaders?: readonly string[] | undefined
  /** How long browsers may remember the answer to a preflight, in seconds. */
  readonly maxAgeSeconds?: number | undefined
}

/** How a server is started. Everything has a default that is safe on a developer's machine. */
export interface ServerOptions {
  /** Port to listen on. Default 0: a free one. */
  readonly port?: number | undefined
  /**
   * Address to listen on. Default `127.0.0.1`. Any other than a loopback address is refused
   * unless both keys are given and are not well-known ones.
   */
  readonly host?: string | undefined
  /** Default: random. */
  readonly accessKey?: string | undefined
  /** Default: random. At least 8 characters when given. */
  readonly secretKey?: string | undefined
  /** More keys that requests may be signed with, and what those may do. Default: none. */
  readonly users?: readonly ServerUser[] | undefined
  /** Rules for browsers that hold for every bucket, behind the bucket's own. Default: none. */
  readonly cors?: ServerCors | undefined
  /** The region that requests must be signed for. Default `us-east-1`. */
  readonly region?: string | undefined
  /** Where to keep buckets and objects. Absent: in memory. */
  readonly directory?: string | undefined
  /**
   * With a directory: `durable` (default) answers once the disk has the data, also against loss of
   * power; `flush` once the operating system has it, which survives the end of the process only.
   */
  readonly durability?: 'durable' | 'flush' | undefined
  /**
   * With a directory that is damaged: rebuild what can be rebuilt, from the records that are intact
   * and from the blobs; the damaged records are kept beside the new ones. Default false: the server
   * does not start, and changes nothing.
   */
  readonly repair?: boolean | undefined
  /** Hosts `bucket.domain` name a bucket (virtual-host style). Default `localhost`. */
  readonly domain?: string | undefined
  /** Keys of server-side encryption. */
  readonly encryption?: EncryptionOptions | undefined
  /**
   * Addresses that buckets may send events to, by ids: a bucket names one as
   * `arn:minio:sqs:REGION:ID:webhook`. There are no others.
   */
  readonly webhooks?: Readonly<Record<string, WebhookOptions>> | undefined
  /**
   * Connections at a time. Default 10 000. When all are taken, the one that has waited longest for a
   * request is closed for a new one; while every one has a request under way, new ones are closed.
   */
  readonly maxConnections?: number | undefined
  /**
   * Connections of one address at a time; of IPv6, of one network of 64 bits. Default: half of
   * `maxConnections`, and all of them for the machine itself. Give a proxy before the server more.
   */
  readonly maxConnectionsPerAddress?: number | undefined
  /** How long the server waits for clients. */
  readonly timeouts?: ServerTimeouts | undefined
  /**
   * A body or a reply that moves more slowly, in bytes per second over the time that the server
   * waits for the client, is given up after 10 seconds of waiting. Default 1024; 0: no such limit.
   */
  readonly minBytesPerSecond?: number | undefined
  /** The clock. */
  readonly now?: (() => Date) | undefined
  /** What wakes listeners and webhooks and ends slow connections. Default: the timers of Node. */
  readonly timers?: Timers | undefined
  /** Makes the ids of requests. Default: 16 random hexadecimal digits. */
  readonly newRequestId?: (() => string) | undefined
  /** Told of defects: errors that are answered as InternalError. Default: nobody. */
  readonly onDefect?: ((error: unknown, requestId: string) => void) | undefined
}

/** How long the server waits for a client before it closes the connection, each to half a second. */
export interface ServerTimeouts {
  /**
   * For the whole head of a request, from its first byte or from the start of the connection, in
   * milliseconds. Default 10 000.
   */
  readonly headMs?: number | undefined
  /** For the next request on a connection, in milliseconds. Default 60 000. */
  readonly idleMs?: number | undefined
  /** For the next bytes of a body, or for a client to take bytes of a reply. Default 30 000 ms. */
  readonly stallMs?: number | undefined
}

/** Where events are sent to. */
export interface WebhookOptions {
  /** `http://` or `https://`. Redirects are never followed. */
  readonly url: string
  /** Sent as `Authorization: Bearer`, or as it is when it holds a scheme and a token. */
  readonly authToken?: string | undefined
}

/** Time that passes; tests bring their own. */
export interface Timers {
  /** Runs a task again and again. Returns what stops it. */
  every(ms: number, task: () => void): () => void
  /** Runs a task once. Returns what stops it. */
  after(ms: number, task: () => void): () => void
}

/** Keys have 32 bytes each, and have to be the same at every start with one directory. */
export interface EncryptionOptions {
  /**
   * Seals the keys of objects. Default: random in memory; with a directory one that is made there at
   * the first start and kept in its file `master-key`.
   */
  readonly masterKey?: Uint8Array | undefined
  /** Keys that `aws:kms` may name, by their ids. */
  readonly kmsKeys?: Readonly<Record<string, Uint8Array>> | undefined
  /**
   * Whether to take keys of senders (SSE-C) from other machines. Default false: there is no TLS
   * here, so it has to stand before the server.
   */
  readonly customerKeysOverHttp?: boolean | undefined
}

/** The options with every default filled in. */
export interface ServerSettings {
  readonly port: number
  readonly host: string
  readonly credentials: Credentials
  readonly users: readonly ServerUser[]
  readonly cors: ServerCors | undefined
  readonly region: string
  readonly directory: string | undefined
  readonly durability: 'durable' | 'flush'
  readonly repair: boolean
  readonly domain: string
  readonly maxConnections: number
  /** Undefined: by the address. */
  readonly maxConnectionsPerAddress: number | undefined
  readonly timeouts: Readonly<Required<{ [Name in keyof ServerTimeouts]: number }>>
  readonly minBytesPerSecond: number
  readonly encryption: EncryptionOptions
  readonly webhooks: Readonly<Record<string, WebhookOptions>>
  readonly timers: Timers | undefined
  readonly now: () => Date
  readonly newRequestId: () => string
  readonly onDefect: (error: unknown, requestId: string) => void
}

/** @throws TypeError or RangeError that names the option */
export function settingsFrom(options: ServerOptions): ServerSettings {
  checkNames('', options, optionNames)
  checkNames('timeouts.', options.timeouts ?? {}, timeoutNames)
  const settings: ServerSettings = {
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    credentials: {
      accessKey: options.accessKey ?? randomBytes(10).toString('hex'),
      secretKey: options.secretKey ?? randomBytes(20).toString('hex'),
    },
    users: options.users ?? [],
    cors: options.cors,
    region: options.region ?? 'us-east-1',
    directory: options.directory,
    durability: options.durability ?? 'durable',
    repair: options.repair === true,
    domain: (options.domain ?? 'localhost').toLowerCase(),
    maxConnections: options.maxConnections ?? 10_000,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    timeouts: timeoutsFrom(options.timeouts ?? {}),
    minBytesPerSecond: options.minBytesPerSecond ?? 1024,
    encryption: options.encryption ?? {},
    webhooks: options.webhooks ?? {},
    timers: options.timers,
    now: options.now ?? (() => new Date()),
    newRequestId: options.newRequestId ?? (() => randomBytes(8).toString('hex').toUpperCase()),
    onDefect: options.onDefect ?? (() => undefined),
  }
  checkSettings(settings)
  checkConnectionLimits(settings)
  checkKeys(settings.encryption)
  checkWebhooks(settings.webhooks)
  checkExposure(settings, options)
  return settings
}

const optionNames: Readonly<Record<keyof ServerOptions, true>> = {
  port: true,
  host: true,
  accessKey: true,
  secretKey: true,
  users: true,
  cors: true,
  region: true,
  directory: true,
  durability: true,
  repair: true,
  domain: true,
  encryption: true,
  webhooks: true,
  maxConnections: true,
  maxConnectionsPerAddress: true,
  timeouts: true,
  minBytesPerSecond: true,
  now: true,
  timers: true,
  newRequestId: true,
  onDefect: true,
}

const timeoutNames: Readonly<Record<keyof ServerTimeouts, true>> = {
  headMs: true,
  idleMs: true,
  stallMs: true,
}

/** A misspelt option would leave its default in force without a word. */
function checkNames(prefix: string, given: object, known: Readonly<Record<string, true>>): void {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(known, name)) throw new TypeError(`there is no option ${prefix}${name}`)
  }
}

function timeoutsFrom({ headMs, idleMs, stallMs }: ServerTimeouts): ServerSettings['timeouts'] {
  return { headMs: headMs ?? 10_000, idleMs: idleMs ?? 60_000, stallMs: stallMs ?? 30_000 }
}

function checkConnectionLimits(settings: ServerSettings): void {
  const { maxConnections, maxConnectionsPerAddress, timeouts, minBytesPerSecond } = settings
  checkWholeNumber('maxConnections', maxConnections, 1)
  checkWholeNumber('maxConnectionsPerAddress', maxConnectionsPerAddress ?? 1, 1)
  checkWholeNumber('minBytesPerSecond', minBytesPerSecond, 0)
  for (const [name, ms] of Object.entries(timeouts)) checkWholeNumber(`timeouts.${name}`, ms, 1)
}

function checkWholeNumber(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be a whole number from ${least}, not ${value}`)
  }
}

function checkSettings(settings: ServerSettings): void {
  const { port, credentials, users, region } = settings
  if (settings.repair && settings.directory === undefined) {
    throw new TypeError('repair needs a directory')
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`port must be a whole number from 0 to 65535, not ${port}`)
  }
  checkCredentials(credentials)
  const accessKeys = new Set([credentials.accessKey])
  for (const user of users) {
    checkCredentials(user)
    if (accessKeys.has(user.accessKey)) {
      throw new TypeError(`users: the accessKey ${user.accessKey} stands there twice`)
    }
    accessKeys.add(user.accessKey)
  }
  const problem = regionNameProblem(region)
  if (problem !== undefined) throw new TypeError(`region ${problem}`)
}

function checkWebhooks(webhooks: ServerSettings['webhooks']): void {
  for (const [id, { url, authToken = '' }] of Object.entries(webhooks)) {
    if (!/^[\w.-]{1,64}$/.test(id)) throw new TypeError(`a webhook cannot be named ${id}`)
    if (!/^https?:\/\/[^\s/@]+(?:\/\S*)?$/i.test(url)) {
      throw new TypeError(`the webhook ${id} needs a URL that begins with http:// or https://`)
    }
    if (!/^[\x20-\x7e]*$/.test(authToken)) {
      throw new TypeError(`the authToken of the webhook ${id} cannot stand in a header`)
    }
  }
}

function checkKeys({ masterKey, kmsKeys = {} }: EncryptionOptions): void {
  if (masterKey !== undefined && masterKey.length !== 32) {
    throw new TypeError('encryption.masterKey must have 32 bytes')
  }
  for (const [id, key] of Object.entries(kmsKeys)) {
    if (!/^[\w:/.@+=-]{1,256}$/.test(id)) throw new TypeError(`a KMS key cannot be named ${id}`)
    if (key.length !== 32) throw new TypeError(`the KMS key ${id} must have 32 bytes`)
  }
}

function checkCredentials({ accessKey, secretKey }: Credentials): void {
  if (!/^[\w.+=@-]{3,128}$/.test(accessKey)) {
    throw new TypeError('accessKey must have 3 to 128 letters, digits or _.+=@-')
  }
  if (secretKey.length < 8) throw new TypeError('secretKey must have at least 8 characters')
}

/** Keys that other servers come with, or that every example has. */
const wellKnownKeys: ReadonlySet<string> = new Set([
  'access_key',
  'accesskey',
  'admin',
  'minio',
  'minio123',
  'minioadmin',
  'password',
  'rustfsadmin',
  's3admin',
  'secret_key',
  'secretkey',
  'stowage',
  'stowageadmin',
  'test',
  'testtest',
])

/**
 * Open servers with the keys of the manual are found within hours (CVE-2026-41145,
 * GHSA-j59h and others), so only the machine itself may reach one.
 */
function checkExposure(settings: ServerSettings, options: ServerOptions): void {
  const { host, credentials, users } = settings
  if (isLoopback(host)) return
  if (options.accessKey === undefined || options.secretKey === undefined) {
    throw new TypeError(`host ${host} can be reached from outside: give accessKey and secretKey`)
  }
  if ([credentials, ...users].some((keys) => isWellKnown(keys))) {
    throw new TypeError(`host ${host} can be reached from outside: these keys are known to all`)
  }
}

function isWellKnown({ accessKey, secretKey }: Credentials): boolean {
  return (
    wellKnownKeys.has(accessKey.toLowerCase()) ||
    wellKnownKeys.has(secretKey.toLowerCase()) ||
    accessKey === secretKey
  )
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === '::1'
}
