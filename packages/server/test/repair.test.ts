import { createHash } from 'node:crypto'
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { DamagedDirectoryError, startServer, type RepairReport } from '@stowage/server'
import { openDiskStore } from '../src/store/disk-store.ts'
import { readLog } from '../src/store/level/log-file.ts'
import { systemFiles, type FileSystem } from '../src/store/file-system.ts'
import { randomId } from '../src/store/store.ts'
import { setVersioning } from './support/documents.ts'
import { RawClient } from './support/raw-client.ts'
import { temporaryDirectory } from './support/stores.ts'

const bucket = 'repaired'
const large = Buffer.alloc(200_000, 'large ')
const part = Buffer.alloc(5 * 1024 * 1024, 'part ')

/** A directory with tables and a log, and copies of it to damage. */
const original = temporaryDirectory()
const copies = temporaryDirectory()
let next = 0
let uploadId = ''

async function withClient<T>(
  directory: string,
  task: (client: RawClient, repaired: RepairReport | undefined) => Promise<T>,
  repair: boolean = false,
  now: () => Date = () => new Date(),
): Promise<T> {
  const server = await startServer({ directory, durability: 'flush', repair, now })
  const client = new RawClient(server)
  try {
    return await task(client, server.repaired)
  } finally {
    client.close()
    await server.close()
  }
}

beforeAll(async () => {
  await withClient(original.path, async (client) => {
    await client.makeBucket(bucket)
    await client.put(bucket, 'small', 'small')
    await client.put(bucket, 'large', large, { 'x-amz-meta-a': 'b', 'content-type': 'text/x' })
    await client.put(bucket, 'sealed', large, { 'x-amz-server-side-encryption': 'AES256' })
    await client.put(bucket, 'replaced', large)
    await client.put(bucket, 'replaced', 'by a small one')
    const begun = await client.send({
      method: 'POST',
      bucket,
      key: 'parts',
      query: { uploads: '' },
    })
    uploadId = /<UploadId>([^<]*)</.exec(begun.text)?.[1] ?? ''
    const query = { uploadId, partNumber: '1' }
    await client.send({ method: 'PUT', bucket, key: 'parts', query, body: part })
  })
  await withClient(original.path, async (client) => {
    const configuration =
      '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    await client.makeBucket('versions')
    const query = { versioning: '' }
    await client.send({ method: 'PUT', bucket: 'versions', query, body: configuration })
    for (const number of [1, 2, 3]) {
      await client.put('versions', 'key', Buffer.alloc(100_000, `version ${number} `))
    }
    await client.send({ method: 'DELETE', bucket: 'versions', key: 'key' })
  })
})

afterAll(() => {
  original.remove()
  copies.remove()
})

function copyOfDirectory(): string {
  next += 1
  const path = join(copies.path, String(next))
  cpSync(original.path, path, { recursive: true })
  return path
}

function recordFiles(directory: string, pattern: RegExp): readonly string[] {
  const records = join(directory, 'records')
  return readdirSync(records)
    .filter((name) => pattern.test(name))
    .map((name) => join(records, name))
}

/** What clients can see: keys, sizes, ETags and the bytes of everything. */
async function contents(directory: string): Promise<unknown> {
  return withClient(directory, async (client) => {
    const seen: Record<string, unknown> = {}
    for (const name of [bucket, 'versions']) {
      const { text } = await client.send({ bucket: name, query: { versions: '' } })
      seen[name] = text
      for (const [, key = ''] of text.matchAll(/<Key>([^<]*)</g)) {
        const { code, body, headers } = await client.get(name, key)
        const sum = code === '' ? createHash('sha1').update(body).digest('hex') : code
        seen[`${name}/${key}`] = [sum, headers.etag, headers['x-amz-meta-a']]
      }
    }
    const uploads = await client.send({ bucket, query: { uploads: '' } })
    const parts = await client.send({ bucket, key: 'parts', query: { uploadId } })
    return { seen, uploads: uploads.text, parts: parts.text }
  })
}

