import { createHash } from 'node:crypto'

/**
 * S3 as it is documented, in plain maps: what each request must be answered, and what it changes.
 * It does no I/O and shares no code with the server. Where Amazon S3, MinIO and Ceph differ, it
 * follows `packages/server/GAPS.md`. Ids that the server makes are symbols here, such as `«v17»`:
 * the first letter is the kind, the number is that of the request that made it.
 */
export interface S3Request {
  /** Unique within a sequence: what the request makes is named after it. */
  readonly id: number
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly bucket: string
  readonly key: string
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer | undefined
  /** Instead of bytes: an XML document, or text that is none. */
  readonly document?: Tree | string | undefined
  readonly anonymous?: boolean | undefined
}

/** An XML document: elements by name, a list for one that repeats. */
export interface Tree {
  readonly root: string
  readonly fields: Fields
}
export interface Fields {
  readonly [name: string]: Field
}
export type Field = string | Fields | readonly (string | Fields)[] | undefined

export type Headers = Readonly<Record<string, string | undefined>>

export interface Answer {
  readonly status: number
  /** Why the request is refused. When several things are wrong with it, any of them is right. */
  readonly codes?: readonly string[] | undefined
  readonly headers?: Headers | undefined
  readonly body?: Buffer | Tree | undefined
}

interface Lock {
  readonly mode?: string | undefined
  readonly untilMs?: number | undefined
  readonly hold?: boolean | undefined
}

type Tags = readonly (readonly [key: string, value: string])[]

interface Attributes {
  readonly headers: Readonly<Record<string, string>>
  readonly storageClass: string
  readonly tags: Tags
  /** Whether the bytes are encrypted with a key of the store. */
  readonly sealed: boolean
}

interface Part {
  readonly number: number
  readonly body: Buffer
  readonly etag: string
  readonly modifiedMs: number
}

interface ObjectVersion extends Attributes {
  readonly id: string
  readonly order: number
  readonly modifiedMs: number
  readonly marker: boolean
  readonly body: Buffer
  readonly etag: string
  readonly sha256?: string | undefined
  readonly lock?: Lock | undefined
  readonly parts?: readonly Part[] | undefined
  /** The upload that it was, so that a second completion is answered like the first. */
  readonly uploadId?: string | undefined
}

interface Upload extends Attributes {
  readonly id: string
  readonly key: string
  readonly startedMs: number
  readonly lock?: Lock | undefined
  readonly parts: Map<number, Part>
}

interface Statement {
  readonly Effect: string
  readonly Principal: string
  readonly Action: string
  readonly Resource: string
}

interface Bucket {
  readonly createdMs: number
  versioning: 'Enabled' | 'Suspended' | undefined
  lock: { readonly mode?: string | undefined; readonly days?: number | undefined } | undefined
  /** Configurations that are given back as they were put. */
  readonly documents: Map<string, Tree>
  policy: { readonly source: Buffer; readonly statements: readonly Statement[] } | undefined
  /** The versions of each key, newest first. */
  readonly keys: Map<string, ObjectVersion[]>
  readonly uploads: Map<string, Upload>
}

/** One entry of a listing: what is listed, or a prefix that stands for all keys below it. */
type Row<T> = { readonly key: string; readonly value: T } | { readonly prefix: string }

class Refusal extends Error {
  readonly codes: readonly string[]
  readonly headers: Headers

  constructor(codes: Iterable<string>, headers: Headers = {}) {
    super([...codes].join(', '))
    this.codes = [...codes]
    this.headers = headers
  }
}

const statuses: Readonly<Record<string, number>> = {
  AccessControlListNotSupported: 400,
  AccessDenied: 403,
  BadDigest: 400,
  BadRequest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooSmall: 400,
  IllegalLocationConstraintException: 400,
  IllegalVersioningConfigurationException: 400,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidBucketState: 409,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartNumber: 416,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidStorageClass: 400,
  InvalidTag: 400,
  KeyTooLongError: 400,
  MalformedPolicy: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchBucketPolicy: 404,
  NoSuchCORSConfiguration: 404,
  NoSuchKey: 404,
  NoSuchObjectLockConfiguration: 404,
  NoSuchTagSet: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  ObjectLockConfigurationNotFoundError: 404,
  PreconditionFailed: 412,
  ServerSideEncryptionConfigurationNotFoundError: 404,
  UnsupportedNotification: 400,
}

/** The status that goes with a code. */
export function statusOf(code: string): number {
  return statuses[code] ?? 0
}

const minPartBytes = 5 * 1024 ** 2
const dayMs = 86_400_000
const nothing = Buffer.alloc(0)
const storageClasses =
  /^(STANDARD|REDUCED_REDUNDANCY|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER_IR)$/
const encryption = 'x-amz-server-side-encryption'
const keptHeaders: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
])
const redirect = 'x-amz-website-redirect-location'

/** What a bucket may be told, and what the answer is when it was not. */
const documentKinds: Readonly<Record<string, { root: string; missing: string; removed?: 204 }>> = {
  tagging: { root: 'Tagging', missing: 'NoSuchTagSet', removed: 204 },
  cors: { root: 'CORSConfiguration', missing: 'NoSuchCORSConfiguration', removed: 204 },
  encryption: {
    root: 'ServerSideEncryptionConfiguration',
    missing: 'ServerSideEncryptionConfigurationNotFoundError',
    removed: 204,
  },
  notification: { root: 'NotificationConfiguration', missing: '' },
}

const digests = new WeakMap<Buffer, string>()

