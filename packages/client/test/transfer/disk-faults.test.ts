import { open, readdir, readFile, writeFile, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { clientOf, failureOf } from '../support/assembled.ts'
import { contentOf, partBytes } from '../support/content.ts'
import { temporaryFolder } from '../support/folder.ts'
import { withoutLeaks } from '../support/leaks.ts'
import { PartStore } from '../support/part-store.ts'

const rangeBytes = 64 * 1024
const content = contentOf(5 * rangeBytes + 3)
const old = 'old'

type Call = 'read' | 'stat' | 'sync' | 'truncate' | 'write' | 'writev'

/** What all handles of files have their methods from. */
async function handlePrototype(path: string): Promise<FileHandle> {
  const file = await open(path)
  await file.close()
  return Object.getPrototypeOf(file) as FileHandle
}

/** Lets the nth call of a method of all files fail, from 1, as a disk would. */
async function failing(path: string, method: Call, nth: number, code: string): Promise<void> {
  const prototype = await handlePrototype(path)
  // The types of so many overloads are of no use here.
  const real = prototype[method] as (...all: unknown[]) => Promise<unknown>
  let calls = 0
  vi.spyOn(prototype, method as 'sync').mockImplementation(function (
    this: FileHandle,
    ...all: unknown[]
  ) {
    if (++calls !== nth) return real.apply(this, all) as Promise<never>
    return Promise.reject(Object.assign(new Error(`${code}: as the test says`), { code }))
  })
}

afterEach(() => vi.restoreAllMocks())

describe('a download whose disk fails', () => {
  const faults: readonly (readonly [Call, number])[] = [
    ['writev', 1],
    ['writev', 3],
    ['writev', 6],
    ['truncate', 1],
    ['sync', 1],
  ]
  const cases = faults.flatMap(([method, nth]) =>
    ['ENOSPC', 'EIO', 'EDQUOT'].map((code) => [method, nth, code] as const),
  )

  it.each(cases)('at %s %i with %s leaves the old file alone', async (method, nth, code) => {
    for (const concurrency of [1, 4]) {
      await using folder = await temporaryFolder()
      await using store = await PartStore.start()
      store.place('/bkt/k', content)
      const path = join(folder.path, 'target')
      await writeFile(path, old)
      const client = clientOf(store.endpoint)
      await withoutLeaks(store, client, async () => {
        await failing(path, method, nth, code)
        const options = { partSize: rangeBytes, concurrency }
        expect(await failureOf(client.fGetObject('bkt', 'k', path, options))).toMatchObject({
          code,
        })
        vi.restoreAllMocks()
        expect(await readFile(path, 'utf8')).toBe(old)
        expect(await readdir(folder.path)).toEqual([basename(path)])
      })
    }
  })

  it('while it can be resumed leaves at most what the next one goes on with', async () => {
    for (const [method, nth] of faults) {
      await using folder = await temporaryFolder()
      await using store = await PartStore.start()
      await using client = clientOf(store.endpoint)
      store.place('/bkt/k', content)
      const path = join(folder.path, 'target')
      await writeFile(path, old)
      const options = { partSize: rangeBytes, concurrency: 2, resume: true }
      await failing(path, method, nth, 'EIO')
      expect(await failureOf(client.fGetObject('bkt', 'k', path, options))).toMatchObject({
        code: 'EIO',
      })
      vi.restoreAllMocks()
      expect(await readFile(path, 'utf8')).toBe(old)
      await client.fGetObject('bkt', 'k', path, options)
      expect((await readFile(path)).equals(content)).toBe(true)
      expect(await readdir(folder.path)).toEqual([basename(path)])
    }
  })

  it('by writing less than it was given gets the rest again', async () => {
    await using folder = await temporaryFolder()
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    store.place('/bkt/k', content)
    const path = join(folder.path, 'target')
    await writeFile(path, old)
    const prototype = await handlePrototype(path)
    const real = prototype.write as (...all: unknown[]) => Promise<{ bytesWritten: number }>
    vi.spyOn(prototype, 'writev').mockImplementation(async function (
      this: FileHandle,
      chunks,
      position,
    ) {
      const [first] = chunks as [Uint8Array]
      const length = Math.ceil(first.length / 3)
      const { bytesWritten } = await real.call(this, first, 0, length, position)
      return { bytesWritten, buffers: chunks }
    })
    await client.fGetObject('bkt', 'k', path, { partSize: rangeBytes })
    vi.restoreAllMocks()
    expect((await readFile(path)).equals(content)).toBe(true)
  })
})

describe('an upload whose file cannot be read', () => {
  const faults: readonly (readonly [Call, number])[] = [
    ['stat', 1],
    ['read', 1],
    ['read', 2],
    ['stat', 2],
  ]
  it.each(faults)('at %s %i stores nothing and leaves nothing', async (method, nth) => {
    await using folder = await temporaryFolder()
    await using store = await PartStore.start()
    const path = join(folder.path, 'source')
    await writeFile(path, contentOf(2 * partBytes))
    const client = clientOf(store.endpoint)
    await withoutLeaks(store, client, async () => {
      await failing(path, method, nth, 'EIO')
      const options = { partSize: partBytes, concurrency: 1 }
      expect(await failureOf(client.fPutObject('bkt', 'k', path, options))).toMatchObject({
        code: 'EIO',
      })
      expect(store.objects.size).toBe(0)
      expect(store.uploads.size).toBe(0)
    })
  })
})
