import type { Features } from './features.ts'

/** What is told of an object, in the words of no particular client. */
export interface ObjectFacts {
  readonly sizeBytes: number
  /** Without quotes. */
  readonly etag: string
  readonly contentType: string | undefined
  /** Names in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
}

export interface PutOptions {
  readonly contentType?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** `If-None-Match: *` */
  readonly onlyNew?: boolean
}

export interface GetOptions {
  readonly offset?: number
  readonly length?: number
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
}

export interface ListOptions {
  readonly version?: 1 | 2
  readonly prefix?: string
  /** Whether `/` ends a name. */
  readonly folders?: boolean
  /** Entries on a page; every page is read. */
  readonly pageSize?: number
}

export interface ListedNames {
  readonly keys: readonly string[]
  readonly prefixes: readonly string[]
  readonly pages: number
}

/** What a client can do beyond what every one can. */
export type Ability = 'conditions' | 'list-v1' | 'remove-many' | 'multipart'

/** What every client can do, those of the command line included. */
export interface PlainClient {
  makeBucket(bucket: string): Promise<unknown>
  /** Removes an empty bucket. */
  removeBucket(bucket: string): Promise<unknown>
  put(bucket: string, key: string, bytes: Buffer, options?: PutOptions): Promise<unknown>
  /** In several parts, where there is more than a few MiB. */
  putParts(bucket: string, key: string, bytes: Buffer): Promise<unknown>
  get(bucket: string, key: string): Promise<Buffer>
  stat(bucket: string, key: string): Promise<ObjectFacts>
  list(bucket: string): Promise<{ readonly keys: readonly string[] }>
  remove(bucket: string, key: string): Promise<unknown>
  /** Absent where the client makes no URL that is signed with version 4. */
  presignGet?(bucket: string, key: string): Promise<string>
  /** S3's code of an error that this client threw, or its HTTP status where there is no code. */
  codeOf(error: unknown): string
  close(): Promise<void>
  readonly features: Features
}

export interface ClientKind {
  readonly name: string
  /** Why it cannot be opened on this machine. */
  readonly missing?: string | undefined
  /** Whether each call takes a second. */
  readonly slow?: boolean
  open(target: Target): PlainClient | Promise<PlainClient>
}

/** One S3 client behind the same few calls as every other. */
export interface Driver extends PlainClient {
  makeBucket(bucket: string): Promise<void>
  bucketExists(bucket: string): Promise<boolean>
  listBuckets(): Promise<readonly string[]>
  removeBucket(bucket: string): Promise<void>
  put(bucket: string, key: string, bytes: Buffer, options?: PutOptions): Promise<string>
  /** @returns the ETag without quotes */
  putStream(bucket: string, key: string, pieces: readonly Buffer[]): Promise<string>
  /** In parts of 5 MiB, where the client can. */
  putParts(bucket: string, key: string, bytes: Buffer): Promise<string>
  get(bucket: string, key: string, options?: GetOptions): Promise<Buffer>
  stat(bucket: string, key: string): Promise<ObjectFacts>
  list(bucket: string, options?: ListOptions): Promise<ListedNames>
  remove(bucket: string, key: string): Promise<void>
  removeMany(bucket: string, keys: readonly string[]): Promise<void>
  presignGet(bucket: string, key: string): Promise<string>
  presignPut(bucket: string, key: string): Promise<string>
}

/** Where a client connects. */
export interface Target {
  readonly port: number
  readonly accessKey: string
  readonly secretKey: string
  readonly region: string
}

export interface DriverKind {
  readonly name: string
  readonly abilities: ReadonlySet<Ability>
  open(target: Target): Driver
}

export function unquoted(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '')
}

/** A property of something thrown, when it is a text. */
export function textOf(error: unknown, property: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value: unknown = Reflect.get(error, property)
  return typeof value === 'string' ? value : undefined
}
