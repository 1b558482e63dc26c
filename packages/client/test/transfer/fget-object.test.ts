import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  utimes,
  writeFile,
  type FileHandle,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import type { Client } from '../../src/client.ts'
import { sseC } from '../../src/request/sse.ts'
import type { FGetObjectOptions, DownloadResult } from '../../src/transfer/fget-object.ts'
import type { Progress } from '../../src/transfer/progress.ts'
import { freePartialName } from '../../src/transfer/partial-name.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { contentOf, mebibyte } from '../support/content.ts'
import { temporaryFolder } from '../support/folder.ts'
import { withoutLeaks } from '../support/leaks.ts'
import { PartStore, storeError, type SeenRequest } from '../support/part-store.ts'

const rangeBytes = 64 * 1024
/** Nothing is forbidden to root. */
const isRoot = process.getuid?.() === 0
const content = contentOf(10 * rangeBytes + 7)

interface Bench {
  readonly client: Client
  readonly store: PartStore
  readonly folder: string
  /** Where the object goes. */
  readonly path: string
  get(options?: FGetObjectOptions): Promise<DownloadResult>
}

async function using(test: (bench: Bench) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  await using store = await PartStore.start()
  store.place('/bkt/k', content)
  const client = clientOf(store.endpoint, { retry: { maxAttempts: 1 } })
  const path = join(folder.path, 'target é')
  const get: Bench['get'] = (options) =>
    client.fGetObject('bkt', 'k', path, { partSize: rangeBytes, ...options })
  await withoutLeaks(store, client, () => test({ client, store, folder: folder.path, path, get }))
}

function startOf({ headers }: SeenRequest): number {
  return Number(/^bytes=([0-9]+)-/.exec(headers.range ?? '')?.[1])
}

async function expectOnly(folder: string, ...names: string[]): Promise<void> {
  expect(await readdir(folder)).toEqual(names)
}

describe('a download', () => {
  it.each([
    0,
    1,
    rangeBytes - 1,
    rangeBytes,
    rangeBytes + 1,
    2 * rangeBytes,
    10 * rangeBytes + 7,
    11 * mebibyte,
    65 * mebibyte,
  ])('of %i bytes is whole, and alone in its folder', async (size) => {
    await using(async ({ store, folder, path, get }) => {
      const content = contentOf(size)
      store.place('/bkt/k', content)
      const reports: Progress[] = []
      const onProgress = (report: Progress): unknown => reports.push(report)
      const result = await get({ onProgress })
      expect(result).toMatchObject({ sizeBytes: size, etag: store.objects.get('/bkt/k')?.etag })
      expect((await readFile(path)).equals(content)).toBe(true)
      await expectOnly(folder, basename(path))
      const all = reports.map(({ transferred }) => transferred)
      expect(all).toEqual([...new Set(all)].sort((a, b) => a - b))
      expect(reports.at(-1)).toMatchObject({ transferred: size, total: size })
    })
  })

  it('reads every byte once, pinned to one ETag, so many ranges at a time', async () => {
    await using(async ({ store, get }) => {
      await get({ concurrency: 3 })
      const etag = `"${store.objects.get('/bkt/k')?.etag}"`
      const starts = store.of('get').map(startOf)
      expect(starts.sort((a, b) => a - b)).toEqual(
        Array.from({ length: 11 }, (_, index) => index * rangeBytes),
      )
      expect(store.of('get').every(({ headers }) => headers['if-match'] === etag)).toBe(true)
      expect(store.mostAtOnce).toBeLessThanOrEqual(3)
    })
  })

  it('carries a customer key and a version with every request', async () => {
    await using(async ({ store, get }) => {
      await get({ sse: sseC(Buffer.alloc(32, 1)) })
      const name = 'x-amz-server-side-encryption-customer-key'
      expect(store.seen.every(({ headers }) => headers[name] !== undefined)).toBe(true)
    })
  })

  it('makes the folders of its path', async () => {
    await using(async ({ client, folder }) => {
      const path = join(folder, 'a', 'b', 'c')
      await client.fGetObject('bkt', 'k', path)
      expect((await readFile(path)).equals(content)).toBe(true)
    })
  })

  it('has the mode of any other new file', async () => {
    await using(async ({ path, get }) => {
      await writeFile(`${path}.other`, '')
      await get()
      expect((await stat(path)).mode).toBe((await stat(`${path}.other`)).mode)
    })
  })

  it('is no more open than the file that it replaces', async () => {
    await using(async ({ path, get }) => {
      await writeFile(path, '', { mode: 0o600 })
      await get()
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      expect((await readFile(path)).equals(content)).toBe(true)
    })
  })

  it('by a name as long as names can be', async () => {
    await using(async ({ client, folder }) => {
      for (const name of ['x'.repeat(255), 'é'.repeat(127)]) {
        const path = join(folder, name)
        await client.fGetObject('bkt', 'k', path, { resume: true })
        expect((await readFile(path)).equals(content)).toBe(true)
      }
      const failure = await failureOf(
        client.fGetObject('bkt', 'k', join(folder, 'x'.repeat(256)), { resume: true }),
      )
      expect(failure).toMatchObject({ code: 'ENAMETOOLONG' })
      expect(await readdir(folder)).toHaveLength(2)
    })
  })
})

