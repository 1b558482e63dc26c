import type { QueryPair } from '@stowage/protocol'
import type { Dispatcher } from 'undici'
import type { CredentialsProvider } from './credentials/credentials-provider.ts'
import type { Hooks } from './hooks.ts'

/** What S3 itself uses where nobody says otherwise. */
export const defaultRegion = 'us-east-1'

/** How long a request may stand still, in milliseconds. 0 turns a limit off. */
export interface Timeouts {
  /** Until a connection stands, TLS included. Default 5,000. */
  readonly connect?: number | undefined
  /** From the request to the first byte of the answer. Default 30,000. */
  readonly firstByte?: number | undefined
  /** Between two pieces of a body. Default 30,000. */
  readonly idle?: number | undefined
  /** The whole call with all its attempts. Default 0: none; a body that moves may take long. */
  readonly total?: number | undefined
}

/** When and how often a failed request is sent again. */
export interface RetryOptions {
  /** All attempts together. Default 3; 1 turns retries off. */
  readonly maxAttempts?: number | undefined
}

/** TLS of the connections to the store. */
export interface TlsOptions {
  /** Certificates of the authorities to trust, PEM; replaces the usual ones. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  /** Client certificate, PEM. */
  readonly cert?: string | Uint8Array | undefined
  /** Key of the client certificate, PEM. */
  readonly key?: string | Uint8Array | undefined
  /** False accepts any certificate: for tests only. Default true. */
  readonly rejectUnauthorized?: boolean | undefined
}

/** The program that uses the library, for the User-Agent: two words without blanks. */
export interface AppInfo {
  readonly name: string
  readonly version: string
}

/** How buckets are put into the address. */
export type Addressing = 'auto' | 'path' | 'virtual'

/** Options of `new Client`. */
export interface ClientOptions extends Hooks {
  /**
   * `host`, `host:port`, `[::1]:9000` or a full URL; a path prefix is kept. A URL's scheme
   * wins over `secure`. There is no option `port`.
   */
  readonly endpoint: string
  /**
   * Without keys, `AWS_ACCESS_KEY_ID` or `MINIO_ACCESS_KEY` and what belongs to them are taken from
   * the environment; where they are not set either, requests go unsigned.
   */
  readonly accessKey?: string | undefined
  readonly secretKey?: string | undefined
  /** Of temporary keys. */
  readonly sessionToken?: string | undefined
  /** Use TLS. Default true. */
  readonly secure?: boolean | undefined
  /**
   * The region of every bucket. Without it the region is taken from an AWS host name, else
   * learnt from the store.
   */
  readonly region?: string | undefined
  /** Where keys come from, instead of `accessKey` and `secretKey`. */
  readonly credentials?: CredentialsProvider | undefined
  /**
   * `auto` (the default): buckets in the host name for AWS, in the path elsewhere and for
   * names with dots over TLS.
   */
  readonly addressing?: Addressing | undefined
  /** Presigned URLs are made for this endpoint; no request goes there. */
  readonly publicEndpoint?: string | undefined
  /**
   * Any undici dispatcher: a `ProxyAgent`, an `Agent` of your own. It stays yours to close,
   * and `tls`, `timeouts` but `total`, and the proxy environment are its own matter then.
   */
  readonly dispatcher?: Dispatcher | undefined
  readonly timeouts?: Timeouts | undefined
  readonly retry?: RetryOptions | undefined
  readonly tls?: TlsOptions | undefined
  /**
   * Whether bodies are covered by the signature. `auto` (the default) signs them over plain
   * http when they are in memory, and leaves the protection to TLS otherwise.
   */
  readonly payloadSigning?: 'auto' | 'always' | 'never' | undefined
  /** Named in the User-Agent of every request, behind the library. */
  readonly appInfo?: AppInfo | undefined
  /** Allows customer keys (SSE-C) over plain http to a host that is not loopback. */
  readonly allowInsecureSseC?: boolean | undefined
}

/** Options of every call. */
export interface CallOptions {
  /** Ends the call at once; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Deadline of the whole call with all its attempts, in milliseconds. */
  readonly timeout?: number | undefined
  /** More headers; sent and signed. */
  readonly requestHeaders?: Readonly<Record<string, string>> | undefined
  /** More query parameters; sent and signed. */
  readonly extraQueryParams?: Readonly<Record<string, string>> | readonly QueryPair[] | undefined
  /** The bucket's region, for this call alone. */
  readonly region?: string | undefined
}
