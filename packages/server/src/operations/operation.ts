import type { PayloadMode } from '@stowage/protocol'

import type { Identity } from '../authorize.ts'
import type { KeyRing } from '../encryption/key-ring.ts'
import type { EventBus } from '../events/event-bus.ts'
import type { IncomingRequest } from '../http/incoming.ts'
import type { Reply } from '../http/reply.ts'
import type { Keyring } from '../keyring.ts'
import type { Timers } from '../options.ts'
import type { Arrival } from '../policy/request-keys.ts'
import type { Store } from '../store/store.ts'
import type { Turns } from '../work-slices.ts'

/** What operations know of the server they run in. */
export interface ServerContext {
  readonly store: Store
  /** For what carries its signature in the body. */
  readonly keyring: Keyring
  readonly region: string
  readonly now: () => Date
  readonly encryption: EncryptionContext
  readonly events: EventBus
  readonly notifications: NotificationContext
  /** For work that is cut into slices. */
  readonly turns: Turns
}

export interface NotificationContext {
  /** Whether a configuration may name this target. */
  knowsTarget(arn: string): boolean
  readonly timers: Timers
  /** What may wait for a listener that is slow, in bytes. */
  readonly maxQueueBytes: number
}

export interface EncryptionContext {
  readonly keys: KeyRing
  /** Whether keys of senders may come over a connection that others could listen to. */
  readonly customerKeysOverHttp: boolean
}

/** The bytes of a body as they arrive. */
export interface BodySource {
  /** The next bytes, undefined at the end. */
  next(): Promise<Uint8Array | undefined>
  /** True for a file in a form, which does not tell its size. */
  readonly sizeless?: boolean | undefined
  /** Whether the connection is closed, so that no one waits for the answer any more. */
  readonly isConnectionClosed?: boolean | undefined
}

/** One request, authenticated and authorised. */
export interface OperationContext {
  readonly server: ServerContext
  readonly request: IncomingRequest
  /** The parameters of the query by name, the first of each. */
  readonly query: ReadonlyMap<string, string>
  readonly identity: Identity
  readonly requestId: string
  readonly arrival: Arrival
  /** Tags of stored objects that were read for a policy. */
  readonly objectTags: Map<string, string>
  /** Empty for an operation on the service. */
  readonly bucket: string
  /** Empty for an operation on the service or on a bucket. */
  readonly key: string
  /** What the signature says of the body. */
  readonly payload: PayloadMode
  readonly body: BodySource
}

/** One operation of S3. */
export interface Operation {
  /** Permission that it needs, such as `s3:GetObject`. */
  readonly action: string
  /** Permission that it needs instead when the request names a version. */
  readonly versionAction?: string | undefined
  /**
   * Whether it asks for permission itself, because what it touches or who sends it stands in its
   * body.
   */
  readonly authorizesItself?: boolean | undefined
  /**
   * Whether it reads the body itself. Where not, the body must be empty, and a signature that says
   * otherwise of it is refused.
   */
  readonly hasBody: boolean
  /** @throws S3Failure */
  run(context: OperationContext): Reply | Promise<Reply>
}
