import { createHash } from 'node:crypto'
import { truncateSync, utimesSync } from 'node:fs'
import {
  appendFile,
  chmod,
  mkdir,
  open,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import type { ClientOptions } from '../../src/options.ts'
import { sseC } from '../../src/request/sse.ts'
import type { FPutObjectOptions } from '../../src/transfer/fput-object.ts'
import type { UploadState } from '../../src/transfer/upload-state.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { contentOf, mebibyte, partBytes } from '../support/content.ts'
import { temporaryFolder } from '../support/folder.ts'
import { withoutLeaks } from '../support/leaks.ts'
import { PartStore, storeError } from '../support/part-store.ts'

const content = contentOf(4 * partBytes + 3)

interface Bench {
  readonly client: Client
  readonly store: PartStore
  /** A file with the content. */
  readonly path: string
  put(options?: FPutObjectOptions): Promise<unknown>
}

async function using(test: (bench: Bench) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  await using store = await PartStore.start()
  const client = clientOf(store.endpoint, { retry: { maxAttempts: 1 } })
  const path = join(folder.path, 'a file é %20 #?')
  await writeFile(path, content)
  const put: Bench['put'] = (options) =>
    client.fPutObject('bkt', 'k', path, { partSize: partBytes, ...options })
  await withoutLeaks(store, client, () => test({ client, store, path, put }))
}

describe('a file', () => {
  const edges = [partBytes - 1, partBytes, partBytes + 1, 2 * partBytes]
  it.each([0, 1, ...edges, 11 * mebibyte, 65 * mebibyte])(
    'of %i bytes arrives whole, in parts without gaps',
    async (size) => {
      await using(async ({ path, store, put }) => {
        const content = contentOf(size)
        await truncate(path, 0)
        await writeFile(path, content)
        await put()
        expect(store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
        expect(store.of('put')).toHaveLength(size <= partBytes ? 1 : 0)
        const count = size <= partBytes ? 0 : Math.ceil(size / partBytes)
        expect(store.sentParts()).toEqual(Array.from({ length: count }, (_, index) => index + 1))
        const lengths = store.of('part').map(({ body }) => body.length)
        expect(Math.min(...lengths, partBytes)).toBeGreaterThan(0)
      })
    },
  )

  it('behind a symbolic link is what the link points to', async () => {
    await using(async ({ client, path, store }) => {
      await symlink(path, `${path}.link`)
      await client.fPutObject('bkt', 'k', `${path}.link`)
      expect(store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
    })
  })

  it('that is none is refused, and nothing is sent', async () => {
    await using(async ({ client, path, store }) => {
      await mkdir(`${path}.d`)
      const put = (name: string): Promise<unknown> => failureOf(client.fPutObject('bkt', 'k', name))
      expect(await put(`${path}.d`)).toMatchObject({ argument: 'path' })
      expect(await put('/dev/null')).toMatchObject({ argument: 'path' })
      expect(await put('')).toMatchObject({ argument: 'path' })
      expect(await put(`${path}.nothing`)).toMatchObject({ code: 'ENOENT' })
      expect(store.seen).toEqual([])
    })
  })

  it.skipIf(process.getuid?.() === 0)(
    'that may not be read is refused, and nothing is sent',
    async () => {
      await using(async ({ path, store, put }) => {
        await chmod(path, 0o200)
        expect(await failureOf(put())).toMatchObject({ code: 'EACCES' })
        expect(store.seen).toEqual([])
      })
    },
  )

  const changes: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
    'is appended to': (path) => appendFile(path, 'x'),
    'is cut': (path) => truncate(path, partBytes + 1),
    'is emptied': (path) => truncate(path, 0),
    'is overwritten': async (path) => {
      const file = await open(path, 'r+')
      await file.write(Buffer.from('other'), 0, 5, 0)
      await file.close()
    },
    'is touched': (path) => utimes(path, 1, 1),
  }
  it.each(Object.entries(changes))('that %s meanwhile stores nothing', async (_how, change) => {
    await using(async ({ path, store, put }) => {
      store.mischief = async ({ action, partNumber }) => {
        if (action === 'part' && partNumber === 1) await change(path)
        return undefined
      }
      const failure = await failureOf(put({ concurrency: 1 }))
      expect(failure).toMatchObject({ name: 'IntegrityError' })
      expect(store.objects.size).toBe(0)
      expect(store.uploads.size).toBe(0)
    })
  })
})

describe('a file that another one takes the place of meanwhile', () => {
  it('arrives as it was when it was opened', async () => {
    await using(async ({ path, store, put }) => {
      store.mischief = async ({ action, partNumber }) => {
        if (action !== 'part' || partNumber !== 1) return undefined
        await writeFile(`${path}.new`, Buffer.alloc(content.length))
        await rename(`${path}.new`, path)
        return undefined
      }
      await put({ concurrency: 1 })
      expect(store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
    })
  })

  it('or is removed, as well', async () => {
    await using(async ({ path, store, put }) => {
      store.mischief = async ({ action }) => {
        if (action === 'part') await rm(path, { force: true })
        return undefined
      }
      await put({ concurrency: 1 })
      expect(store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
    })
  })
})

describe('a part of a file that is too large to be held', () => {
  const sizeBytes = 65 * mebibyte
  const whole: FPutObjectOptions = { partSize: 100 * mebibyte }
  async function usingLarge(
    test: (bench: Bench) => Promise<void>,
    options: Partial<ClientOptions> = {},
  ): Promise<void> {
    await using(async (bench) => {
      await writeFile(bench.path, contentOf(sizeBytes))
      await using client = clientOf(bench.store.endpoint, options)
      const put: Bench['put'] = (more) =>
        client.fPutObject('bkt', 'k', bench.path, { ...whole, ...more })
      await test({ ...bench, put })
    })
  }

  it.each(['auto', 'never'] as const)('is sent again as it is (signed: %s)', async (signing) => {
    await usingLarge(
      async ({ store, put }) => {
        store.mischief = ({ earlier }) => (earlier === 0 ? 'lost' : undefined)
        await put()
        expect(store.of('put')).toHaveLength(2)
        expect(store.objects.get('/bkt/k')?.bytes.equals(contentOf(sizeBytes))).toBe(true)
        const sha256 = createHash('sha256').update(contentOf(sizeBytes)).digest('hex')
        const hashes = store.of('put').map(({ headers }) => headers['x-amz-content-sha256'])
        const expected = signing === 'auto' ? sha256 : 'UNSIGNED-PAYLOAD'
        expect(hashes).toEqual([expected, expected])
      },
      { payloadSigning: signing },
    )
  })

  it.each(['auto', 'never'] as const)(
    'is no success where the file is cut meanwhile (signed: %s)',
    async (payloadSigning) => {
      const options: Partial<ClientOptions> = {
        payloadSigning,
        // Behind the hash, which has seen the whole.
        onRequest: () => truncateSync(cut, mebibyte),
      }
      let cut = ''
      await usingLarge(async ({ store, path, put }) => {
        cut = path
        expect(await failureOf(put())).toMatchObject({ name: 'IntegrityError' })
        expect(store.objects.size).toBe(0)
        expect(store.seen).toEqual([])
      }, options)
    },
  )

  it('is no success where the file is written to meanwhile', async () => {
    await usingLarge(
      async ({ store, path, put }) => {
        const state = { sent: 0 }
        const watch = setInterval(() => {
          if (store.receivedBytes > 0 && state.sent++ === 0) utimesSync(path, 1, 1)
        }, 0)
        expect(await failureOf(put())).toMatchObject({ name: 'IntegrityError' })
        clearInterval(watch)
        expect(store.objects.size).toBe(0)
        expect(store.seen).toEqual([])
      },
      { payloadSigning: 'never' },
    )
  })

  it('ends with the signal while it is read', async () => {
    await usingLarge(async ({ store, put }) => {
      for (const afterMs of [0, 5, 20, 60]) {
        const signal = AbortSignal.timeout(afterMs)
        const outcome = await put({ signal }).catch((error: unknown) => error)
        if (store.objects.size === 0) expect(outcome).toBe(signal.reason)
        store.objects.clear()
      }
    })
  })
})

/** A state that has gone through a file or over a wire. */
function kept(state: UploadState | undefined): UploadState {
  return JSON.parse(JSON.stringify(state)) as UploadState
}

/** Lets an upload fail at a part, and gives the last state of it. */
async function interrupted(
  { store, put }: Bench,
  failing = 3,
  options: FPutObjectOptions = {},
): Promise<UploadState> {
  const states: UploadState[] = []
  store.mischief = ({ action, partNumber }) =>
    action === 'part' && partNumber === failing ? storeError(403, 'AccessDenied') : undefined
  const onState = (state: UploadState): unknown => states.push(state)
  expect(await failureOf(put({ concurrency: 1, ...options, onState }))).toMatchObject({
    code: 'AccessDenied',
  })
  store.mischief = () => undefined
  store.seen.length = 0
  expect(store.uploads.size).toBe(1)
  return kept(states.at(-1))
}

describe('an upload that is resumed', () => {
  it('sends only what is missing', async () => {
    await using(async (bench) => {
      const { store, put } = bench
      const state = await interrupted(bench)
      expect(state.parts.map(({ partNumber }) => partNumber)).toEqual([1, 2])
      await put({ resumeFrom: state })
      expect(store.of('initiate')).toEqual([])
      expect(store.sentParts()).toEqual([3, 4, 5])
      expect(store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
      expect(store.uploads.size).toBe(0)
    })
  })

  it('keeps its part size, and its customer key with every request', async () => {
    await using(async (bench) => {
      const sse = sseC(Buffer.alloc(32, 1))
      const state = await interrupted(bench, 3, { sse })
      await bench.put({ resumeFrom: state, partSize: 2 * partBytes, sse })
      expect(bench.store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
      expect(bench.store.seen.map(({ action }) => action)).toContain('list')
      const name = 'x-amz-server-side-encryption-customer-key'
      expect(bench.store.seen.every(({ headers }) => headers[name] !== undefined)).toBe(true)
    })
  })

  it('tells all that is there, from the start', async () => {
    await using(async (bench) => {
      const state = await interrupted(bench)
      const numbers: number[][] = []
      const onState = ({ parts }: UploadState): unknown =>
        numbers.push(parts.map(({ partNumber }) => partNumber))
      await bench.put({ resumeFrom: state, onState, concurrency: 1 })
      expect(numbers[0]).toEqual([1, 2])
      expect(numbers.at(-1)).toEqual([1, 2, 3, 4, 5])
      expect(numbers.every((all) => all.length >= 2)).toBe(true)
    })
  })

  it('counts a part that was stored but not noted', async () => {
    await using(async (bench) => {
      const state = await interrupted(bench)
      await bench.put({ resumeFrom: { ...state, parts: state.parts.slice(0, 1) } })
      expect(bench.store.sentParts()).toEqual([3, 4, 5])
      expect(bench.store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
    })
  })

  it('sends a part again that the store has lost, or has not in this form', async () => {
    await using(async (bench) => {
      const state = await interrupted(bench)
      const upload = bench.store.uploads.get(state.uploadId)
      upload?.parts.delete(1)
      // Not noted, and not what it should be: an attempt that was cut, or somebody else's.
      upload?.parts.set(3, { bytes: Buffer.alloc(partBytes), etag: 'f'.repeat(32) })
      upload?.parts.set(4, { bytes: Buffer.from('x'), etag: 'f'.repeat(32) })
      await bench.put({ resumeFrom: state })
      expect(bench.store.sentParts()).toEqual([1, 3, 4, 5])
      expect(bench.store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
    })
  })

  it('does not go on where somebody else has written', async () => {
    await using(async (bench) => {
      const state = await interrupted(bench)
      const parts = bench.store.uploads.get(state.uploadId)?.parts
      parts?.set(2, { bytes: Buffer.alloc(partBytes), etag: 'f'.repeat(32) })
      const failure = await failureOf(bench.put({ resumeFrom: state }))
      expect(failure).toMatchObject({ name: 'IntegrityError' })
      expect(bench.store.of('part')).toEqual([])
      expect(bench.store.objects.size).toBe(0)
    })
  })

  it('does not go on with another file', async () => {
    await using(async (bench) => {
      const state = await interrupted(bench)
      await utimes(bench.path, 1, 1)
      const failure = await failureOf(bench.put({ resumeFrom: state }))
      expect(failure).toMatchObject({ name: 'IntegrityError' })
      expect(bench.store.seen).toEqual([])
    })
  })

  it('does not go on with a file that only looks the same', async () => {
    await using(async (bench) => {
      const state = await interrupted(bench)
      const other = Buffer.from(content)
      other[0] = 1 + (other[0] ?? 0)
      await writeFile(bench.path, other)
      // The time of the last change is what it was: the part's own hash has to tell.
      const file = await open(bench.path, 'r')
      const { mtimeNs } = await file.stat({ bigint: true })
      await file.close()
      const source = { ...state.source, mtimeNs: String(mtimeNs) }
      const failure = await failureOf(bench.put({ resumeFrom: { ...state, source } }))
      expect(failure).toMatchObject({ name: 'IntegrityError' })
      expect(bench.store.objects.size).toBe(0)
    })
  })

  it('refuses what is no state of this object, before anything is sent', async () => {
    await using(async (bench) => {
      const state = await interrupted(bench)
      const wrong: readonly object[] = [
        { ...state, object: 'other' },
        { ...state, bucket: 'other' },
        { ...state, version: 2 },
        { ...state, parts: 'all' },
        { ...state, parts: [{ partNumber: 0 }] },
        { ...state, parts: [null] },
        { ...state, uploadId: '' },
        { ...state, partSize: 1 },
        { ...state, source: undefined },
        {},
      ]
      for (const resumeFrom of wrong) {
        const call = bench.put({ resumeFrom: resumeFrom as UploadState })
        expect(await failureOf(call)).toMatchObject({ name: 'InvalidArgumentError' })
      }
      expect(bench.store.seen).toEqual([])
    })
  })

  it('that is gone from the store says so', async () => {
    await using(async (bench) => {
      const state = await interrupted(bench)
      bench.store.uploads.clear()
      const failure = await failureOf(bench.put({ resumeFrom: state }))
      expect(failure).toMatchObject({ code: 'NoSuchUpload' })
    })
  })

  it('holds no secret in its state', async () => {
    await using(async (bench) => {
      const key = Buffer.alloc(32, 9)
      const state = await interrupted(bench, 3, { sse: sseC(key) })
      expect(JSON.stringify(state)).not.toContain(key.toString('base64'))
      expect(Object.keys(state).sort()).toEqual(
        ['bucket', 'object', 'partSize', 'parts', 'source', 'uploadId', 'version'].sort(),
      )
    })
  })

  it('survives interruption after interruption', async () => {
    await using(async (bench) => {
      let state = await interrupted(bench, 1)
      for (let failing = 2; failing <= 5; failing++) {
        state = await interrupted(bench, failing, { resumeFrom: state })
        expect(state.parts).toHaveLength(failing - 1)
      }
      await bench.put({ resumeFrom: state })
      expect(bench.store.sentParts()).toEqual([5])
      expect(bench.store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
    })
  })
})
