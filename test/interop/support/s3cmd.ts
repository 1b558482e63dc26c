import { CommandLine, codeIn, findProgram } from './command-line.ts'
import { unquoted } from './driver.ts'
import type { ClientKind, ObjectFacts, PlainClient, PutOptions, Target } from './driver.ts'
import type { Features } from './features.ts'

class S3cmd implements PlainClient {
  readonly #line: CommandLine
  readonly features: Features

  constructor(line: CommandLine) {
    this.#line = line
    this.features = s3cmdFeatures(line)
  }

  makeBucket(bucket: string): Promise<unknown> {
    return this.#line.run(['mb', `s3://${bucket}`])
  }

  removeBucket(bucket: string): Promise<unknown> {
    return this.#line.run(['rb', `s3://${bucket}`])
  }

  async put(
    bucket: string,
    key: string,
    bytes: Buffer,
    options: PutOptions = {},
  ): Promise<unknown> {
    const { contentType, metadata = {} } = options
    const headers = Object.entries(metadata).map(
      ([name, value]) => `--add-header=x-amz-meta-${name}: ${value}`,
    )
    const type = contentType === undefined ? [] : [`--mime-type=${contentType}`]
    const path = await this.#line.file(bytes)
    return this.#line.run(['put', ...headers, ...type, path, `s3://${bucket}/${key}`])
  }

  async putParts(bucket: string, key: string, bytes: Buffer): Promise<unknown> {
    const path = await this.#line.file(bytes)
    return this.#line.run(['put', '--multipart-chunk-size-mb=5', path, `s3://${bucket}/${key}`])
  }

  get(bucket: string, key: string): Promise<Buffer> {
    return this.#line.run(['get', `s3://${bucket}/${key}`, '-'])
  }

  async stat(bucket: string, key: string): Promise<ObjectFacts> {
    const text = await this.#line.text(['info', `s3://${bucket}/${key}`])
    const rows = text.split('\n').map((row) => {
      const colon = row.indexOf(':')
      return [row.slice(0, colon).trim(), row.slice(colon + 1).trim()] as const
    })
    const facts = new Map(rows)
    const prefix = 'x-amz-meta-'
    const metadata = rows
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value])
    return {
      sizeBytes: Number(facts.get('File size')),
      etag: unquoted(facts.get('MD5 sum')),
      contentType: facts.get('MIME type'),
      metadata: Object.fromEntries(metadata),
    }
  }

  async list(bucket: string): Promise<{ keys: readonly string[] }> {
    const text = await this.#line.text(['ls', '-r', `s3://${bucket}`])
    // A key may hold a line feed, so a row ends where the next one begins.
    const row = /^\d{4}-\d\d-\d\d \d\d:\d\d +\d+ +s3:\/\/[^/]+\//m
    return {
      keys: text
        .split(row)
        .slice(1)
        .map((key) => key.replace(/\n$/, '')),
    }
  }

  remove(bucket: string, key: string): Promise<unknown> {
    return this.#line.run(['rm', `s3://${bucket}/${key}`])
  }

  codeOf(error: unknown): string {
    return codeIn(error, /S3 error: \d+ \((\w+)\)/)
  }

  close(): Promise<void> {
    return this.#line.close()
  }
}

function s3cmdFeatures(line: CommandLine): Features {
  return {
    policies: {
      set: async (bucket, policy) =>
        line.run(['setpolicy', await line.file(policy), `s3://${bucket}`]),
      get: async (bucket) => {
        const text = await line.text(['info', `s3://${bucket}`])
        return /^ +Policy: +(.*)$/m.exec(text)?.[1] ?? ''
      },
      remove: (bucket) => line.run(['delpolicy', `s3://${bucket}`]),
    },
    uploads: {
      list: async (bucket) => {
        const text = await line.text(['multipart', `s3://${bucket}`])
        return [...text.matchAll(/\ts3:\/\/[^/]+\/(.*)\t/g)].map(([, key = '']) => key)
      },
      abort: (bucket, key, id) => line.run(['abortmp', `s3://${bucket}/${key}`, id]),
    },
    trees: {
      upload: (folder, bucket) => line.run(['sync', `${folder}/`, `s3://${bucket}/`]),
      download: (bucket, folder) => line.run(['sync', `s3://${bucket}/`, `${folder}/`]),
      removeAll: (bucket) => line.run(['del', '-r', '--force', `s3://${bucket}`]),
    },
  }
}

function configFor({ port, accessKey, secretKey, region }: Target): string {
  return [
    '[default]',
    `access_key = ${accessKey}`,
    `secret_key = ${secretKey}`,
    `bucket_location = ${region}`,
    `host_base = 127.0.0.1:${port}`,
    `host_bucket = 127.0.0.1:${port}`,
    'use_https = False',
    // Owner, times and mode of files go into a metadatum of its own otherwise.
    'preserve_attrs = False',
    'progress_meter = False',
    '',
  ].join('\n')
}

const program = findProgram('INTEROP_S3CMD', '/usr/bin/s3cmd')

export const s3cmd: ClientKind = {
  name: 's3cmd',
  missing: program === undefined ? 'there is no s3cmd: Debian has it as s3cmd' : undefined,
  open: async (target: Target) => {
    const line = await CommandLine.open(program ?? '')
    await line.file(configFor(target), '.s3cfg')
    return new S3cmd(line)
  },
}
