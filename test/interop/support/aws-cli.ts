import { CommandLine, codeIn, findProgram } from './command-line.ts'
import {
  unquoted,
  type ClientKind,
  type ObjectFacts,
  type PlainClient,
  type PutOptions,
  type Target,
} from './driver.ts'
import { type Features, type Locks, daysFromNow, tagPairs, tagsOf } from './features.ts'

interface Answers {
  readonly [name: string]: unknown
}

/** The calls of `aws s3api`, which print JSON. */
class S3Api {
  readonly #line: CommandLine
  readonly #endpoint: string

  constructor(line: CommandLine, endpoint: string) {
    this.#line = line
    this.#endpoint = endpoint
  }

  async call<T = Answers>(name: string, bucket: string, ...more: readonly string[]): Promise<T> {
    const text = await this.s3('s3api', name, '--bucket', bucket, ...more)
    // It prints nothing at all where there is nothing to tell.
    return JSON.parse(text.toString().trim() || '{}') as T
  }

  s3(...args: readonly string[]): Promise<Buffer> {
    return this.#line.run(['--endpoint-url', this.#endpoint, ...args])
  }
}

class AwsCli implements PlainClient {
  readonly #line: CommandLine
  readonly #api: S3Api
  readonly features: Features

  constructor(line: CommandLine, endpoint: string) {
    this.#line = line
    this.#api = new S3Api(line, endpoint)
    this.features = {
      ...awsCliFeatures(this.#api, line),
      trees: {
        upload: (folder, bucket) => this.#api.s3('s3', 'sync', ...quiet, folder, `s3://${bucket}`),
        download: (bucket, folder) =>
          this.#api.s3('s3', 'sync', ...quiet, `s3://${bucket}`, folder),
        removeAll: (bucket) => this.#api.s3('s3', 'rm', ...quiet, '--recursive', `s3://${bucket}`),
      },
    }
  }

  makeBucket(bucket: string): Promise<unknown> {
    return this.#api.s3('s3', 'mb', `s3://${bucket}`)
  }

  removeBucket(bucket: string): Promise<unknown> {
    return this.#api.s3('s3', 'rb', `s3://${bucket}`)
  }

  async put(
    bucket: string,
    key: string,
    bytes: Buffer,
    options: PutOptions = {},
  ): Promise<unknown> {
    const { contentType, metadata = {} } = options
    const type = contentType === undefined ? [] : ['--content-type', contentType]
    const path = await this.#line.file(bytes)
    const names = ['--metadata', JSON.stringify(metadata), ...type, ...quiet]
    return this.#api.s3('s3', 'cp', ...names, path, `s3://${bucket}/${key}`)
  }

  /** From 8 MiB on it makes parts of 8 MiB. */
  putParts(bucket: string, key: string, bytes: Buffer): Promise<unknown> {
    return this.put(bucket, key, bytes)
  }

  get(bucket: string, key: string): Promise<Buffer> {
    return this.#api.s3('s3', 'cp', `s3://${bucket}/${key}`, '-')
  }

  async stat(bucket: string, key: string): Promise<ObjectFacts> {
    const reply = await this.#api.call<{
      ContentLength: number
      ETag: string
      ContentType: string
      Metadata: Record<string, string>
    }>('head-object', bucket, '--key', key)
    return {
      sizeBytes: reply.ContentLength,
      etag: unquoted(reply.ETag),
      contentType: reply.ContentType,
      metadata: reply.Metadata,
    }
  }

  async list(bucket: string): Promise<{ keys: readonly string[] }> {
    const { Contents = [] } = await this.#api.call<{ Contents?: { Key: string }[] }>(
      'list-objects-v2',
      bucket,
    )
    return { keys: Contents.map(({ Key }) => Key) }
  }

  remove(bucket: string, key: string): Promise<unknown> {
    return this.#api.s3('s3', 'rm', ...quiet, `s3://${bucket}/${key}`)
  }

  async presignGet(bucket: string, key: string): Promise<string> {
    return (await this.#api.s3('s3', 'presign', `s3://${bucket}/${key}`)).toString().trim()
  }

  codeOf(error: unknown): string {
    return codeIn(error, /An error occurred \((\w+)\)/)
  }

  close(): Promise<void> {
    return this.#line.close()
  }
}

const quiet = ['--only-show-errors'] as const