/** The MD5 of bytes that are never changed, in hexadecimal. */
export function md5Of(bytes: Buffer): string {
  const known = digests.get(bytes)
  if (known !== undefined) return known
  const digest = createHash('md5').update(bytes).digest('hex')
  digests.set(bytes, digest)
  return digest
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function text(field: Field): string | undefined {
  return typeof field === 'string' ? field : undefined
}

function list(field: Field): readonly Fields[] {
  const items = field === undefined || typeof field === 'string' ? [] : [field].flat()
  return items.filter((item): item is Fields => typeof item !== 'string')
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function quoted(etag: string): string {
  return `"${etag}"`
}

function isVersionId(id: string): boolean {
  return id === 'null' || id.startsWith('«')
}

function tagProblem(tags: Tags, most: number): string | undefined {
  if (tags.length > most) return 'BadRequest'
  const isText = (value: string, length: number): boolean =>
    value.length <= length && /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(value)
  const isBad = tags.some(
    ([key, value]) =>
      key === '' || key.startsWith('aws:') || !isText(key, 128) || !isText(value, 256),
  )
  const isTwice = new Set(tags.map(([key]) => key)).size < tags.length
  return isBad || isTwice ? 'InvalidTag' : undefined
}

function tagsOfDocument(document: S3Request['document']): Tags {
  if (typeof document !== 'object' || document.root !== 'Tagging')
    throw new Refusal(['MalformedXML'])
  const [set] = list(document.fields['TagSet'])
  return list(set?.['Tag']).map(({ Key, Value }) => [text(Key) ?? '', text(Value) ?? ''] as const)
}

function tagsTree(tags: Tags): Tree {
  const Tag = tags.map(([Key, Value]) => ({ Key, Value }))
  return { root: 'Tagging', fields: { TagSet: { Tag } } }
}

/** A whole number in a query or header; undefined when absent or empty. */
function wholeNumber(value: string | undefined, min = 0): number | undefined {
  if (value === undefined || value === '') return undefined
  const number = /^\d{1,10}$/.test(value) ? Number(value) : -1
  if (number < min || number > 2_147_483_647) throw new Refusal(['InvalidArgument'])
  return number
}

function matchesEtag(condition: string, etag: string): boolean {
  const items = condition.split(',').map((item) => item.trim().replace(/^"(.*)"$/, '$1'))
  return items.some((item) => item === '*' || item === etag)
}

type ReadVerdict = 'send' | 'not-modified' | 'failed'

/** RFC 9110, 13.2.2. */
function judgeRead(
  headers: S3Request['headers'],
  prefix: string,
  version: ObjectVersion,
): ReadVerdict {
  const [match, noneMatch] = [headers[`${prefix}if-match`], headers[`${prefix}if-none-match`]]
  const seconds = Math.floor(version.modifiedMs / 1000) * 1000
  const since = (name: string): number => Date.parse(headers[prefix + name] ?? '')
  if (match !== undefined && !matchesEtag(match, version.etag)) return 'failed'
  if (match === undefined && seconds > since('if-unmodified-since')) return 'failed'
  if (noneMatch !== undefined) {
    return matchesEtag(noneMatch, version.etag) ? 'not-modified' : 'send'
  }
  return seconds <= since('if-modified-since') ? 'not-modified' : 'send'
}

/** The model of one store with one account. */
export class S3Model {
  readonly #buckets = new Map<string, Bucket>()
  /** What a continuation token stands for: the last entry of its page. */
  readonly #tokens = new Map<string, string>()
  /** When each version and upload was made, also of those that are gone. */
  readonly #orders = new Map<string, number>()
  #order = 0
  #nowMs = 0
  #request: S3Request = { id: 0, method: 'GET', bucket: '', key: '', query: {}, headers: {} }

  /** What the request must be answered at this time; it is carried out. */
  handle(request: S3Request, nowMs: number): Answer {
    this.#request = request
    this.#nowMs = nowMs
    try {
      if (Buffer.byteLength(request.key) > 1024) throw new Refusal(['KeyTooLongError'])
      if ('lifecycle' in request.query) throw new Refusal(['NotImplemented'])
      this.#requireAccess()
      return this.#route()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return this.#refused(error)
    }
  }

  /** What there is to ask for, for those who make up requests. */
  get buckets(): readonly string[] {
    return [...this.#buckets.keys()]
  }

  keysOf(bucket: string): readonly string[] {
    return [...(this.#buckets.get(bucket)?.keys.keys() ?? [])]
  }

  /** The ids of the versions of a key, newest first. */
  versionsOf(bucket: string, key: string): readonly string[] {
    return (this.#buckets.get(bucket)?.keys.get(key) ?? []).map(({ id }) => id)
  }

  uploadsOf(bucket: string): readonly Pick<Upload, 'id' | 'key' | 'parts'>[] {
    return [...(this.#buckets.get(bucket)?.uploads.values() ?? [])]
  }

  /** Tokens and ids that were given out so far. */
  get tokens(): readonly string[] {
    return [...this.#tokens.keys()]
  }

  /** The upload that the current version was. */
  completion(
    bucket: string,
    key: string,
  ): { readonly uploadId: string; readonly parts: readonly Part[] } | undefined {
    const { uploadId, parts } = currentOf(this.#buckets.get(bucket)?.keys.get(key)) ?? {}
    return uploadId === undefined || parts === undefined ? undefined : { uploadId, parts }
  }

  /** The bytes and the ETag of the current version. */
  current(
    bucket: string,
    key: string,
  ): { readonly etag: string; readonly body: Buffer } | undefined {
    return currentOf(this.#buckets.get(bucket)?.keys.get(key))
  }

  #refused({ codes, headers }: Refusal): Answer {
    const conceals = this.#request.anonymous === true
    const told = codes.map((code) => {
      const action = { NoSuchKey: 's3:ListBucket', NoSuchVersion: 's3:ListBucketVersions' }[code]
      const names = [this.#request.bucket, this.#source()?.bucket ?? this.#request.bucket]
      const hides =
        conceals && action !== undefined && !names.every((name) => this.#allows(action, name, ''))
      return hides ? 'AccessDenied' : code
    })
    const isHidden = told.some((code, index) => code !== codes[index])
    const isMissing = this.#request.bucket !== '' && !this.#buckets.has(this.#request.bucket)
    if (isMissing && told.some((code) => code !== 'AccessDenied')) told.push('NoSuchBucket')
    return { status: statusOf(told[0] ?? ''), codes: told, headers: isHidden ? {} : headers }
  }

  // Who may do what.

  #requireAccess(): void {
    const { bucket, key, query, anonymous } = this.#request
    if ('delete' in query && key === '') {
      const mayDelete = anonymous !== true || this.#buckets.get(bucket)?.policy !== undefined
      if (!mayDelete) throw new Refusal(['AccessDenied'])
      return
    }
    if (!this.#allows(actionOf(this.#request), bucket, key)) throw new Refusal(['AccessDenied'])
  }

  /** A permission beside that of the operation. */
  #needs(problems: Set<string>, action: string, bucket: string, key: string): boolean {
    const isAllowed = this.#allows(action, bucket, key)
    if (!isAllowed) problems.add('AccessDenied')
    return isAllowed
  }

  #allows(action: string, bucket: string, key: string): boolean {
    const isRoot = this.#request.anonymous !== true
    if (isRoot && action.endsWith('BucketPolicy')) return true
    const statements = this.#buckets.get(bucket)?.policy?.statements ?? []
    const resource = `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`
    const matching = statements.filter(
      ({ Action, Resource }) => fits(Action, action) && fits(Resource, resource),
    )
    if (matching.some(({ Effect }) => Effect === 'Deny')) return false
    return isRoot || matching.some(({ Effect }) => Effect === 'Allow')
  }

  #bypasses(key: string): boolean {
    return (
      this.#request.headers['x-amz-bypass-governance-retention'] === 'true' &&
      this.#allows('s3:BypassGovernanceRetention', this.#request.bucket, key)
    )
  }

  // Which operation.

  #route(): Answer {
    const { bucket, key } = this.#request
    if (bucket === '') return this.#listBuckets()
    return key === '' ? this.#routeBucket() : this.#routeObject()
  }

  #routeBucket(): Answer {
    const { method, query } = this.#request
    const kind = Object.keys(documentKinds).find((name) => name in query)
    if (kind !== undefined) return this.#document(kind)
    if ('delete' in query) return this.#deleteObjects()
    if ('versioning' in query)
      return method === 'GET' ? this.#getVersioning() : this.#putVersioning()
    if ('object-lock' in query)
      return method === 'GET' ? this.#getBucketLock() : this.#putBucketLock()
    if ('policy' in query) return this.#policy()
    if ('location' in query) return this.#location()
    if ('versions' in query) return this.#listVersions()
    if ('uploads' in query) return this.#listUploads()
    if (method === 'PUT') return this.#createBucket()
    if (method === 'DELETE') return this.#deleteBucket()
    if (method === 'GET') return 'list-type' in query ? this.#listV2() : this.#listV1()
    this.#bucket()
    return { status: 200, headers: { 'x-amz-bucket-region': 'us-east-1' } }
  }

  #routeObject(): Answer {
    const { method, query, headers } = this.#request
    if ('tagging' in query) return this.#objectTagging()
    if ('retention' in query) return method === 'GET' ? this.#getRetention() : this.#putRetention()
    if ('legal-hold' in query) return method === 'GET' ? this.#getHold() : this.#putHold()
    if ('attributes' in query) return this.#attributes()
    if ('uploads' in query) return this.#createUpload()
    if ('uploadId' in query) return this.#routeUpload()
    if (method === 'DELETE') return this.#deleteObject()
    if (method !== 'PUT') return this.#read()
    return headers['x-amz-copy-source'] === undefined ? this.#putObject() : this.#copyObject()
  }

  #routeUpload(): Answer {
    const { method, headers } = this.#request
    if (method === 'GET') return this.#listParts()
    if (method === 'DELETE') return this.#abort()
    if (method === 'POST') return this.#complete()
    return headers['x-amz-copy-source'] === undefined ? this.#putPart() : this.#copyPart()
  }

  // Buckets.

  #bucket(name = this.#request.bucket): Bucket {
    const bucket = this.#buckets.get(name)
    if (bucket === undefined) throw new Refusal(['NoSuchBucket'])
    return bucket
  }

  #listBuckets(): Answer {
    const { query } = this.#request
    const limit = wholeNumber(query['max-buckets'], 1) ?? Infinity
    const after = this.#tokenEntry(query['continuation-token']) ?? ''
    const names = [...this.#buckets.keys()].sort(byBytes)
    const matching = names.filter((name) => name.startsWith(query['prefix'] ?? '') && name > after)
    const page = matching.slice(0, limit)
    const Bucket = page.map((Name) => ({
      Name,
      CreationDate: iso(this.#bucket(Name).createdMs),
      BucketRegion: 'us-east-1',
    }))
    const token = page.length < matching.length ? this.#token(page.at(-1) ?? '') : undefined
    const fields = { Buckets: { Bucket }, ContinuationToken: token, Prefix: query['prefix'] }
    return { status: 200, body: { root: 'ListAllMyBucketsResult', fields } }
  }

  #createBucket(): Answer {
    const { bucket: name, headers, document } = this.#request
    const problems = new Set<string>()
    if (
      !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) ||
      /\.\.|^\d+\.\d+\.\d+\.\d+$/.test(name)
    ) {
      problems.add('InvalidBucketName')
    }
    if (typeof document === 'string') problems.add('MalformedXML')
    else if (!['us-east-1', '', undefined].includes(text(document?.fields['LocationConstraint']))) {
      problems.add('IllegalLocationConstraintException')
    }
    if (this.#buckets.has(name)) problems.add('BucketAlreadyOwnedByYou')
    refuse(problems)
    const isLocked = headers['x-amz-bucket-object-lock-enabled'] === 'true'
    this.#buckets.set(name, {
      createdMs: this.#nowMs,
      versioning: isLocked ? 'Enabled' : undefined,
      lock: isLocked ? {} : undefined,
      documents: new Map(),
      policy: undefined,
      keys: new Map(),
      uploads: new Map(),
    })
    return { status: 200, headers: { location: `/${name}` } }
  }

  #deleteBucket(): Answer {
    if (this.#bucket().keys.size > 0) throw new Refusal(['BucketNotEmpty'])
    this.#buckets.delete(this.#request.bucket)
    return { status: 204 }
  }

  #location(): Answer {
    this.#bucket()
    return { status: 200, body: { root: 'LocationConstraint', fields: {} } }
  }

  #document(kind: string): Answer {
    const { method, document } = this.#request
    const { documents } = this.#bucket()
    const { root, missing, removed = 200 } = documentKinds[kind] ?? { root: '', missing: '' }
    if (method === 'GET') {
      const found = documents.get(kind)
      if (found === undefined && missing !== '') throw new Refusal([missing])
      return { status: 200, body: found ?? { root, fields: {} } }
    }
    if (method === 'DELETE') {
      documents.delete(kind)
      return { status: removed }
    }
    if (typeof document !== 'object' || document.root !== root) throw new Refusal(['MalformedXML'])
    const problem = kind === 'tagging' ? tagProblem(tagsOfDocument(document), 50) : undefined
    if (problem !== undefined) throw new Refusal([problem])
    if (kind === 'notification') {
      if ('TopicConfiguration' in document.fields) throw new Refusal(['UnsupportedNotification'])
      if ('QueueConfiguration' in document.fields) throw new Refusal(['InvalidArgument'])
      documents.delete(kind)
    } else documents.set(kind, document)
    return { status: 200 }
  }

  #policy(): Answer {
    const { method, body = nothing } = this.#request
    const bucket = this.#bucket()
    if (method === 'DELETE') bucket.policy = undefined
    if (method === 'PUT') {
      const statements = statementsOf(body, this.#request.bucket)
      if (statements === undefined) throw new Refusal(['MalformedPolicy'])
      bucket.policy = { source: body, statements }
    }
    if (method !== 'GET') return { status: 204 }
    if (bucket.policy === undefined) throw new Refusal(['NoSuchBucketPolicy'])
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: bucket.policy.source,
    }
  }

  #getVersioning(): Answer {
    const fields = { Status: this.#bucket().versioning }
    return { status: 200, body: { root: 'VersioningConfiguration', fields } }
  }

  #putVersioning(): Answer {
    const { document } = this.#request
    const problems = new Set<string>()
    const bucket = this.#buckets.get(this.#request.bucket)
    if (bucket === undefined) problems.add('NoSuchBucket')
    const status = typeof document === 'object' ? text(document.fields['Status']) : undefined
    if (typeof document !== 'object') problems.add('MalformedXML')
    else if (status === undefined) problems.add('IllegalVersioningConfigurationException')
    else if (status !== 'Enabled' && status !== 'Suspended') problems.add('MalformedXML')
    if (bucket?.lock !== undefined && status === 'Suspended') problems.add('InvalidBucketState')
    refuse(problems)
    if (bucket !== undefined && (status === 'Enabled' || status === 'Suspended')) {
      bucket.versioning = status
    }
    return { status: 200 }
  }

  #getBucketLock(): Answer {
    const { lock } = this.#bucket()
    if (lock === undefined) throw new Refusal(['ObjectLockConfigurationNotFoundError'])
    const { mode, days } = lock
    const Rule =
      mode === undefined ? undefined : { DefaultRetention: { Mode: mode, Days: String(days) } }
    return {
      status: 200,
      body: { root: 'ObjectLockConfiguration', fields: { ObjectLockEnabled: 'Enabled', Rule } },
    }
  }

  #putBucketLock(): Answer {
    const { document } = this.#request
    const bucket = this.#bucket()
    if (typeof document !== 'object') throw new Refusal(['MalformedXML'])
    const { ObjectLockEnabled, Rule } = document.fields
    const [retention] = list(list(Rule)[0]?.['DefaultRetention'])
    const [mode, days] = [text(retention?.['Mode']), text(retention?.['Days'])]
    const problems = new Set<string>()
    const isWellFormed =
      ObjectLockEnabled === 'Enabled' &&
      (Rule === undefined || (/^(GOVERNANCE|COMPLIANCE)$/.test(mode ?? '') && days !== undefined))
    if (!isWellFormed) problems.add('MalformedXML')
    if (days !== undefined && !(Number(days) >= 1 && Number(days) <= 36_500)) {
      problems.add('InvalidArgument')
    }
    if (bucket.lock === undefined && bucket.versioning !== 'Enabled')
      problems.add('InvalidBucketState')
    refuse(problems)
    bucket.lock = mode === undefined ? {} : { mode, days: Number(days) }
    return { status: 200 }
  }

  // Objects.

  #attributesOf(problems: Set<string>): Attributes {
    const { bucket, key, headers } = this.#request
    const storageClass = headers['x-amz-storage-class'] ?? 'STANDARD'
    if (!storageClasses.test(storageClass)) problems.add('InvalidStorageClass')
    if (!/^(private|bucket-owner-full-control)$/.test(headers['x-amz-acl'] ?? 'private')) {
      problems.add('AccessControlListNotSupported')
    }
    const tags = tagsOfHeader(headers['x-amz-tagging'] ?? '')
    const problem = tagProblem(tags, 10)
    if (problem !== undefined) problems.add(problem)
    if (tags.length > 0) this.#needs(problems, 's3:PutObjectTagging', bucket, key)
    const method = headers[encryption]
    if (method !== undefined && method !== 'AES256') problems.add('InvalidArgument')
    const isDefault = this.#buckets.get(bucket)?.documents.has('encryption') === true
    const sealed = method !== undefined || isDefault
    return { headers: this.#keptHeaders(problems), storageClass, tags, sealed }
  }

  /** What comes back as it was sent. */
  #keptHeaders(problems: Set<string>): Record<string, string> {
    const { headers } = this.#request
    const kept: Record<string, string> = {
      'content-type': headers['content-type'] || 'binary/octet-stream',
    }
    const encoding = (headers['content-encoding'] ?? '').split(',').map((one) => one.trim())
    const encodings = encoding.filter((one) => one !== 'aws-chunked').join(',')
    if (encodings !== '') kept['content-encoding'] = encodings
    let metadataBytes = 0
    for (const [name, value] of Object.entries(headers)) {
      const isMetadata = name.startsWith('x-amz-meta-')
      if (isMetadata) metadataBytes += name.length - 'x-amz-meta-'.length + value.length
      if (isMetadata || name === redirect || keptHeaders.has(name)) kept[name] = value
    }
    if (metadataBytes > 2048) problems.add('MetadataTooLarge')
    return kept
  }

  #lockOf(bucket: Bucket | undefined, problems: Set<string>): Lock | undefined {
    const { headers } = this.#request
    const mode = headers['x-amz-object-lock-mode']
    const until = headers['x-amz-object-lock-retain-until-date']
    const hold = headers['x-amz-object-lock-legal-hold']
    if (mode === undefined && until === undefined && hold === undefined) return undefined
    if (bucket?.lock === undefined) problems.add('InvalidRequest')
    const untilMs = Date.parse(until ?? '')
    const hasRetention = mode !== undefined || until !== undefined
    const { bucket: name, key } = this.#request
    if (hasRetention) this.#needs(problems, 's3:PutObjectRetention', name, key)
    if (hold !== undefined) this.#needs(problems, 's3:PutObjectLegalHold', name, key)
    if (hasRetention && !(/^(GOVERNANCE|COMPLIANCE)$/.test(mode ?? '') && untilMs > this.#nowMs)) {
      problems.add('InvalidArgument')
    }
    if (hold !== undefined && !/^(ON|OFF)$/.test(hold)) problems.add('InvalidArgument')
    const retention = hasRetention ? { mode, untilMs } : {}
    return { ...retention, hold: hold === undefined ? undefined : hold === 'ON' }
  }

  #withDefault(bucket: Bucket, lock: Lock | undefined): Lock | undefined {
    const { mode, days = 0 } = bucket.lock ?? {}
    if (lock?.mode !== undefined || mode === undefined) return lock
    return { ...lock, mode, untilMs: this.#nowMs + days * dayMs }
  }

  #digestProblems(problems: Set<string>): string | undefined {
    const { headers, body = nothing } = this.#request
    const md5 = headers['content-md5']
    if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16) problems.add('InvalidDigest')
    else if (md5 !== undefined && Buffer.from(md5, 'base64').toString('hex') !== md5Of(body)) {
      problems.add('BadDigest')
    }
    const sha256 = headers['x-amz-checksum-sha256']
    if (sha256 === undefined) return undefined
    const digest = createHash('sha256').update(body).digest('base64')
    if (digest !== sha256) problems.add('BadDigest')
    return digest
  }

  #conditionProblems(versions: readonly ObjectVersion[] | undefined, problems: Set<string>): void {
    const match = this.#request.headers['if-match']
    const noneMatch = this.#request.headers['if-none-match']
    const current = currentOf(versions)
    if (noneMatch !== undefined && noneMatch !== '*') problems.add('NotImplemented')
    if (noneMatch !== undefined && current !== undefined) problems.add('PreconditionFailed')
    if (match === undefined) return
    if (current === undefined) problems.add('NoSuchKey')
    else if (!matchesEtag(match, current.etag)) problems.add('PreconditionFailed')
  }

  #putObject(): Answer {
    const { bucket: name, key, query, headers, body = nothing } = this.#request
    const problems = new Set<string>()
    if ('versionId' in query) problems.add('InvalidArgument')
    const bucket = this.#buckets.get(name)
    if (bucket === undefined) problems.add('NoSuchBucket')
    const attributes = this.#attributesOf(problems)
    const lock = this.#lockOf(bucket, problems)
    const sha256 = this.#digestProblems(problems)
    const isProven = headers['content-md5'] !== undefined || sha256 !== undefined
    if (lock !== undefined && !isProven) problems.add('InvalidRequest')
    this.#conditionProblems(bucket?.keys.get(key), problems)
    refuse(problems)
    const version = this.#place(this.#bucket(), {
      ...attributes,
      lock,
      body,
      etag: md5Of(body),
      sha256,
    })
    return {
      status: 200,
      headers: {
        etag: quoted(version.etag),
        ...checksumHeaders(version),
        ...sealHeader(version),
        ...this.#versionHeader(version),
      },
    }
  }

  /** Makes a version the latest one of its key. */
  #place(
    bucket: Bucket,
    { lock, ...draft }: Omit<ObjectVersion, 'id' | 'order' | 'modifiedMs' | 'marker'>,
  ): ObjectVersion {
    const version: ObjectVersion = {
      ...draft,
      ...this.#stamp(bucket),
      lock: this.#withDefault(bucket, lock),
      marker: false,
    }
    this.#put(bucket, version)
    return version
  }

  #stamp(bucket: Bucket): Pick<ObjectVersion, 'id' | 'order' | 'modifiedMs'> {
    this.#order += 1
    const id = bucket.versioning === 'Enabled' ? `«v${this.#request.id}»` : 'null'
    return { id, order: this.#order, modifiedMs: this.#nowMs }
  }

  #put(bucket: Bucket, version: ObjectVersion, key = this.#request.key): void {
    const others = (bucket.keys.get(key) ?? []).filter(({ id }) => id !== version.id)
    this.#orders.set(version.id, version.order)
    bucket.keys.set(key, [version, ...others])
  }

  #versionHeader({ id }: Pick<ObjectVersion, 'id'>, name = this.#request.bucket): Headers {
    return this.#buckets.get(name)?.versioning === undefined ? {} : { 'x-amz-version-id': id }
  }

  /** The version that the request names, or the latest one. Never a delete marker. */
  #found(): ObjectVersion {
    const { key, query } = this.#request
    const { versionId } = query
    const problems = new Set<string>()
    if (versionId !== undefined && !isVersionId(versionId)) problems.add('InvalidArgument')
    if (!this.#buckets.has(this.#request.bucket)) problems.add('NoSuchBucket')
    refuse(problems)
    return presentVersion(this.#bucket().keys.get(key), versionId)
  }

  #read(): Answer {
    const { query, anonymous } = this.#request
    const overrides = Object.keys(query).some((name) => name.startsWith('response-'))
    if (anonymous !== true || !overrides) return this.#readObject()
    // Only who signs may change the headers of an answer.
    const problems = new Set(['InvalidRequest'])
    this.#collected(problems, () => this.#readObject())
    throw new Refusal([...problems])
  }

  #readObject(): Answer {
    const { method, query, headers } = this.#request
    const version = this.#found()
    const verdict = judgeRead(headers, '', version)
    if (verdict === 'failed') throw new Refusal(['PreconditionFailed'])
    const all: Record<string, string | undefined> = objectHeaders(version)
    for (const [name, value] of Object.entries(query)) {
      const [, header] = /^response-(.*)$/.exec(name) ?? []
      if (header !== undefined) all[header] = value
    }
    if (verdict === 'not-modified') {
      const names = ['etag', 'last-modified', 'cache-control', 'expires']
      return { status: 304, headers: Object.fromEntries(names.map((name) => [name, all[name]])) }
    }
    const { start, end, more } = this.#selected(version)
    const isWhole = start === undefined || end - start === version.body.length
    const checked =
      headers['x-amz-checksum-mode'] === 'ENABLED' && isWhole ? checksumHeaders(version) : {}
    const size = version.body.length
    const range = start === undefined ? undefined : `bytes ${start}-${end - 1}/${size}`
    const body = start === undefined ? version.body : version.body.subarray(start, end)
    return {
      status: start === undefined ? 200 : 206,
      headers: {
        ...all,
        ...more,
        ...checked,
        ...sealHeader(version),
        ...this.#versionHeader(version),
        'content-range': range,
        'content-length': String(body.length),
      },
      body: method === 'HEAD' ? undefined : body,
    }
  }

  #selected({ body, parts }: ObjectVersion): {
    start: number | undefined
    end: number
    more: Headers
  } {
    const { query, headers } = this.#request
    const { partNumber } = query
    const whole = { start: undefined, end: body.length, more: {} }
    const range = /^bytes=(\d*)-(\d*)$/.exec(headers['range'] ?? '')
    if (partNumber !== undefined) {
      if (headers['range'] !== undefined) throw new Refusal(['InvalidRequest'])
      return selectedPart(partNumber, body, parts)
    }
    const [, first = '', last = ''] = range ?? []
    if (first === '' && last === '') return whole
    if (first !== '' && last !== '' && Number(first) > Number(last)) return whole
    const start = first === '' ? Math.max(0, body.length - Number(last)) : Number(first)
    const end = first === '' || last === '' ? body.length : Math.min(body.length, Number(last) + 1)
    if (start >= body.length) {
      throw new Refusal(['InvalidRange'], { 'content-range': `bytes */${body.length}` })
    }
    return { start, end, more: {} }
  }

  #deleteObject(): Answer {
    const { query, key } = this.#request
    const { versionId } = query
    const problems = new Set<string>()
    if (versionId !== undefined && !isVersionId(versionId)) problems.add('InvalidArgument')
    const bucket = this.#buckets.get(this.#request.bucket)
    if (bucket === undefined) problems.add('NoSuchBucket')
    const versions = bucket?.keys.get(key)
    const about =
      versionId === undefined ? versions : versions?.filter(({ id }) => id === versionId)
    this.#conditionProblems(about, problems)
    refuse(problems)
    const { record, made } = this.#remove(this.#bucket(), key, versionId)
    return {
      status: 204,
      headers: {
        'x-amz-delete-marker': record?.marker === true ? 'true' : undefined,
        'x-amz-version-id': made ? record?.id : versionId,
      },
    }
  }

  /** Removes a version, or makes a delete marker where versions are kept. */
  #remove(
    bucket: Bucket,
    key: string,
    versionId: string | undefined,
    mark = '',
  ): { readonly record: ObjectVersion | undefined; readonly made: boolean } {
    const versions = bucket.keys.get(key) ?? []
    const record =
      versionId === undefined ? versions[0] : versions.find(({ id }) => id === versionId)
    if (versionId === undefined && bucket.versioning !== undefined) {
      const { id, ...stamp } = this.#stamp(bucket)
      const markerId = id === 'null' ? id : `«v${this.#request.id}${mark}»`
      const empty = {
        headers: {},
        storageClass: '',
        tags: [],
        sealed: false,
        body: nothing,
        etag: '',
      }
      const marker: ObjectVersion = { ...empty, ...stamp, id: markerId, marker: true }
      this.#put(bucket, marker, key)
      return { record: marker, made: true }
    }
    if (record === undefined) return { record, made: false }
    const { lock } = record
    const isRetained =
      lock?.untilMs !== undefined &&
      lock.untilMs > this.#nowMs &&
      !(lock.mode === 'GOVERNANCE' && this.#bypasses(key))
    if (isRetained || lock?.hold === true) throw new Refusal(['AccessDenied'])
    const left = versions.filter((version) => version !== record)
    if (left.length === 0) bucket.keys.delete(key)
    else bucket.keys.set(key, left)
    return { record, made: false }
  }

  #deleteObjects(): Answer {
    const { document } = this.#request
    const problems = new Set<string>()
    const bucket = this.#buckets.get(this.#request.bucket)
    if (bucket === undefined) problems.add('NoSuchBucket')
    const wanted = typeof document === 'object' ? list(document.fields['Object']) : []
    if (wanted.length === 0 || wanted.length > 1000) problems.add('MalformedXML')
    refuse(problems)
    const Deleted: Fields[] = []
    const errors: Fields[] = []
    for (const [index, { Key, VersionId, ETag, Size }] of wanted.entries()) {
      try {
        const done = this.#deleteOne(
          [text(Key) ?? '', text(VersionId)],
          [text(ETag), text(Size)],
          `.${index}`,
        )
        Deleted.push({ Key, VersionId, ...done })
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        errors.push({ Key, VersionId, Code: error.codes[0] })
      }
    }
    const isQuiet = typeof document === 'object' && document.fields['Quiet'] === 'true'
    const fields = { Deleted: isQuiet ? undefined : Deleted, Error: errors }
    return { status: 200, body: { root: 'DeleteResult', fields } }
  }

  #deleteOne(
    [key, versionId]: readonly [string, string | undefined],
    [etag, size]: readonly [string | undefined, string | undefined],
    mark: string,
  ): Fields {
    const { bucket: name } = this.#request
    const action = versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion'
    if (!this.#allows(action, name, key)) throw new Refusal(['AccessDenied'])
    if (Buffer.byteLength(key) > 1024) throw new Refusal(['KeyTooLongError'])
    if (versionId !== undefined && !isVersionId(versionId)) throw new Refusal(['NoSuchVersion'])
    const bucket = this.#bucket()
    const versions = bucket.keys.get(key) ?? []
    const about = currentOf(
      versionId === undefined ? versions : versions.filter(({ id }) => id === versionId),
    )
    if (etag !== undefined || size !== undefined) {
      if (about === undefined) throw new Refusal(['NoSuchKey'])
      const isSame =
        (etag === undefined || etag === '*' || etag.replaceAll('"', '') === about.etag) &&
        (size === undefined || size === String(about.body.length))
      if (!isSame) throw new Refusal(['PreconditionFailed'])
    }
    const { record } = this.#remove(bucket, key, versionId, mark)
    return record?.marker === true ? { DeleteMarker: 'true', DeleteMarkerVersionId: record.id } : {}
  }

  // Copies.

  #source(): { bucket: string; key: string; versionId: string | undefined } | undefined {
    const header = this.#request.headers['x-amz-copy-source']
    if (header === undefined || this.#request.method !== 'PUT') return undefined
    const [, bucket = '', key = '', versionId] =
      /^\/?([^/?]*)\/([^?]*)(?:\?versionId=(.*))?$/s.exec(header) ?? []
    return { bucket, key: decodeURIComponent(key), versionId }
  }

  #openSource(problems: Set<string>): ObjectVersion | undefined {
    const source = this.#source()
    const isBad =
      source === undefined ||
      source.key === '' ||
      Buffer.byteLength(source.key) > 1024 ||
      !/^[a-z0-9.-]{3,63}$/.test(source.bucket) ||
      !(source.versionId === undefined || isVersionId(source.versionId))
    if (isBad) {
      problems.add('InvalidArgument')
      return undefined
    }
    const action = `s3:GetObject${source.versionId === undefined ? '' : 'Version'}`
    if (!this.#needs(problems, action, source.bucket, source.key)) return undefined
    const bucket = this.#buckets.get(source.bucket)
    if (bucket === undefined) {
      problems.add('NoSuchBucket')
      return undefined
    }
    try {
      const version = presentVersion(bucket.keys.get(source.key), source.versionId)
      const verdict = judgeRead(this.#request.headers, 'x-amz-copy-source-', version)
      if (verdict !== 'send') problems.add('PreconditionFailed')
      return version
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      // A delete marker cannot be copied.
      problems.add(
        error.codes[0] === 'MethodNotAllowed' ? 'InvalidRequest' : (error.codes[0] ?? ''),
      )
      return undefined
    }
  }

  #copyObject(): Answer {
    const { bucket: name, key, headers } = this.#request
    const problems = new Set<string>()
    const bucket = this.#buckets.get(name)
    if (bucket === undefined) problems.add('NoSuchBucket')
    const attributes = this.#attributesOf(problems)
    const lock = this.#lockOf(bucket, problems)
    const directives = ['x-amz-metadata-directive', 'x-amz-tagging-directive'] as const
    const [metadata, tagging] = directives.map((directive) => headers[directive] ?? 'COPY')
    if (!/^(COPY|REPLACE) (COPY|REPLACE)$/.test(`${metadata} ${tagging}`))
      problems.add('InvalidArgument')
    const version = this.#openSource(problems)
    if (version !== undefined) {
      const isChanged = metadata === 'REPLACE' || redirect in headers
      this.#copyProblems(problems, { version, attributes, isChanged })
      this.#tagCopyProblems(problems, tagging === 'COPY' ? version.tags : [])
    }
    this.#conditionProblems(bucket?.keys.get(key), problems)
    refuse(problems)
    if (version === undefined) throw new Error('a source passed unseen')
    const { [redirect]: _, ...copied } = version.headers
    const own = headers[redirect] === undefined ? {} : { [redirect]: headers[redirect] }
    const { body, etag, sha256, parts } = version
    const copy = this.#place(this.#bucket(), {
      headers: metadata === 'REPLACE' ? attributes.headers : { ...copied, ...own },
      storageClass: attributes.storageClass,
      tags: tagging === 'REPLACE' ? attributes.tags : version.tags,
      sealed: attributes.sealed,
      lock,
      body,
      etag,
      sha256,
      parts,
    })
    const fields = {
      LastModified: iso(this.#nowMs),
      ETag: quoted(etag),
      ChecksumSHA256: sha256,
      ChecksumType: sha256 === undefined ? undefined : 'FULL_OBJECT',
    }
    return {
      status: 200,
      headers: {
        ...this.#sourceHeader(version),
        ...this.#versionHeader(copy),
        ...sealHeader(copy),
      },
      body: { root: 'CopyObjectResult', fields },
    }
  }

  /** An object is not copied to itself for nothing. */
  #copyProblems(
    problems: Set<string>,
    copy: {
      readonly version: ObjectVersion
      readonly attributes: Attributes
      readonly isChanged: boolean
    },
  ): void {
    const { bucket, key } = this.#request
    const { version, attributes, isChanged } = copy
    const source = this.#source()
    const isSame = source?.bucket === bucket && source.key === key && source.versionId === undefined
    const changes =
      isChanged ||
      attributes.storageClass !== version.storageClass ||
      attributes.sealed ||
      version.sealed
    if (isSame && !changes) problems.add('InvalidRequest')
  }

  #tagCopyProblems(problems: Set<string>, tags: Tags): void {
    const source = this.#source()
    if (tags.length === 0 || source === undefined) return
    const action = `s3:GetObject${source.versionId === undefined ? '' : 'Version'}Tagging`
    this.#needs(problems, action, source.bucket, source.key)
    this.#needs(problems, 's3:PutObjectTagging', this.#request.bucket, this.#request.key)
  }

  #sourceHeader(version: ObjectVersion): Headers {
    const id = this.#versionHeader(version, this.#source()?.bucket)['x-amz-version-id']
    return { 'x-amz-copy-source-version-id': id }
  }

  // What an object says beside its bytes.

  #update(change: (version: ObjectVersion) => Partial<ObjectVersion>): Headers {
    const found = this.#found()
    const { keys } = this.#bucket()
    const changed = (keys.get(this.#request.key) ?? []).map((version) =>
      version === found ? { ...found, ...change(found) } : version,
    )
    keys.set(this.#request.key, changed)
    return this.#versionHeader(found)
  }

  #objectTagging(): Answer {
    const { method, document } = this.#request
    if (method === 'GET') {
      const version = this.#found()
      return { status: 200, headers: this.#versionHeader(version), body: tagsTree(version.tags) }
    }
    const problems = new Set<string>()
    const tags = method === 'PUT' ? this.#collected(problems, () => tagsOfDocument(document)) : []
    const problem = tagProblem(tags ?? [], 10)
    if (problem !== undefined) problems.add(problem)
    this.#collected(problems, () => this.#found())
    refuse(problems)
    const headers = this.#update(() => ({ tags: tags ?? [] }))
    return { status: method === 'PUT' ? 200 : 204, headers }
  }

  /** What `read` gives; what it refuses is one problem more. */
  #collected<T>(problems: Set<string>, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      for (const code of error.codes) problems.add(code)
      // Alone, the refusal stands with its headers.
      if (problems.size === 1) throw error
      return undefined
    }
  }

  #locked(): ObjectVersion {
    const problems = new Set<string>()
    const bucket = this.#buckets.get(this.#request.bucket)
    if (bucket !== undefined && bucket.lock === undefined) problems.add('InvalidRequest')
    const version = this.#collected(problems, () => this.#found())
    refuse(problems)
    if (version === undefined) throw new Error('a version passed unseen')
    return version
  }

  #getRetention(): Answer {
    const { lock } = this.#locked()
    if (lock?.mode === undefined) throw new Refusal(['NoSuchObjectLockConfiguration'])
    const fields = { Mode: lock.mode, RetainUntilDate: iso(lock.untilMs ?? 0) }
    return { status: 200, body: { root: 'Retention', fields } }
  }

  #putRetention(): Answer {
    const problems = new Set<string>()
    const { mode, untilMs } = this.#newRetention(problems)
    const version = this.#collected(problems, () => this.#locked())
    const { lock } = version ?? {}
    const isFree = !this.#runs(lock) || this.#mayChange(lock, mode, untilMs)
    if (!isFree) problems.add('AccessDenied')
    refuse(problems)
    return {
      status: 200,
      headers: this.#update(() => ({ lock: { mode, untilMs, hold: lock?.hold } })),
    }
  }

  #newRetention(problems: Set<string>): Pick<Lock, 'mode' | 'untilMs'> {
    const { document } = this.#request
    const fields = typeof document === 'object' ? document.fields : undefined
    const [mode, until] = [text(fields?.['Mode']), text(fields?.['RetainUntilDate'])]
    const untilMs = until === undefined ? undefined : Date.parse(until)
    const isNone = fields !== undefined && mode === undefined && untilMs === undefined
    if (!isNone && !(/^(GOVERNANCE|COMPLIANCE)$/.test(mode ?? '') && untilMs !== undefined)) {
      problems.add('MalformedXML')
    } else if (untilMs !== undefined && untilMs <= this.#nowMs) problems.add('InvalidArgument')
    return { mode, untilMs }
  }

  #runs(lock: Lock | undefined): boolean {
    return lock?.untilMs !== undefined && lock.untilMs > this.#nowMs
  }

  /** A retention that runs may be made longer; another change takes governance and a bypass. */
  #mayChange(lock: Lock | undefined, mode: string | undefined, untilMs = 0): boolean {
    const isLonger = mode === lock?.mode && untilMs >= (lock?.untilMs ?? 0)
    return isLonger || (lock?.mode === 'GOVERNANCE' && this.#bypasses(this.#request.key))
  }

  #getHold(): Answer {
    const { lock } = this.#locked()
    if (lock?.hold === undefined) throw new Refusal(['NoSuchObjectLockConfiguration'])
    const fields = { Status: lock.hold ? 'ON' : 'OFF' }
    return { status: 200, body: { root: 'LegalHold', fields } }
  }

  #putHold(): Answer {
    const { document } = this.#request
    const problems = new Set<string>()
    const status = typeof document === 'object' ? text(document.fields['Status']) : undefined
    if (status !== 'ON' && status !== 'OFF') problems.add('MalformedXML')
    this.#collected(problems, () => this.#locked())
    refuse(problems)
    const headers = this.#update(({ lock }) => ({ lock: { ...lock, hold: status === 'ON' } }))
    return { status: 200, headers }
  }

  #attributes(): Answer {
    const { bucket, key, query } = this.#request
    const names = (this.#request.headers['x-amz-object-attributes'] ?? '').split(',')
    const isKnown = /^(ETag|Checksum|ObjectParts|StorageClass|ObjectSize)$/
    const problems = new Set<string>()
    this.#needs(problems, `s3:GetObject${'versionId' in query ? 'Version' : ''}`, bucket, key)
    if (!names.every((name) => isKnown.test(name))) problems.add('InvalidArgument')
    const version = this.#collected(problems, () => this.#found())
    refuse(problems)
    if (version === undefined) throw new Error('a version passed unseen')
    const { etag, storageClass, body, parts, sha256, modifiedMs } = version
    const Part = parts?.map(({ number, body }) => ({
      PartNumber: String(number),
      Size: String(body.length),
    }))
    const all: Fields = {
      ETag: etag,
      Checksum:
        sha256 === undefined ? undefined : { ChecksumSHA256: sha256, ChecksumType: 'FULL_OBJECT' },
      ObjectParts:
        parts === undefined
          ? undefined
          : {
              IsTruncated: 'false',
              MaxParts: '1000',
              NextPartNumberMarker: String(parts.at(-1)?.number ?? 0),
              PartNumberMarker: '0',
              PartsCount: String(parts.length),
              Part,
            },
      StorageClass: storageClass,
      ObjectSize: String(body.length),
    }
    const fields = Object.fromEntries(names.map((name) => [name, all[name]]))
    const headers = {
      'last-modified': new Date(modifiedMs).toUTCString(),
      ...this.#versionHeader(version),
    }
    return { status: 200, headers, body: { root: 'GetObjectAttributesResponse', fields } }
  }

  // Multipart uploads.

  #createUpload(): Answer {
    const { bucket: name, key } = this.#request
    const problems = new Set<string>()
    const bucket = this.#buckets.get(name)
    if (bucket === undefined) problems.add('NoSuchBucket')
    const attributes = this.#attributesOf(problems)
    const lock = this.#lockOf(bucket, problems)
    refuse(problems)
    this.#order += 1
    const id = `«u${this.#request.id}»`
    this.#orders.set(id, this.#order)
    bucket?.uploads.set(id, {
      ...attributes,
      id,
      key,
      lock,
      startedMs: this.#nowMs,
      parts: new Map(),
    })
    const fields = { Bucket: name, Key: key, UploadId: id }
    const body = { root: 'InitiateMultipartUploadResult', fields }
    return { status: 200, headers: sealHeader(attributes), body }
  }

  #upload(problems: Set<string>): Upload | undefined {
    const { bucket: name, key, query } = this.#request
    const bucket = this.#buckets.get(name)
    const upload = bucket?.uploads.get(query['uploadId'] ?? '')
    if (bucket === undefined) problems.add('NoSuchBucket')
    else if (upload?.key !== key) problems.add('NoSuchUpload')
    return upload
  }

  #partNumber(problems: Set<string>): number {
    const { partNumber = '' } = this.#request.query
    const number = /^\d{1,5}$/.test(partNumber) ? Number(partNumber) : 0
    if (number < 1 || number > 10_000) problems.add('InvalidArgument')
    return number
  }

  #putPart(): Answer {
    const { body = nothing } = this.#request
    const problems = new Set<string>()
    const number = this.#partNumber(problems)
    const upload = this.#upload(problems)
    const sha256 = this.#digestProblems(problems)
    refuse(problems)
    const etag = md5Of(body)
    upload?.parts.set(number, { number, body, etag, modifiedMs: this.#nowMs })
    const headers = { etag: quoted(etag), 'x-amz-checksum-sha256': sha256, ...sealHeader(upload) }
    return { status: 200, headers }
  }

  #copyPart(): Answer {
    const problems = new Set<string>()
    const number = this.#partNumber(problems)
    const upload = this.#upload(problems)
    const version = this.#openSource(problems)
    const size = version?.body.length ?? 0
    const [start, end] = this.#sourceRange(problems, size)
    refuse(problems)
    if (version === undefined) throw new Error('a source passed unseen')
    const isWhole = start === 0 && end === size
    const body = isWhole ? version.body : version.body.subarray(start, end)
    upload?.parts.set(number, { number, body, etag: md5Of(body), modifiedMs: this.#nowMs })
    const fields = { LastModified: iso(this.#nowMs), ETag: quoted(md5Of(body)) }
    return {
      status: 200,
      headers: { ...this.#sourceHeader(version), ...sealHeader(upload) },
      body: { root: 'CopyPartResult', fields },
    }
  }

  /** The bytes of the source from the first number to before the second. */
  #sourceRange(problems: Set<string>, size: number): readonly [number, number] {
    const range = this.#request.headers['x-amz-copy-source-range']
    if (range === undefined) return [0, size]
    const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
    const [start, end] = [Number(first), Number(last) + 1]
    if (first === '' || start >= end) {
      problems.add('InvalidArgument')
      problems.add('InvalidRange')
    } else if (end > size) problems.add(start < size ? 'InvalidArgument' : 'InvalidRange')
    return [start, end]
  }

  #listParts(): Answer {
    const { bucket, key, query } = this.#request
    const limit = Math.min(wholeNumber(query['max-parts']) ?? 1000, 1000)
    const marker = wholeNumber(query['part-number-marker']) ?? 0
    const problems = new Set<string>()
    const upload = this.#upload(problems)
    refuse(problems)
    const parts = [...(upload?.parts.values() ?? [])].sort((a, b) => a.number - b.number)
    const behind = parts.filter(({ number }) => number > marker)
    const page = behind.slice(0, limit)
    const fields = {
      Bucket: bucket,
      Key: key,
      UploadId: upload?.id,
      StorageClass: upload?.storageClass,
      PartNumberMarker: String(marker),
      NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
      MaxParts: String(limit),
      IsTruncated: String(limit > 0 && page.length < behind.length),
      Part: page.map(({ number, modifiedMs, etag, body }) => ({
        PartNumber: String(number),
        LastModified: iso(modifiedMs),
        ETag: quoted(etag),
        Size: String(body.length),
      })),
    }
    return { status: 200, body: { root: 'ListPartsResult', fields } }
  }

  #complete(): Answer {
    const { bucket: name, key, query, document } = this.#request
    const problems = new Set<string>()
    const wanted = typeof document === 'object' ? list(document.fields['Part']) : []
    const listed = wanted.map(({ PartNumber, ETag }) => ({
      number: Number(text(PartNumber)),
      etag: (text(ETag) ?? '').replaceAll('"', ''),
    }))
    if (listed.length === 0) problems.add('MalformedXML')
    if (
      listed.some(({ number }, index) => index > 0 && number <= (listed[index - 1]?.number ?? 0))
    ) {
      problems.add('InvalidPartOrder')
    }
    const versions = this.#buckets.get(name)?.keys.get(key)
    const before = currentOf(versions)
    const isAgain =
      before?.uploadId !== undefined &&
      before.uploadId === query['uploadId'] &&
      partList(before.parts ?? []) === partList(listed)
    if (isAgain && problems.size === 0) return this.#completed(before)
    const upload = this.#upload(problems)
    const parts = listed.map(({ number, etag }) => {
      const part = upload?.parts.get(number)
      if (upload?.key === key && part?.etag !== etag) problems.add('InvalidPart')
      return part ?? { number, etag, body: nothing, modifiedMs: 0 }
    })
    if (parts.slice(0, -1).some(({ body }) => body.length < minPartBytes))
      problems.add('EntityTooSmall')
    this.#conditionProblems(versions, problems)
    refuse(problems)
    if (upload === undefined) throw new Error('an upload passed unseen')
    const { headers, storageClass, tags, sealed, lock } = upload
    const digest = md5Of(Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, 'hex'))))
    const version = this.#place(this.#bucket(), {
      headers,
      storageClass,
      tags,
      sealed,
      lock,
      parts,
      body:
        parts.length === 1
          ? (parts[0]?.body ?? nothing)
          : Buffer.concat(parts.map(({ body }) => body)),
      etag: `${digest}-${parts.length}`,
      uploadId: upload.id,
    })
    this.#bucket().uploads.delete(upload.id)
    return this.#completed(version)
  }

  #completed(version: ObjectVersion): Answer {
    const { bucket, key } = this.#request
    const fields = { Bucket: bucket, Key: key, ETag: quoted(version.etag) }
    return {
      status: 200,
      headers: { ...this.#versionHeader(version), ...sealHeader(version) },
      body: { root: 'CompleteMultipartUploadResult', fields },
    }
  }

  #abort(): Answer {
    const problems = new Set<string>()
    const upload = this.#upload(problems)
    refuse(problems)
    this.#bucket().uploads.delete(upload?.id ?? '')
    return { status: 204 }
  }

  // Listings.

  #token(entry: string): string {
    const token = `«t${this.#request.id}»`
    this.#tokens.set(token, entry)
    return token
  }

  #tokenEntry(token: string | undefined): string | undefined {
    if (token === undefined) return undefined
    const entry = this.#tokens.get(token)
    if (entry === undefined) throw new Refusal(['InvalidArgument'])
    return entry
  }

  #pageParameters(limitName: string): { prefix: string; delimiter: string; limit: number } {
    const { query } = this.#request
    const limit = Math.min(wholeNumber(query[limitName]) ?? 1000, 1000)
    if (!/^(url)?$/.test(query['encoding-type'] ?? '')) throw new Refusal(['InvalidArgument'])
    return { prefix: query['prefix'] ?? '', delimiter: query['delimiter'] ?? '', limit }
  }

  /** What the answer repeats of the request. */
  #echoes(names: Readonly<Record<string, string>>): Fields {
    const { query } = this.#request
    return Object.fromEntries(Object.entries(names).map(([field, name]) => [field, query[name]]))
  }

  #listV1(): Answer {
    const { bucket, query } = this.#request
    const parameters = this.#pageParameters('max-keys')
    const { rows, last } = this.#currentPage(parameters, query['marker'] ?? '')
    const fields = {
      Name: bucket,
      Marker: query['marker'],
      ...this.#echoes({ Prefix: 'prefix', Delimiter: 'delimiter', EncodingType: 'encoding-type' }),
      MaxKeys: String(parameters.limit),
      NextMarker: parameters.delimiter === '' ? undefined : last,
      IsTruncated: String(last !== undefined),
      ...listed(rows, (key, version) => objectFields(key, version)),
    }
    return { status: 200, body: { root: 'ListBucketResult', fields } }
  }

  #listV2(): Answer {
    const { bucket, query } = this.#request
    if (query['list-type'] !== '2') throw new Refusal(['InvalidArgument'])
    const parameters = this.#pageParameters('max-keys')
    const token = query['continuation-token']
    const after = this.#tokenEntry(token) ?? query['start-after'] ?? ''
    const { rows, last } = this.#currentPage(parameters, after)
    const fields = {
      Name: bucket,
      ...this.#echoes({ Prefix: 'prefix', Delimiter: 'delimiter', EncodingType: 'encoding-type' }),
      StartAfter: query['start-after'],
      ContinuationToken: token,
      MaxKeys: String(parameters.limit),
      KeyCount: String(rows.length),
      IsTruncated: String(last !== undefined),
      NextContinuationToken: last === undefined ? undefined : this.#token(last),
      ...listed(rows, (key, version) => objectFields(key, version)),
    }
    return { status: 200, body: { root: 'ListBucketResult', fields } }
  }

  #currentPage(parameters: PageParameters, after: string): Page<ObjectVersion> {
    const all = [...this.#bucket().keys].flatMap(([key, versions]) => {
      const value = currentOf(versions)
      return value === undefined ? [] : [{ key, value }]
    })
    return page(all, parameters, (key) => byBytes(key, after) > 0, after)
  }

  #listVersions(): Answer {
    const { bucket, query } = this.#request
    const parameters = this.#pageParameters('max-keys')
    const [marker = '', id = ''] = [query['key-marker'], query['version-id-marker']]
    if (id !== '' && (marker === '' || !isVersionId(id))) throw new Refusal(['InvalidArgument'])
    const { keys } = this.#bucket()
    const all = [...keys].flatMap(([key, versions]) =>
      versions.map((value, index) => ({ key, value, isLatest: index === 0 })),
    )
    const latest = new Set(all.filter(({ isLatest }) => isLatest).map(({ value }) => value))
    const nullOrder = keys.get(marker)?.find((version) => version.id === 'null')?.order
    // An id tells its place, also that of a version that is gone; others are before all versions.
    const order = (id === 'null' ? nullOrder : this.#orders.get(id)) ?? Infinity
    const isBehind = (key: string, { order: own }: ObjectVersion): boolean =>
      byBytes(key, marker) > 0 || (key === marker && id !== '' && own < order)
    const { rows, last } = page(all, parameters, isBehind, marker)
    const lastRow = rows.at(-1)
    const entries = listed(rows, (key, version) => versionFields(key, version, latest.has(version)))
    const fields = {
      Name: bucket,
      ...this.#echoes({ Prefix: 'prefix', Delimiter: 'delimiter', EncodingType: 'encoding-type' }),
      KeyMarker: marker,
      VersionIdMarker: id,
      MaxKeys: String(parameters.limit),
      NextKeyMarker: last,
      NextVersionIdMarker:
        last !== undefined && lastRow !== undefined && 'key' in lastRow
          ? lastRow.value.id
          : undefined,
      IsTruncated: String(last !== undefined),
      CommonPrefixes: entries.CommonPrefixes,
      Version: entries.Contents.filter((_, index) => !isMarkerRow(rows, index)),
      DeleteMarker: entries.Contents.filter((_, index) => isMarkerRow(rows, index)),
    }
    return { status: 200, body: { root: 'ListVersionsResult', fields } }
  }

  #listUploads(): Answer {
    const { bucket, query } = this.#request
    const parameters = this.#pageParameters('max-uploads')
    const marker = query['key-marker'] ?? ''
    const id = marker === '' ? '' : (query['upload-id-marker'] ?? '')
    const order = this.#orders.get(id) ?? 0
    const uploads = [...this.#bucket().uploads.values()]
    const all = uploads.map((value) => ({ key: value.key, value }))
    const isBehind = (key: string, upload: Upload): boolean =>
      byBytes(key, marker) > 0 ||
      (key === marker && id !== '' && (this.#orders.get(upload.id) ?? 0) > order)
    const { rows, last } = page(all, parameters, isBehind, marker)
    const lastRow = rows.at(-1)
    const { Contents, CommonPrefixes } = listed(rows, (Key, upload) => ({
      Key,
      UploadId: upload.id,
      StorageClass: upload.storageClass,
      Initiated: iso(upload.startedMs),
    }))
    const fields = {
      Bucket: bucket,
      ...this.#echoes({ Prefix: 'prefix', Delimiter: 'delimiter', EncodingType: 'encoding-type' }),
      KeyMarker: marker,
      UploadIdMarker: id,
      MaxUploads: String(parameters.limit),
      NextKeyMarker: last,
      NextUploadIdMarker:
        last !== undefined && lastRow !== undefined && 'key' in lastRow
          ? lastRow.value.id
          : undefined,
      IsTruncated: String(last !== undefined),
      Upload: Contents,
      CommonPrefixes,
    }
    return { status: 200, body: { root: 'ListMultipartUploadsResult', fields } }
  }
}

function refuse(problems: ReadonlySet<string>): void {
  if (problems.size > 0) throw new Refusal(problems)
}

function currentOf(versions: readonly ObjectVersion[] | undefined): ObjectVersion | undefined {
  const latest = versions?.[0]
  return latest?.marker === true ? undefined : latest
}

function presentVersion(
  versions: readonly ObjectVersion[] | undefined,
  versionId: string | undefined,
): ObjectVersion {
  const found =
    versionId === undefined ? versions?.[0] : versions?.find(({ id }) => id === versionId)
  if (found === undefined)
    throw new Refusal([versionId === undefined ? 'NoSuchKey' : 'NoSuchVersion'])
  if (!found.marker) return found
  const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': found.id }
  if (versionId === undefined) throw new Refusal(['NoSuchKey'], headers)
  const modified = new Date(found.modifiedMs).toUTCString()
  throw new Refusal(['MethodNotAllowed'], {
    ...headers,
    allow: 'DELETE',
    'last-modified': modified,
  })
}

function selectedPart(
  partNumber: string,
  body: Buffer,
  parts: readonly Part[] | undefined,
): { start: number | undefined; end: number; more: Headers } {
  const number = Number(partNumber)
  if (!(number >= 1 && number <= 10_000)) throw new Refusal(['InvalidArgument'])
  const all = parts ?? [{ number: 1, body }]
  const index = all.findIndex((part) => part.number === number)
  const part = all[index]
  if (part === undefined) throw new Refusal(['InvalidPartNumber'])
  const start = all.slice(0, index).reduce((sum, before) => sum + before.body.length, 0)
  const more = parts === undefined ? {} : { 'x-amz-mp-parts-count': String(parts.length) }
  const isEmpty = part.body.length === 0
  return { start: isEmpty ? undefined : start, end: start + part.body.length, more }
}

function partList(parts: readonly Pick<Part, 'number' | 'etag'>[]): string {
  return parts.map(({ number, etag }) => `${number}:${etag}`).join()
}

function objectHeaders(version: ObjectVersion): Record<string, string | undefined> {
  const { headers, storageClass, tags, etag, modifiedMs, lock } = version
  return {
    'accept-ranges': 'bytes',
    etag: quoted(etag),
    'last-modified': new Date(modifiedMs).toUTCString(),
    ...headers,
    'x-amz-storage-class': storageClass === 'STANDARD' ? undefined : storageClass,
    'x-amz-tagging-count': tags.length === 0 ? undefined : String(tags.length),
    'x-amz-object-lock-mode': lock?.mode,
    'x-amz-object-lock-retain-until-date':
      lock?.untilMs === undefined ? undefined : iso(lock.untilMs),
    'x-amz-object-lock-legal-hold': lock?.hold === undefined ? undefined : lock.hold ? 'ON' : 'OFF',
  }
}

function checksumHeaders({ sha256 }: ObjectVersion): Headers {
  if (sha256 === undefined) return {}
  return { 'x-amz-checksum-sha256': sha256, 'x-amz-checksum-type': 'FULL_OBJECT' }
}

function sealHeader(written: Pick<Attributes, 'sealed'> | undefined): Headers {
  return written?.sealed === true ? { [encryption]: 'AES256' } : {}
}

function tagsOfHeader(header: string): Tags {
  return [...new URLSearchParams(header)]
}

function fits(pattern: string, value: string): boolean {
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : pattern === value
}

function statementsOf(body: Buffer, bucket: string): readonly Statement[] | undefined {
  try {
    const { Statement: statements }: { Statement: readonly Statement[] } = JSON.parse(String(body))
    const isOurs = ({ Resource }: Statement): boolean =>
      Resource === `arn:aws:s3:::${bucket}` || Resource.startsWith(`arn:aws:s3:::${bucket}/`)
    return statements.every(isOurs) ? statements : undefined
  } catch {
    return undefined
  }
}

/** The permission that an operation needs. Those that only the account has need no name here. */
function actionOf({ method, key, query }: S3Request): string {
  const version = 'versionId' in query ? 'Version' : ''
  if (key === '') {
    if ('policy' in query)
      return `s3:${{ GET: 'Get', PUT: 'Put', HEAD: '', POST: '', DELETE: 'Delete' }[method]}BucketPolicy`
    if ('versions' in query) return 's3:ListBucketVersions'
    if ('uploads' in query) return 's3:ListBucketMultipartUploads'
    const plain = Object.keys(query).every((name) =>
      /^(list-type|prefix|delimiter|marker|start-after|max-keys|encoding-type|continuation-token)$/.test(
        name,
      ),
    )
    if (plain && (method === 'GET' || method === 'HEAD')) return 's3:ListBucket'
    return `s3:${method}BucketThing`
  }
  for (const [name, suffix] of [
    ['tagging', 'Tagging'],
    ['retention', 'Retention'],
    ['legal-hold', 'LegalHold'],
    ['attributes', 'Attributes'],
  ] as const) {
    if (name in query) {
      const verb = { GET: 'Get', PUT: 'Put', DELETE: 'Delete', HEAD: '', POST: '' }[method]
      return `s3:${verb}Object${version}${suffix}`
    }
  }
  if ('uploadId' in query && method === 'GET') return 's3:ListMultipartUploadParts'
  if ('uploadId' in query && method === 'DELETE') return 's3:AbortMultipartUpload'
  if (method === 'DELETE') return `s3:DeleteObject${version}`
  return method === 'GET' || method === 'HEAD' ? `s3:GetObject${version}` : 's3:PutObject'
}

interface PageParameters {
  readonly prefix: string
  readonly delimiter: string
  readonly limit: number
}

interface Page<T> {
  readonly rows: readonly Row<T>[]
  /** The name of the last row, when more follow. */
  readonly last: string | undefined
}

/** One page of what stands in the order of its keys. */
function page<T>(
  all: readonly { readonly key: string; readonly value: T }[],
  { prefix, delimiter, limit }: PageParameters,
  isBehind: (key: string, value: T) => boolean,
  after: string,
): Page<T> {
  const rows: Row<T>[] = []
  const sorted = [...all].sort((a, b) => byBytes(a.key, b.key))
  for (const { key, value } of limit === 0 ? [] : sorted) {
    if (!key.startsWith(prefix) || !isBehind(key, value)) continue
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const common = end === -1 ? undefined : key.slice(0, end + delimiter.length)
    const before = rows.at(-1)
    const isListed = before !== undefined && 'prefix' in before && before.prefix === common
    if (common !== undefined && (isListed || common === after)) continue
    if (rows.length === limit) {
      return {
        rows,
        last: before !== undefined && 'prefix' in before ? before.prefix : before?.key,
      }
    }
    rows.push(common === undefined ? { key, value } : { prefix: common })
  }
  return { rows, last: undefined }
}

function listed<T>(
  rows: readonly Row<T>[],
  fields: (key: string, value: T) => Fields,
): { readonly Contents: readonly Fields[]; readonly CommonPrefixes: readonly Fields[] } {
  return {
    Contents: rows.flatMap((row) => ('key' in row ? [fields(row.key, row.value)] : [])),
    CommonPrefixes: rows.flatMap((row) => ('prefix' in row ? [{ Prefix: row.prefix }] : [])),
  }
}

function isMarkerRow(rows: readonly Row<ObjectVersion>[], index: number): boolean {
  const versions = rows.flatMap((row) => ('key' in row ? [row.value] : []))
  return versions[index]?.marker === true
}

function objectFields(
  Key: string,
  { etag, body, storageClass, modifiedMs, sha256 }: ObjectVersion,
): Fields {
  return {
    Key,
    LastModified: iso(modifiedMs),
    ETag: quoted(etag),
    Size: String(body.length),
    StorageClass: storageClass,
    ChecksumAlgorithm: sha256 === undefined ? undefined : 'SHA256',
    ChecksumType: sha256 === undefined ? undefined : 'FULL_OBJECT',
  }
}

function versionFields(key: string, version: ObjectVersion, isLatest: boolean): Fields {
  const common = { VersionId: version.id, IsLatest: String(isLatest) }
  if (version.marker) return { Key: key, ...common, LastModified: iso(version.modifiedMs) }
  return { ...objectFields(key, version), ...common }
}
