import { fileURLToPath } from 'node:url'

import { CommandLine, codeIn, findProgram } from './command-line.ts'
import type { ClientKind, ObjectFacts, PlainClient, PutOptions, Target } from './driver.ts'
import type { Features, Locks, Tags, Version } from './features.ts'

/** MinIO's client, which prints one JSON value a line. Addresses begin with the alias `s`. */
class Mc implements PlainClient {
  readonly #line: CommandLine
  readonly features: Features

  constructor(line: CommandLine) {
    this.#line = line
    this.features = mcFeatures(line)
  }

  makeBucket(bucket: string): Promise<unknown> {
    return this.#line.run(['mb', address(bucket)])
  }

  removeBucket(bucket: string): Promise<unknown> {
    return this.#line.run(['rb', address(bucket)])
  }

  async put(
    bucket: string,
    key: string,
    bytes: Buffer,
    options: PutOptions = {},
  ): Promise<unknown> {
    const { contentType, metadata = {} } = options
    const attributes = Object.entries({
      ...metadata,
      ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
    })
    // It cuts at semicolons first, so those have to be spelled by quotes.
    const attr = attributes.map(([name, value]) => `${name}=${quoted(value)}`).join(';')
    const names = attributes.length === 0 ? [] : ['--attr', attr]
    const path = await this.#line.file(bytes)
    return this.#line.run(['cp', '--quiet', ...names, path, address(bucket, key)])
  }

  /** From 16 MiB on it makes parts of 16 MiB; from standard input it always makes some. */
  putParts(bucket: string, key: string, bytes: Buffer): Promise<unknown> {
    return this.#line.run(['pipe', '--quiet', address(bucket, key)], bytes)
  }

  get(bucket: string, key: string): Promise<Buffer> {
    return this.#line.run(['cat', address(bucket, key)])
  }

  async stat(bucket: string, key: string): Promise<ObjectFacts> {
    const [found] = await jsonLines<{
      size: number
      etag: string
      metadata: Record<string, string>
    }>(this.#line, ['stat', address(bucket, key)])
    if (found === undefined) throw new Error('mc says nothing')
    const prefix = 'x-amz-meta-'
    const headers = Object.entries(found.metadata).map(
      ([name, value]) => [name.toLowerCase(), value] as const,
    )
    const metadata = headers
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value])
    return {
      sizeBytes: found.size,
      etag: found.etag,
      contentType: Object.fromEntries(headers)['content-type'],
      metadata: Object.fromEntries(metadata),
    }
  }

  async list(bucket: string): Promise<{ keys: readonly string[] }> {
    const entries = await jsonLines<{ key: string }>(this.#line, ['ls', '-r', address(bucket)])
    return { keys: entries.map(({ key }) => key) }
  }

  remove(bucket: string, key: string): Promise<unknown> {
    return this.#line.run(['rm', address(bucket, key)])
  }

  async presignGet(bucket: string, key: string): Promise<string> {
    const [shared] = await jsonLines<{ share: string }>(this.#line, [
      'share',
      'download',
      address(bucket, key),
    ])
    return shared?.share ?? ''
  }

  /** It has sentences of its own for most of the codes. */
  codeOf(error: unknown): string {
    return codeIn(error, /"Code":"(\w+)"/)
  }

  close(): Promise<void> {
    return this.#line.close()
  }
}

function address(bucket: string, key = ''): string {
  return `s/${bucket}/${key}`
}

function quoted(value: string): string {
  return value.includes(';') ? `"${value}"` : value
}

async function jsonLines<T>(line: CommandLine, args: readonly string[]): Promise<readonly T[]> {
  const text = await line.text(['--json', ...args])
  return text
    .split('\n')
    .filter((row) => row.trim() !== '')
    .map((row) => JSON.parse(row) as T)
}