describe('what is verified', () => {
  const checksum = (bytes: Buffer): string => {
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(bytes))
    return sum.toString('base64')
  }
  it.each([true, false])(
    'is the CRC of the whole where there is one (right: %s)',
    async (right) => {
      await using(async ({ store, folder, path, get }) => {
        const bytes = Buffer.from(content)
        if (!right) bytes[3 * rangeBytes + 5] = 1 + (bytes[3 * rangeBytes + 5] ?? 0)
        store.place('/bkt/k', bytes, { 'x-amz-checksum-crc32': checksum(content) })
        if (right) {
          expect((await get({ concurrency: 4 })).verifiedBy).toBe('crc32')
          return
        }
        await writeFile(path, 'old')
        expect(await failureOf(get())).toMatchObject({ name: 'IntegrityError' })
        expect(await failureOf(get({ resume: true }))).toMatchObject({ name: 'IntegrityError' })
        expect(await readFile(path, 'utf8')).toBe('old')
        await expectOnly(folder, basename(path))
      })
    },
  )

  it.each([true, false])(
    'is the SHA-256 of the whole, of many ranges as well (right: %s)',
    async (right) => {
      await using(async ({ store, folder, path, get }) => {
        const bytes = Buffer.from(content)
        if (!right) bytes[3 * rangeBytes + 5] = 1 + (bytes[3 * rangeBytes + 5] ?? 0)
        const sum = createHash('sha256').update(content).digest('base64')
        store.place('/bkt/k', bytes, { 'x-amz-checksum-sha256': sum })
        for (const partSize of [rangeBytes, mebibyte]) {
          if (right) expect((await get({ partSize })).verifiedBy).toBe('sha256')
          else expect(await failureOf(get({ partSize }))).toMatchObject({ name: 'IntegrityError' })
        }
        await (right ? expectOnly(folder, basename(path)) : expectOnly(folder))
      })
    },
  )

  it('ends with the signal while a file is read back', async () => {
    await using(async ({ store, folder, get }) => {
      const sum = createHash('sha256').update(content).digest('base64')
      store.place('/bkt/k', content, { 'x-amz-checksum-sha256': sum })
      const controller = new AbortController()
      const reason = new Error('enough')
      const onProgress = ({ transferred, total }: Progress): void => {
        if (transferred === total) controller.abort(reason)
      }
      expect(await failureOf(get({ signal: controller.signal, onProgress }))).toBe(reason)
      await expectOnly(folder)
    })
  })

  it('is the ETag where it is that of the bytes, of one range', async () => {
    await using(async ({ store, folder, get }) => {
      expect((await get({ partSize: mebibyte })).verifiedBy).toBe('etag')
      expect((await get()).verifiedBy).toBe('length')
      const object = store.place('/bkt/k', content)
      store.objects.set('/bkt/k', { ...object, bytes: Buffer.alloc(content.length) })
      expect(await failureOf(get({ partSize: mebibyte }))).toMatchObject({ name: 'IntegrityError' })
      await expectOnly(folder, 'target é')
    })
  })

  it.each([
    ['an ETag of parts', { etag: 'a'.repeat(32) + '-3' }, {}],
    ['a key of the customer', {}, { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }],
    ['a key of the key service', {}, { 'x-amz-server-side-encryption': 'aws:kms' }],
    ['a checksum of parts', { etag: 'x' }, { 'x-amz-checksum-crc32': 'AAAAAA==-3' }],
    [
      'a composite checksum',
      { etag: 'x' },
      { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'COMPOSITE' },
    ],
  ])('is but the length for %s', async (_case, facts, headers) => {
    await using(async ({ store, get }) => {
      const object = store.place('/bkt/k', content, headers)
      store.objects.set('/bkt/k', { ...object, etag: 'f'.repeat(32), ...facts })
      expect((await get({ partSize: mebibyte })).verifiedBy).toBe('length')
    })
  })
})

