import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { startServer, type ServerOptions, type StowageServer } from '@stowage/server'
import { startServerIn } from '../src/server.ts'
import { systemFiles, type FileSystem } from '../src/store/file-system.ts'
import { randomId } from '../src/store/store.ts'
import { Witness } from '../src/store/witness.ts'
import { RawClient, RawConnection } from './support/raw-client.ts'
import { temporaryDirectory } from './support/stores.ts'

describe('a server on disk', () => {
  let directory: { path: string; remove: () => void }
  let defects: unknown[]

  beforeEach(() => {
    directory = temporaryDirectory()
    defects = []
  })

  afterEach(() => directory.remove())

  const start = (options: ServerOptions = {}): Promise<StowageServer> =>
    startServer({
      directory: directory.path,
      onDefect: (error) => defects.push(error),
      ...options,
    })

  async function withServer<T>(task: (client: RawClient) => Promise<T>): Promise<T> {
    const server = await start()
    const client = new RawClient(server)
    try {
      return await task(client)
    } finally {
      client.close()
      await server.close()
    }
  }

  function blobFiles(): string[] {
    const blobs = join(directory.path, 'blobs')
    return readdirSync(blobs).flatMap((shard) =>
      readdirSync(join(blobs, shard)).map((file) => join(blobs, shard, file)),
    )
  }

  const large = Buffer.alloc(300_000, 'large ')

  it('keeps everything over a restart', async () => {
    const etag = await withServer(async (client) => {
      await client.makeBucket('kept')
      await client.makeBucket('gone')
      await client.send({ method: 'DELETE', bucket: 'gone' })
      await client.put('kept', 'small', 'hello', { 'x-amz-meta-a': 'b' })
      await client.put('kept', 'deleted', large)
      await client.send({ method: 'DELETE', bucket: 'kept', key: 'deleted' })
      return (await client.put('kept', 'large', large)).headers.etag
    })
    await withServer(async (client) => {
      expect(await client.get('kept', 'small')).toMatchObject({
        text: 'hello',
        headers: { 'x-amz-meta-a': 'b' },
      })
      const read = await client.get('kept', 'large')
      expect(read.headers.etag).toBe(etag)
      expect(read.body.equals(large)).toBe(true)
      expect((await client.get('kept', 'deleted')).code).toBe('NoSuchKey')
      expect((await client.get('gone', 'x')).code).toBe('NoSuchBucket')
    })
    expect(blobFiles()).toHaveLength(1)
  })

  it('removes the bytes of what is overwritten, deleted or refused', async () => {
    await withServer(async (client) => {
      await client.makeBucket('bytes')
      await client.put('bytes', 'a', large)
      await client.put('bytes', 'a', large)
      await client.put('bytes', 'b', large)
      await client.send({ method: 'DELETE', bucket: 'bytes', key: 'b' })
      await client.put('bytes', 'c', large, { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' })
      await client.put('bytes', 'a', large, { 'if-none-match': '*' })
      const request = { method: 'PUT', bucket: 'bytes', key: 'd', payloadHash: 'UNSIGNED-PAYLOAD' }
      const cut = new RawConnection(client.server.port)
      cut.write(client.wireHead(request, { 'content-length': '1000000' }))
      cut.write(Buffer.alloc(600_000))
      await new Promise((resolve) => cut.socket.write('x', resolve))
      cut.destroy()
      await cut.untilClosed()
    })
    expect(blobFiles()).toHaveLength(1)
    expect(defects).toEqual([])
  })

  it('moves the files that no record names into quarantine when it starts', async () => {
    await withServer(async (client) => {
      await client.makeBucket('swept')
      await client.put('swept', 'a', large)
    })
    const orphan = join(directory.path, 'blobs', 'ab', `ab${'0'.repeat(30)}`)
    await mkdir(join(directory.path, 'blobs', 'ab'), { recursive: true })
    writeFileSync(orphan, 'left behind')
    await withServer(async (client) => {
      expect(existsSync(orphan)).toBe(false)
      expect((await client.get('swept', 'a')).status).toBe(200)
    })
    const [kept = ''] = readdirSync(join(directory.path, 'quarantine'))
    expect(readFileSync(join(directory.path, 'quarantine', kept), 'utf8')).toBe('left behind')
    const nextDay = new Date(Date.now() + 25 * 60 * 60 * 1000)
    await (await start({ now: () => nextDay })).close()
    expect(readdirSync(join(directory.path, 'quarantine'))).toEqual([])
  })

  it.each([false, true])(
    'brings back from quarantine what the records name after all (repairs: %s)',
    async (repair) => {
      const copies = join(directory.path, '..', `${basename(directory.path)}-copies`)
      const copy = (from: string, to: string): void => {
        for (const name of ['records', 'witness']) {
          rmSync(join(to, name), { recursive: true, force: true })
          cpSync(join(from, name), join(to, name), { recursive: true })
        }
      }
      try {
        await withServer((client) => client.makeBucket('restored'))
        copy(directory.path, join(copies, 'older'))
        await withServer((client) => client.put('restored', 'large', large))
        copy(directory.path, join(copies, 'newer'))

        copy(join(copies, 'older'), directory.path)
        await (await start()).close()
        expect(blobFiles()).toEqual([])
        copy(join(copies, 'newer'), directory.path)
        if (repair) rmSync(join(directory.path, 'records/CURRENT'))
        const nextDay = new Date(Date.now() + 25 * 60 * 60 * 1000)
        const server = await start({ now: () => nextDay, repair })
        expect(server.repaired?.lost ?? []).toEqual([])
        await server.close()
        await withServer(async (client) => {
          expect((await client.get('restored', 'large')).body.equals(large)).toBe(true)
        })
      } finally {
        rmSync(copies, { recursive: true, force: true })
      }
    },
  )

  it('starts where the quarantine cannot be made, and reports that', async () => {
    await withServer((client) => client.makeBucket('full'))
    const orphan = join(directory.path, 'blobs', 'ab', `ab${'0'.repeat(30)}`)
    await mkdir(join(directory.path, 'blobs', 'ab'), { recursive: true })
    writeFileSync(orphan, 'left behind')
    const failure = Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })
    const files: FileSystem = {
      ...systemFiles,
      makeDirectory: async (path, options) => {
        if (path.endsWith('quarantine')) throw failure
        await systemFiles.makeDirectory(path, options)
      },
    }
    const server = await startServerIn(
      { files, newBlobId: randomId },
      { directory: directory.path, onDefect: (error) => defects.push(error) },
    )
    await server.close()
    expect(defects).toEqual([failure])
    expect(existsSync(orphan)).toBe(true)
    await (await start()).close()
    expect(existsSync(orphan)).toBe(false)
  })

  it('never makes a path of a key, and lets nobody else read', async () => {
    await withServer(async (client) => {
      await client.makeBucket('paths')
      for (const key of ['../../escape', '/etc/escape', 'escape', '..']) {
        expect((await client.put('paths', key, large)).status).toBe(200)
      }
    })
    const files = blobFiles()
    expect(files).toHaveLength(4)
    for (const file of files) {
      expect(file).toMatch(/\/([0-9a-f]{2})\/\1[0-9a-f]{30}$/)
      expect(statSync(file).mode & 0o777).toBe(0o600)
    }
    expect(readdirSync(directory.path).sort()).toEqual([
      'blobs',
      'master-key',
      'records',
      'reserve',
      'stowage-server.json',
      'witness',
    ])
    expect(statSync(join(directory.path, 'blobs')).mode & 0o777).toBe(0o700)
  })

  it('has the directory to itself', async () => {
    const server = await start()
    await expect(start()).rejects.toThrow(directory.path)
    await server.close()
    await (await start()).close()
  })

  it('has the directory to itself, whatever path another server takes to it', async () => {
    const server = await start()
    const link = join(directory.path, '..', `${basename(directory.path)}-link`)
    symlinkSync(directory.path, link)
    try {
      for (const path of [link, relative(process.cwd(), directory.path), `${directory.path}/.`]) {
        await expect(start({ directory: path })).rejects.toThrow('another server')
      }
    } finally {
      rmSync(link)
      await server.close()
    }
  })

  /** What LevelDB says to another process that opens the records. */
  async function openElsewhere(): Promise<string> {
    const level = join(directory.path, 'records')
    const script = `import { ClassicLevel } from 'classic-level'
      await new ClassicLevel(${JSON.stringify(level)}).open().catch((error) => {
        console.log(error.cause?.code)
      })`
    const options = { cwd: import.meta.dirname }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', script],
      options,
    )
    return stdout.trim()
  }

  it('has it to itself among processes', async () => {
    const server = await start()
    expect(await openElsewhere()).toBe('LEVEL_LOCKED')
    await server.close()
  })

  it('has it to itself among processes after a second start in its own was refused', async () => {
    const server = await start()
    for (const repair of [false, true]) {
      await expect(start({ repair })).rejects.toThrow('another server')
    }
    expect(await openElsewhere()).toBe('LEVEL_LOCKED')
    await server.close()
  })

  it.skipIf(process.platform !== 'linux')(
    'gives the directory and its files back when a start fails (counted on Linux)',
    async () => {
      await (await start()).close()
      const openFiles = (): number => readdirSync('/proc/self/fd').length
      const failure = Object.assign(new Error('the disk does not answer'), { code: 'EIO' })
      const failures = [
        () => vi.spyOn(ClassicLevel.prototype, 'get').mockRejectedValueOnce(failure),
        () => vi.spyOn(Witness.prototype, 'writeBoth').mockRejectedValueOnce(failure),
      ]
      for (const fail of failures) {
        const before = openFiles()
        const spy = fail()
        await expect(start()).rejects.toThrow(failure)
        spy.mockRestore()
        expect(openFiles()).toBe(before)
        await (await start()).close()
      }
    },
  )

  it('leaves a directory alone that is not its own', async () => {
    const file = join(directory.path, 'thesis.txt')
    writeFileSync(file, 'text')
    await expect(start()).rejects.toThrow(directory.path)
    expect(readdirSync(directory.path)).toEqual(['thesis.txt'])
  })

  it.each([
    '',
    '{}',
    '{"format":"stowage-server","version":1}',
    '{"format":"stowage-server","version":2}',
    '{"format":"stowage-server","version":2,"state":"old"}',
    '{"format":"other","version":2,"state":"ready"}',
  ])('refuses the format %j', async (text) => {
    writeFileSync(join(directory.path, 'stowage-server.json'), text)
    await expect(start()).rejects.toThrow(directory.path)
    expect(readFileSync(join(directory.path, 'stowage-server.json'), 'utf8')).toBe(text)
  })

  it('starts where a start was cut short', async () => {
    writeFileSync(join(directory.path, 'stowage-server.json.new'), '{"for')
    await (await start()).close()
    expect(existsSync(join(directory.path, 'stowage-server.json'))).toBe(true)
  })

  it('follows no link in place of its directories', async () => {
    await (await start()).close()
    const blobs = join(directory.path, 'blobs')
    await rm(blobs, { recursive: true })
    symlinkSync('/tmp', blobs)
    await expect(start()).rejects.toThrow(blobs)
  })

  it('replaces an object whose bytes are damaged', async () => {
    await withServer(async (client) => {
      await client.makeBucket('rot')
      await client.put('rot', 'key', large)
      const [file = ''] = blobFiles()
      writeFileSync(file, readFileSync(file).subarray(0, 1000))
      expect(await client.get('rot', 'key')).toMatchObject({ status: 500, code: 'InternalError' })
      await client.put('rot', 'key', 'new')
      expect((await client.get('rot', 'key')).text).toBe('new')
    })
    expect(defects).toHaveLength(1)
  })
})