function mcFeatures(line: CommandLine): Features {
  return {
    versions: {
      enable: (bucket) => line.run(['version', 'enable', address(bucket)]),
      list: async (bucket, key) => {
        const rows = await jsonLines<Partial<Version>>(line, [
          'ls',
          '--versions',
          address(bucket, key),
        ])
        return rows.map(({ versionId = '', isDeleteMarker = false }) => ({
          versionId,
          isDeleteMarker,
        }))
      },
      get: (bucket, key, id) => line.run(['cat', '--version-id', id, address(bucket, key)]),
      remove: (bucket, key, id) => line.run(['rm', '--version-id', id, address(bucket, key)]),
    },
    policies: {
      set: async (bucket, policy) =>
        line.run(['anonymous', 'set-json', await line.file(policy), address(bucket)]),
      get: async (bucket) => {
        const [reply] = await jsonLines<{ anonymous: unknown }>(line, [
          'anonymous',
          'get-json',
          address(bucket),
        ])
        return JSON.stringify(reply?.anonymous)
      },
      remove: (bucket) => line.run(['anonymous', 'set', 'none', address(bucket)]),
    },
    bucketTags: {
      set: (bucket, tags) => line.run(['tag', 'set', address(bucket), tagText(tags)]),
      get: (bucket) => mcTags(line, address(bucket)),
      remove: (bucket) => line.run(['tag', 'remove', address(bucket)]),
    },
    objectTags: {
      set: (bucket, key, tags) => line.run(['tag', 'set', address(bucket, key), tagText(tags)]),
      get: (bucket, key) => mcTags(line, address(bucket, key)),
      remove: (bucket, key) => line.run(['tag', 'remove', address(bucket, key)]),
    },
    locks: mcLocks(line),
    uploads: {
      list: async (bucket) => {
        const rows = await jsonLines<{ key: string }>(line, ['ls', '-r', '-I', address(bucket)])
        return rows.map(({ key }) => key)
      },
      // Without -r it looks for an object of that name first, and gives up.
      abort: (bucket, key) => line.run(['rm', '-I', '-r', '--force', address(bucket, key)]),
    },
    trees: {
      upload: (folder, bucket) => line.run(['mirror', '--quiet', folder, address(bucket)]),
      download: (bucket, folder) => line.run(['mirror', '--quiet', address(bucket), folder]),
      removeAll: (bucket) => line.run(['rm', '-r', '--force', address(bucket)]),
    },
  }
}

function tagText(tags: Tags): string {
  return new URLSearchParams(tags).toString()
}

async function mcTags(line: CommandLine, where: string): Promise<Tags> {
  const [reply] = await jsonLines<{ tagset: Tags }>(line, ['tag', 'list', where])
  return reply?.tagset ?? {}
}

function mcLocks(line: CommandLine): Locks {
  return {
    makeBucket: (bucket) => line.run(['mb', '--with-lock', address(bucket)]),
    retain: (bucket, key, days) =>
      line.run(['retention', 'set', 'governance', `${days}d`, address(bucket, key)]),
    retention: async (bucket, key) => {
      const [row] = await jsonLines<{ mode: string; until: string }>(line, [
        'retention',
        'info',
        address(bucket, key),
      ])
      return { mode: row?.mode ?? '', until: new Date(row?.until ?? Number.NaN) }
    },
    setHold: (bucket, key, on) =>
      line.run(['legalhold', on ? 'set' : 'clear', address(bucket, key)]),
    hold: async (bucket, key) => {
      const [row] = await jsonLines<{ legalhold: string }>(line, [
        'legalhold',
        'info',
        address(bucket, key),
      ])
      return row?.legalhold === 'ON'
    },
  }
}

/** Where install-tools.sh puts it, and where Debian's package does. */
const program = findProgram(
  'INTEROP_MC',
  fileURLToPath(new URL('../.tools/usr/bin/minio-client', import.meta.url)),
  '/usr/bin/minio-client',
)

export const mc: ClientKind = {
  name: 'mc',
  missing: program === undefined ? 'there is no mc: run test/interop/install-tools.sh' : undefined,
  open: async ({ port, accessKey, secretKey }: Target) => {
    const keys = `${encodeURIComponent(accessKey)}:${encodeURIComponent(secretKey)}`
    const line = await CommandLine.open(program ?? '', {
      MC_HOST_s: `http://${keys}@127.0.0.1:${port}`,
    })
    return new Mc(line)
  },
}