describe('a store that', () => {
  type Trick = (bench: Bench) => void
  const isRange = (request: SeenRequest, index: number): boolean =>
    request.action === 'get' && startOf(request) === index * rangeBytes
  const answer = (request: SeenRequest, change: Record<string, string>, body?: Buffer): object => {
    const start = startOf(request)
    const bytes = body ?? content.subarray(start, start + rangeBytes)
    const range = `bytes ${start}-${start + bytes.length - 1}/${content.length}`
    return { status: 206, headers: { 'content-range': range, ...change }, body: bytes }
  }
  const tricks: Readonly<Record<string, readonly [Trick, object]>> = {
    'replaces the object': [
      ({ store }) => {
        store.mischief = (request) => {
          if (isRange(request, 2)) store.place('/bkt/k', Buffer.alloc(content.length))
          return undefined
        }
      },
      { code: 'PreconditionFailed' },
    ],
    'replaces the object, and heeds no condition': [
      ({ store }) => {
        store.mischief = (request) =>
          isRange(request, 2) ? (answer(request, { etag: '"other"' }) as never) : undefined
      },
      { name: 'IntegrityError' },
    ],
    'removes the object': [
      ({ store }) => {
        store.mischief = (request) => {
          if (isRange(request, 2)) store.objects.clear()
          return undefined
        }
      },
      { code: 'NoSuchKey' },
    ],
    'ignores the range': [
      ({ store }) => {
        store.mischief = (request) =>
          isRange(request, 2) ? { status: 200, body: content } : undefined
      },
      { name: 'InvalidResponseError' },
    ],
    'gives another range': [
      ({ store }) => {
        store.mischief = (request) =>
          isRange(request, 2)
            ? (answer(request, { 'content-range': `bytes 0-65535/${content.length}` }) as never)
            : undefined
      },
      { name: 'InvalidResponseError' },
    ],
    'gives a shorter range': [
      ({ store }) => {
        store.mischief = (request) => {
          if (!isRange(request, 2)) return undefined
          const bytes = content.subarray(startOf(request), startOf(request) + 5)
          return answer(request, {}, bytes) as never
        }
      },
      { name: 'InvalidResponseError' },
    ],
    'cuts the connection again and again': [
      ({ store }) => {
        store.mischief = (request) =>
          request.action === 'get' && startOf(request) >= 2 * rangeBytes ? 'cut' : undefined
      },
      { name: 'TransportError' },
    ],
    'refuses a range': [
      ({ store }) => {
        store.mischief = (request) =>
          isRange(request, 2) ? storeError(403, 'AccessDenied') : undefined
      },
      { code: 'AccessDenied' },
    ],
    'has no such object': [({ store }) => store.objects.clear(), { status: 404 }],
    'tells no size': [
      ({ store }) => {
        store.mischief = ({ action }) =>
          action === 'head'
            ? { status: 200, headers: { 'content-length': '0', 'x-amz-request-id': 'R1' } }
            : undefined
      },
      { name: 'IntegrityError' },
    ],
  }
  it.each(Object.entries(tricks))(
    '%s: is an error, the old file stays, and nothing beside it',
    async (_name, [trick, failure]) => {
      for (const concurrency of [1, 4]) {
        await using(async (bench) => {
          await writeFile(bench.path, 'old')
          trick(bench)
          expect(await failureOf(bench.get({ concurrency }))).toMatchObject(failure)
          expect(await readFile(bench.path, 'utf8')).toBe('old')
          await expectOnly(bench.folder, basename(bench.path))
        })
      }
    },
  )

  it('hangs, ends with the signal and with the deadline', async () => {
    await using(async ({ store, folder, get }) => {
      store.mischief = (request) => (isRange(request, 2) ? new Promise(() => {}) : undefined)
      const signal = AbortSignal.timeout(50)
      expect(await failureOf(get({ signal }))).toBe(signal.reason)
      expect(await failureOf(get({ timeout: 50 }))).toMatchObject({ kind: 'deadline' })
      await expectOnly(folder)
    })
  })
})