function awsCliFeatures(api: S3Api, line: CommandLine): Features {
  return {
    versions: {
      enable: (bucket) =>
        api.call('put-bucket-versioning', bucket, '--versioning-configuration', 'Status=Enabled'),
      list: async (bucket, key) => {
        const reply = await api.call<{ Versions?: Listed[]; DeleteMarkers?: Listed[] }>(
          'list-object-versions',
          bucket,
          '--prefix',
          key,
        )
        const { Versions = [], DeleteMarkers = [] } = reply
        return [
          ...Versions.map((version) => ({ ...version, isDeleteMarker: false })),
          ...DeleteMarkers.map((marker) => ({ ...marker, isDeleteMarker: true })),
        ]
          .toSorted((a, b) => Date.parse(b.LastModified) - Date.parse(a.LastModified))
          .map(({ VersionId, isDeleteMarker }) => ({ versionId: VersionId, isDeleteMarker }))
      },
      // Ids may begin with a hyphen, and would be options in words of their own.
      get: (bucket, key, id) =>
        line.written((path) =>
          api.call('get-object', bucket, '--key', key, `--version-id=${id}`, path),
        ),
      remove: (bucket, key, id) =>
        api.call('delete-object', bucket, '--key', key, `--version-id=${id}`),
    },
    policies: {
      set: (bucket, policy) => api.call('put-bucket-policy', bucket, '--policy', policy),
      get: async (bucket) =>
        (await api.call<{ Policy: string }>('get-bucket-policy', bucket)).Policy,
      remove: (bucket) => api.call('delete-bucket-policy', bucket),
    },
    bucketTags: {
      set: (bucket, tags) => api.call('put-bucket-tagging', bucket, '--tagging', tagSet(tags)),
      get: async (bucket) =>
        tagsOf((await api.call<TagReply>('get-bucket-tagging', bucket)).TagSet),
      remove: (bucket) => api.call('delete-bucket-tagging', bucket),
    },
    objectTags: {
      set: (bucket, key, tags) =>
        api.call('put-object-tagging', bucket, '--key', key, '--tagging', tagSet(tags)),
      get: async (bucket, key) =>
        tagsOf((await api.call<TagReply>('get-object-tagging', bucket, '--key', key)).TagSet),
      remove: (bucket, key) => api.call('delete-object-tagging', bucket, '--key', key),
    },
    locks: awsCliLocks(api),
    uploads: {
      list: async (bucket) => {
        const { Uploads = [] } = await api.call<{ Uploads?: { Key: string }[] }>(
          'list-multipart-uploads',
          bucket,
        )
        return Uploads.map(({ Key }) => Key)
      },
      abort: (bucket, key, id) =>
        api.call('abort-multipart-upload', bucket, '--key', key, `--upload-id=${id}`),
    },
  }
}

interface Listed {
  readonly VersionId: string
  readonly LastModified: string
}

interface TagReply {
  readonly TagSet: { Key: string; Value: string }[]
}

function tagSet(tags: Readonly<Record<string, string>>): string {
  return JSON.stringify({ TagSet: tagPairs(tags) })
}

function awsCliLocks(api: S3Api): Locks {
  return {
    makeBucket: (bucket) => api.call('create-bucket', bucket, '--object-lock-enabled-for-bucket'),
    retain: (bucket, key, days) => {
      const until = daysFromNow(days).toISOString()
      const retention = JSON.stringify({ Mode: 'GOVERNANCE', RetainUntilDate: until })
      return api.call('put-object-retention', bucket, '--key', key, '--retention', retention)
    },
    retention: async (bucket, key) => {
      const { Retention } = await api.call<{
        Retention: { Mode: string; RetainUntilDate: string }
      }>('get-object-retention', bucket, '--key', key)
      return { mode: Retention.Mode, until: new Date(Retention.RetainUntilDate) }
    },
    setHold: (bucket, key, on) => {
      const hold = `Status=${on ? 'ON' : 'OFF'}`
      return api.call('put-object-legal-hold', bucket, '--key', key, '--legal-hold', hold)
    },
    hold: async (bucket, key) => {
      const { LegalHold } = await api.call<{ LegalHold: { Status: string } }>(
        'get-object-legal-hold',
        bucket,
        '--key',
        key,
      )
      return LegalHold.Status === 'ON'
    },
  }
}

const program = findProgram('INTEROP_AWS', '/usr/bin/aws')

export const awsCli: ClientKind = {
  name: 'awscli',
  slow: true,
  missing: program === undefined ? 'there is no aws: Debian has it as awscli' : undefined,
  open: async ({ port, accessKey, secretKey, region }: Target) => {
    const line = await CommandLine.open(program ?? '', {
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PAGER: '',
    })
    return new AwsCli(line, `http://127.0.0.1:${port}`)
  },
}