/** Flips a bit in one of the commits that hold a text. */
function damageCommit(directory: string, text: string, index: number): void {
  const [log = ''] = recordFiles(directory, /\.log$/)
  const bytes = readFileSync(log)
  const found = readLog(bytes).records.filter((record) => record.bytes.includes(text))
  const offset = (found[index]?.offset ?? Number.NaN) + 40
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset)
  writeFileSync(log, bytes)
}

const pathsOf = {
  CURRENT: (directory: string) => [join(directory, 'records/CURRENT')],
  MANIFEST: (directory: string) => recordFiles(directory, /^MANIFEST/),
  witness: (directory: string) => [join(directory, 'witness')],
  marker: (directory: string) => [join(directory, 'stowage-server.json')],
} as const

describe('a repair', () => {
  it.each(Object.keys(pathsOf) as (keyof typeof pathsOf)[])(
    'brings everything back when %s is missing',
    async (kind) => {
      const before = await contents(original.path)
      const directory = copyOfDirectory()
      for (const path of pathsOf[kind](directory)) rmSync(path)
      await expect(withClient(directory, async () => undefined)).rejects.toThrow(directory)
      const report = await withClient(directory, async (_, repaired) => repaired, true)
      expect(report?.lost ?? []).toEqual([])
      expect(report?.rebuilt ?? []).toEqual([])
      expect(await contents(directory)).toEqual(before)
    },
  )

  it('rebuilds large objects, sealed ones and parts when all records are gone', async () => {
    const directory = copyOfDirectory()
    rmSync(join(directory, 'records'), { recursive: true })
    const etag = await withClient(original.path, async (client) => {
      return (await client.get(bucket, 'large')).headers.etag
    })
    await withClient(
      directory,
      async (client, repaired) => {
        expect(repaired?.records).toBe(0)
        expect(repaired?.buckets).toEqual([bucket, 'versions'])
        expect(repaired?.rebuilt).toHaveLength(6)
        const read = await client.get(bucket, 'large')
        expect(read.body.equals(large)).toBe(true)
        expect(read.headers).toMatchObject({ etag, 'x-amz-meta-a': 'b', 'content-type': 'text/x' })
        expect((await client.get(bucket, 'sealed')).body.equals(large)).toBe(true)
        expect((await client.get(bucket, 'small')).code).toBe('NoSuchKey')
        const { body } = await client.get('versions', 'key')
        expect(body.equals(Buffer.alloc(100_000, 'version 3 '))).toBe(true)
        const query = { uploadId }
        const completion = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${createHash(
          'md5',
        )
          .update(part)
          .digest('hex')}</ETag></Part></CompleteMultipartUpload>`
        const request = { method: 'POST', bucket, key: 'parts', query, body: completion }
        expect((await client.send(request)).status).toBe(200)
        expect((await client.get(bucket, 'parts')).body.equals(part)).toBe(true)
      },
      true,
    )
  })

  it('reports what it has lost, shows nothing else, and keeps what was damaged', async () => {
    const directory = copyOfDirectory()
    const [log = ''] = recordFiles(directory, /\.log$/)
    const bytes = readFileSync(log)
    bytes[Math.floor(bytes.length / 2)]! ^= 1
    writeFileSync(log, bytes)
    const blobs = join(directory, 'blobs')
    for (const shard of readdirSync(blobs)) {
      for (const name of readdirSync(join(blobs, shard))) {
        if (
          readFileSync(join(blobs, shard, name))
            .subarray(0, 6)
            .equals(large.subarray(0, 6))
        ) {
          rmSync(join(blobs, shard, name))
        }
      }
    }
    await withClient(
      directory,
      async (client, repaired) => {
        expect(repaired?.lost).toEqual([{ bucket, key: 'large' }])
        expect((await client.get(bucket, 'large')).code).toBe('NoSuchKey')
        expect((await client.get(bucket, 'small')).text).toBe('small')
        expect(readdirSync(directory)).toContain(repaired?.damagedRecords)
      },
      true,
    )
  })

  it.each([0, 1, 2, 3])(
    'rebuilds all versions when commit %i of a key is damaged',
    async (lost) => {
      const { path: directory, remove } = temporaryDirectory()
      const startMs = Date.now()
      let ticks = 0
      const write = async (client: RawClient): Promise<void> => {
        await client.makeBucket('versions')
        await setVersioning(client, 'versions', 'Enabled')
        for (const number of [1, 2, 3]) {
          await client.put('versions', 'key', Buffer.alloc(5000, `version ${number} `))
        }
        await client.send({ method: 'DELETE', bucket: 'versions', key: 'key' })
        await client.put('versions', 'other', 'small')
      }
      await withClient(directory, write, false, () => new Date(startMs + (ticks += 1)))
      damageCommit(directory, '\0versions\0key', lost)
      await withClient(
        directory,
        async (client) => {
          const { text } = await client.send({ bucket: 'versions', query: { versions: '' } })
          const found: string[] = []
          for (const [, versionId = ''] of text.matchAll(/<Version>.*?<VersionId>([^<]*)</gs)) {
            const query = { versionId }
            const version = await client.send({ bucket: 'versions', key: 'key', query })
            if (version.status === 200) found.push(version.text.slice(0, 9))
          }
          expect(found).toEqual(['version 3', 'version 2', 'version 1'])
          expect((await client.get('versions', 'key')).status).toBe(lost === 3 ? 200 : 404)
          expect((await client.get('versions', 'other')).text).toBe('small')
        },
        true,
      )
      remove()
    },
  )

  it('loses nothing but the record that is damaged', async () => {
    const { path: directory, remove } = temporaryDirectory()
    const keys = Array.from({ length: 20 }, (_, index) => `key-${String(index).padStart(2, '0')}`)
    await withClient(directory, async (client) => {
      await client.makeBucket(bucket)
      for (const key of keys) await client.put(bucket, key, `bytes of ${key}`)
    })
    damageCommit(directory, 'bytes of key-05', 0)
    await expect(withClient(directory, async () => undefined)).rejects.toThrow(directory)
    await withClient(
      directory,
      async (client) => {
        for (const key of keys) {
          const { status, text } = await client.get(bucket, key)
          if (key === 'key-05') expect(status).toBe(404)
          else expect(text).toBe(`bytes of ${key}`)
        }
      },
      true,
    )
    remove()
  })

  it.each([-1, -60])('finds the records of a table whose byte %i is damaged', async (offset) => {
    const { path: directory, remove } = temporaryDirectory()
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`)
    await withClient(directory, async (client) => {
      await client.makeBucket(bucket)
      for (const key of keys) await client.put(bucket, key, `bytes of ${key} `.repeat(50))
    })
    await withClient(directory, async () => undefined)
    const [table = ''] = recordFiles(directory, /\.ldb$/)
    const bytes = readFileSync(table)
    const at = bytes.length + offset
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    writeFileSync(table, bytes)
    await expect(withClient(directory, async () => undefined)).rejects.toThrow(directory)
    await withClient(
      directory,
      async (client, repaired) => {
        expect(repaired?.lost).toEqual([])
        for (const key of keys) {
          expect((await client.get(bucket, key)).text).toBe(`bytes of ${key} `.repeat(50))
        }
      },
      true,
    )
    remove()
  })

  it('keeps the bytes that it cannot name as long as the damaged records', async () => {
    const directory = copyOfDirectory()
    rmSync(join(directory, 'records'), { recursive: true })
    const blobs = join(directory, 'blobs')
    for (const name of readdirSync(blobs, { recursive: true, encoding: 'utf8' })) {
      if (name.includes('/')) appendFileSync(join(blobs, name), 'more than was written')
    }
    const files = (): number => readdirSync(join(directory, 'quarantine')).length
    const nextDay = new Date(Date.now() + 25 * 60 * 60 * 1000)
    const startNextDay = async (): Promise<void> => {
      const options = { directory, durability: 'flush', now: () => nextDay } as const
      await (await startServer(options)).close()
    }
    const report = await withClient(directory, async (_, repaired) => repaired, true)
    expect(report?.rebuilt).toEqual([])
    expect(files()).toBe(6)
    await startNextDay()
    expect(files()).toBe(6)
    rmSync(join(directory, report?.damagedRecords ?? ''), { recursive: true })
    await startNextDay()
    expect(files()).toBe(0)
  })

  it('rebuilds what a torn log may have held when the witness cannot say', async () => {
    const directory = copyOfDirectory()
    await withClient(directory, (client) => client.put(bucket, 'late', large))
    const [log = ''] = recordFiles(directory, /\.log$/)
    writeFileSync(log, readFileSync(log).subarray(0, 40))
    writeFileSync(join(directory, 'witness'), Buffer.alloc(64))
    await expect(startServer({ directory })).rejects.toThrow(DamagedDirectoryError)
    const late = await withClient(directory, (client) => client.get(bucket, 'late'), true)
    expect(late.body.equals(large)).toBe(true)
  })

  it('repairs again while the clock stands still', async () => {
    const now = new Date()
    const directory = copyOfDirectory()
    const kept: (string | undefined)[] = []
    for (const name of ['CURRENT', 'CURRENT']) {
      rmSync(join(directory, 'records', name))
      const options = { directory, durability: 'flush', repair: true, now: () => now } as const
      await using server = await startServer(options)
      kept.push(server.repaired?.damagedRecords)
    }
    expect(new Set(readdirSync(directory).filter((name) => name.startsWith('damaged')))).toEqual(
      new Set(kept),
    )
    expect(new Set(kept).size).toBe(2)
  })

  it('leaves a directory alone that is not damaged', async () => {
    const before = await contents(original.path)
    const directory = copyOfDirectory()
    expect(await withClient(directory, async (_, repaired) => repaired, true)).toBe(undefined)
    expect(await contents(directory)).toEqual(before)
    expect(readdirSync(directory).filter((name) => name.startsWith('damaged'))).toEqual([])
  })

  it('needs a directory', async () => {
    await expect(startServer({ repair: true })).rejects.toThrow(TypeError)
  })

  it('can be ended at any step and begun again', async () => {
    const before = await contents(original.path)
    for (let step = 0; ; step += 1) {
      const directory = copyOfDirectory()
      rmSync(join(directory, 'records/CURRENT'))
      const ended = await repairThatEnds(directory, step)
      if (!ended) {
        expect(step).toBeGreaterThan(4)
        return
      }
      const start = withClient(directory, async () => 'started')
      const outcome = await start.catch((error: unknown) => error)
      // Once the new records are in their place, there is no damage left.
      if (outcome !== 'started') expect(outcome).toBeInstanceOf(DamagedDirectoryError)
      await withClient(directory, async () => undefined, true)
      expect(await contents(directory)).toEqual(before)
    }
  })
})

/** Repairs until the file system has changed a name or synced a directory `step` times. */
async function repairThatEnds(directory: string, step: number): Promise<boolean> {
  let left = step
  const count = (): void => {
    if (left === 0) throw new Error('the process ends')
    left -= 1
  }
  const files: FileSystem = {
    ...systemFiles,
    rename: async (from, to) => {
      count()
      await systemFiles.rename(from, to)
    },
    openToRead: async (path, options) => {
      if (options.followsLink && !path.endsWith('.json')) count()
      return systemFiles.openToRead(path, options)
    },
  }
  const options = { directory, durability: 'flush', region: 'us-east-1', repair: true } as const
  const parts = { now: () => new Date(), report: fail, files, newBlobId: randomId }
  try {
    const store = await openDiskStore({ ...options, ...parts })
    await store.close()
    return false
  } catch {
    return true
  }
}

function fail(error: unknown): void {
  throw error
}