describe('the place', () => {
  it('that is a folder is refused', async () => {
    await using(async ({ folder, path, get }) => {
      await mkdir(path)
      expect(await failureOf(get())).toMatchObject({ argument: 'path' })
      await expectOnly(folder, basename(path))
    })
  })

  it('that can only be a folder is refused, and nothing is asked for', async () => {
    await using(async ({ client, folder, store }) => {
      const get = client.fGetObject('bkt', 'k', `${join(folder, 'new')}/`)
      expect(await failureOf(get)).toMatchObject({ argument: 'path' })
      expect(store.seen).toEqual([])
      await expectOnly(folder)
    })
  })

  // As with devices, which root could lose by it: /dev/null would become a file.
  it('that is a socket is refused, and nothing is asked for', async () => {
    await using(async ({ client, folder, store }) => {
      const path = join(folder, 'socket')
      const listener = createServer().listen(path)
      await once(listener, 'listening')
      expect(await failureOf(client.fGetObject('bkt', 'k', path))).toMatchObject({
        argument: 'path',
      })
      expect(store.seen).toEqual([])
      expect((await stat(path)).isSocket()).toBe(true)
      listener.close()
      await once(listener, 'close')
    })
  })

  it('that becomes a folder meanwhile is left as it is', async () => {
    for (const resume of [false, true]) {
      await using(async ({ store, folder, path, get }) => {
        store.mischief = async ({ action }) => {
          if (action === 'get') await mkdir(path, { recursive: true })
          return undefined
        }
        expect(await failureOf(get({ resume }))).toMatchObject({ code: 'EISDIR' })
        await expectOnly(folder, basename(path))
      })
    }
  })

  it('that is a symbolic link is replaced, and what it points to is not touched', async () => {
    await using(async ({ folder, path, get }) => {
      await writeFile(join(folder, 'other'), 'other')
      await symlink(join(folder, 'other'), path)
      await get()
      expect((await lstat(path)).isFile()).toBe(true)
      expect(await readFile(join(folder, 'other'), 'utf8')).toBe('other')
    })
  })

  it('below something that is no folder is the error of the file system', async () => {
    await using(async ({ client, folder }) => {
      await writeFile(join(folder, 'file'), 'x')
      const path = join(folder, 'file', 'target')
      expect(await failureOf(client.fGetObject('bkt', 'k', path))).toMatchObject({
        code: /ENOTDIR|EEXIST/,
      })
    })
  })

  it.each([false, true])(
    'without room on the disk keeps the old file (resume: %s)',
    async (resume) => {
      await using(async ({ client, store, folder, path, get }) => {
        await writeFile(path, 'old')
        const file = await open(path)
        await file.close()
        let writes = 0
        // All handles share their methods.
        const handles = Object.getPrototypeOf(file) as FileHandle
        const writev = vi.spyOn(handles, 'writev')
        writev.mockImplementation(async (chunks) => {
          if (++writes > 3) throw Object.assign(new Error('disk full'), { code: 'ENOSPC' })
          const bytesWritten = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
          return Promise.resolve({ bytesWritten, buffers: [] })
        })
        const failure = await failureOf(get({ resume })).finally(() => writev.mockRestore())
        expect(failure).toMatchObject({ code: 'ENOSPC' })
        expect(await readFile(path, 'utf8')).toBe('old')
        if (!resume) await expectOnly(folder, basename(path))
        store.seen.length = 0
        await client.fGetObject('bkt', 'k', path, { partSize: rangeBytes, resume })
        expect((await readFile(path)).equals(content)).toBe(true)
        await expectOnly(folder, basename(path))
      })
    },
  )

  it.skipIf(isRoot)('without permission is the error of the file system', async () => {
    await using(async ({ client, folder, store }) => {
      const closed = join(folder, 'closed')
      await mkdir(closed, { mode: 0o500 })
      const failure = await failureOf(client.fGetObject('bkt', 'k', join(closed, 'a')))
      expect(failure).toMatchObject({ code: 'EACCES' })
      expect(await readdir(closed)).toEqual([])
      expect(store.of('get')).toEqual([])
    })
  })

  it('holds the old file or the new one, whole, at any instant', async () => {
    await using(async ({ path, get }) => {
      const old = Buffer.alloc(5, 1)
      await writeFile(path, old)
      const state = { done: false }
      const download = get().finally(() => {
        state.done = true
      })
      while (!state.done) {
        const now = await readFile(path)
        expect(now.equals(old) || now.equals(content)).toBe(true)
      }
      await download
    })
  })

  it('of two downloads is that of one of them', async () => {
    for (const resume of [false, true]) {
      await using(async ({ client, store, folder, path }) => {
        const other = Buffer.alloc(content.length, 5)
        store.place('/bkt/other', other)
        const options = { partSize: rangeBytes, resume }
        await Promise.all(
          ['k', 'other', 'k', 'k'].map((key) => client.fGetObject('bkt', key, path, options)),
        )
        const now = await readFile(path)
        expect(now.equals(other) || now.equals(content)).toBe(true)
        await expectOnly(folder, basename(path))
      })
    }
  })
})

