/** What a client can do beyond plain objects. A part is absent where the client has no call for it. */
export interface Features {
  readonly versions?: Versions
  readonly policies?: Policies
  readonly bucketTags?: BucketTags
  readonly objectTags?: ObjectTags
  readonly locks?: Locks
  readonly uploads?: Uploads
  readonly trees?: Trees
}

export type Tags = Readonly<Record<string, string>>

export interface Version {
  readonly versionId: string
  readonly isDeleteMarker: boolean
}

export interface Versions {
  enable(bucket: string): Promise<unknown>
  /** Newest first. */
  list(bucket: string, key: string): Promise<readonly Version[]>
  get(bucket: string, key: string, versionId: string): Promise<Buffer>
  remove(bucket: string, key: string, versionId: string): Promise<unknown>
}

export interface Policies {
  set(bucket: string, policy: string): Promise<unknown>
  get(bucket: string): Promise<string>
  remove(bucket: string): Promise<unknown>
}

export interface BucketTags {
  set(bucket: string, tags: Tags): Promise<unknown>
  get(bucket: string): Promise<Tags>
  remove(bucket: string): Promise<unknown>
}

export interface ObjectTags {
  set(bucket: string, key: string, tags: Tags): Promise<unknown>
  get(bucket: string, key: string): Promise<Tags>
  remove(bucket: string, key: string): Promise<unknown>
}

export interface Locks {
  /** Makes a bucket with object lock. */
  makeBucket(bucket: string): Promise<unknown>
  /** Keeps an object, in governance mode, for that many days from now. */
  retain(bucket: string, key: string, days: number): Promise<unknown>
  retention(bucket: string, key: string): Promise<Retention>
  setHold(bucket: string, key: string, on: boolean): Promise<unknown>
  hold(bucket: string, key: string): Promise<boolean>
}

export interface Retention {
  readonly mode: string
  readonly until: Date
}

export interface Uploads {
  /** Keys of the uploads under way. */
  list(bucket: string): Promise<readonly string[]>
  abort(bucket: string, key: string, uploadId: string): Promise<unknown>
}

/** What works on a whole folder in one go; keys are the paths below it. */
export interface Trees {
  upload(folder: string, bucket: string): Promise<unknown>
  download(bucket: string, folder: string): Promise<unknown>
  /** Removes every object of a bucket. */
  removeAll(bucket: string): Promise<unknown>
}

const dayMs = 86_400_000

export function daysFromNow(days: number): Date {
  return new Date(Math.trunc(Date.now() / 1000) * 1000 + days * dayMs)
}

/** Tags as lists of pairs, which is how the clients of S3 hold them. */
export function tagPairs(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

export function tagsOf(
  pairs: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Tags {
  return Object.fromEntries((pairs ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
}
