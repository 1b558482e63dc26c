import { errorCodes, isErrorCode, type ErrorCode, type RetryClass } from '@stowage/protocol'

/** A wrong argument, found before any request was sent. */
export class InvalidArgumentError extends TypeError {
  override readonly name = 'InvalidArgumentError'
  /** The argument or option that is wrong, such as `bucket` or `expirySeconds`. */
  readonly argument: string

  constructor(argument: string, problem: string) {
    super(`${argument} ${problem}`)
    this.argument = argument
  }
}

/** What every error of a request that was sent carries. */
export interface RequestFacts {
  /** S3's name of the operation, such as `PutObject`. */
  readonly operation: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  /** How often the request was sent. */
  readonly attempts: number
}

/** What a store said of a failure. */
export interface S3ErrorFacts extends RequestFacts {
  /** S3's error code; a store may send codes beyond the known ones. */
  readonly code: ErrorCode | (string & {})
  readonly status: number
  readonly requestId: string | undefined
  readonly hostId: string | undefined
  /** The region that the store asks for, when it says one. */
  readonly region: string | undefined
  /** Pause that the store asks for before another attempt, in milliseconds. */
  readonly retryAfterMs: number | undefined
}

/**
 * The store answered with an error. Compare `code` (see `isS3Error`), never the message.
 *
 * @example
 * ```ts
 * import { Client, isS3Error } from 'stowage'
 *
 * async function read(client: Client): Promise<string | undefined> {
 *   try {
 *     return await (await client.getObject('photos', 'a.txt')).text()
 *   } catch (error) {
 *     if (isS3Error(error, 'NoSuchKey')) return undefined
 *     throw error
 *   }
 * }
 * ```
 */
export class S3Error extends Error implements S3ErrorFacts {
  override readonly name = 'S3Error'
  readonly code: ErrorCode | (string & {})
  readonly status: number
  readonly operation: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly requestId: string | undefined
  readonly hostId: string | undefined
  readonly region: string | undefined
  readonly retryAfterMs: number | undefined
  readonly attempts: number

  constructor(message: string, facts: S3ErrorFacts) {
    super(message)
    this.code = facts.code
    this.status = facts.status
    this.operation = facts.operation
    this.bucket = facts.bucket
    this.key = facts.key
    this.requestId = facts.requestId
    this.hostId = facts.hostId
    this.region = facts.region
    this.retryAfterMs = facts.retryAfterMs
    this.attempts = facts.attempts
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    return retryClassOf(this.code, this.status) !== undefined
  }
}

/** Statuses that stores and the proxies before them send for passing trouble. */
const transientStatuses: ReadonlySet<number> = new Set([408, 499, 500, 502, 503, 504, 520])
const throttlingStatuses: ReadonlySet<number> = new Set([429, 509])

/** Why an answer may be tried again; undefined when it may not. */
export function retryClassOf(code: string, status: number): RetryClass | undefined {
  if (isErrorCode(code)) {
    const known = errorCodes[code].retry
    if (known !== undefined) return known
  }
  if (throttlingStatuses.has(status)) return 'throttling'
  return transientStatuses.has(status) ? 'transient' : undefined
}

/** What went wrong on the way. */
export type TransportErrorKind =
  | 'dns'
  | 'connect'
  | 'tls'
  | 'reset'
  | 'connect-timeout'
  | 'first-byte-timeout'
  | 'idle-timeout'
  | 'deadline'
  | 'protocol'
  | 'truncated'
  | 'closed'

/** The network or the peer failed; there is no complete answer. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly kind: TransportErrorKind
  /** Whether the request may have reached the store. */
  readonly requestSent: boolean
  /** Whether a part of the answer had come. */
  readonly responseStarted: boolean
  readonly operation: string | undefined
  readonly attempts: number

  constructor(
    kind: TransportErrorKind,
    message: string,
    facts: {
      readonly cause?: unknown
      readonly requestSent: boolean
      readonly responseStarted: boolean
      readonly operation?: string | undefined
      readonly attempts?: number | undefined
    },
  ) {
    super(message, { cause: facts.cause })
    this.kind = kind
    this.requestSent = facts.requestSent
    this.responseStarted = facts.responseStarted
    this.operation = facts.operation
    this.attempts = facts.attempts ?? 1
  }
}

/** The store answered with success, but not with what the operation answers. */
export class InvalidResponseError extends Error {
  override readonly name = 'InvalidResponseError'
  readonly operation: string

  constructor(operation: string, message: string, cause?: unknown) {
    super(`${operation}: ${message}`, { cause })
    this.operation = operation
  }
}

/** Where keys were looked for. */
export type CredentialsSource =
  | 'aws-config'
  | 'credential-process'
  | 'mc-config'
  | 'container'
  | 'imds'
  | 'token-file'
  | 'provider'

/**
 * A source of keys is there but of no use: a broken file, a process that failed, a service that
 * refused. Never holds what such a source said, which may be a secret.
 */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError'
  readonly source: CredentialsSource
  /** HTTP status, where the source is a service that answered. */
  readonly status: number | undefined

  constructor(
    source: CredentialsSource,
    problem: string,
    facts: { readonly cause?: unknown; readonly status?: number | undefined } = {},
  ) {
    super(`${source}: ${problem}`, facts.cause === undefined ? {} : { cause: facts.cause })
    this.source = source
    this.status = facts.status
  }
}

/** The store does not have the operation: it is one of MinIO's own, or of AWS alone. */
export class NotSupportedError extends Error {
  override readonly name = 'NotSupportedError'
  readonly operation: string

  constructor(operation: string, message: string) {
    super(`${operation}: ${message}`)
    this.operation = operation
  }
}

/** Data does not match its length or checksum. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError'
}

/**
 * Whether an error came from the store, and with this code when one is given.
 *
 * @param error anything that was caught
 * @param code S3's error code, such as `NoSuchKey`
 */
export function isS3Error(error: unknown, code?: ErrorCode | (string & {})): error is S3Error {
  return error instanceof S3Error && (code === undefined || error.code === code)
}

/** Whether an error came from the network; of this kind when one is given. */
export function isTransportError(
  error: unknown,
  kind?: TransportErrorKind,
): error is TransportError {
  return error instanceof TransportError && (kind === undefined || error.kind === kind)
}