describe('names that somebody planted', () => {
  const plants: Readonly<Record<string, (name: string, victim: string) => Promise<unknown>>> = {
    'a symbolic link': (name, victim) => symlink(victim, name),
    'a hard link': (name, victim) => link(victim, name),
    'a folder': (name) => mkdir(name),
    'a FIFO': async (name) => execFileSync('mkfifo', [name]),
    'an empty file': (name) => writeFile(name, ''),
    'a file of garbage': (name) => writeFile(name, Buffer.alloc(rangeBytes, 7)),
    'a large file': async (name) => {
      const file = await open(name, 'w')
      await file.truncate(100 * content.length)
      await file.close()
    },
  }
  it.each(Object.entries(plants))('%s are not followed or used', async (_kind, plant) => {
    await using(async ({ folder, path, get }) => {
      const victim = join(folder, 'victim')
      await writeFile(victim, 'victim')
      await plant(freePartialName(path), victim)
      await get({ resume: true })
      expect((await readFile(path)).equals(content)).toBe(true)
      expect(await readFile(victim, 'utf8')).toBe('victim')
    })
  })

  it('that only look like ours are left alone', async () => {
    await using(async ({ folder, path, get }) => {
      const names = [
        `.${basename(path)}.stowage-part`,
        `${basename(freePartialName(path))}.txt`,
        basename(freePartialName(join(folder, 'another'))),
      ]
      for (const name of names) await writeFile(join(folder, name), 'x')
      await symlink('nowhere', join(folder, 'link'))
      await get()
      expect((await readdir(folder)).sort()).toEqual([...names, basename(path), 'link'].sort())
      expect(await readlink(join(folder, 'link'))).toBe('nowhere')
    })
  })

  it('of another machine are left alone for a day', async () => {
    await using(async ({ folder, path, get }) => {
      const foreign = freePartialName(path).replace('00000000-0-0', '01234567-1-1')
      await writeFile(foreign, 'x')
      await get({ resume: true })
      expect(await readdir(folder)).toHaveLength(2)
      const old = Date.now() / 1000 - 25 * 60 * 60
      await utimes(foreign, old, old)
      await get()
      await expectOnly(folder, basename(path))
    })
  })
})
