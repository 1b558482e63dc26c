import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import { ourPartialName } from '../../src/transfer/partial-name.ts'
import { clientOf, failureOf, keys } from '../support/assembled.ts'
import { contentOf } from '../support/content.ts'
import { temporaryFolder } from '../support/folder.ts'
import { PartStore, storeError, type SeenRequest } from '../support/part-store.ts'

const rangeBytes = 64 * 1024
const ranges = 40
const content = contentOf(ranges * rangeBytes - 9)

interface Bench {
  readonly client: Client
  readonly store: PartStore
  readonly folder: string
  readonly path: string
  get(concurrency?: number): Promise<unknown>
}

async function using(test: (bench: Bench) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  await using store = await PartStore.start()
  store.place('/bkt/k', content)
  await using client = clientOf(store.endpoint, { retry: { maxAttempts: 1 } })
  const path = join(folder.path, 'target')
  const get: Bench['get'] = (concurrency = 1) =>
    client.fGetObject('bkt', 'k', path, { partSize: rangeBytes, concurrency, resume: true })
  await test({ client, store, folder: folder.path, path, get })
}

function indexOf({ headers }: SeenRequest): number {
  return Number(/^bytes=([0-9]+)-/.exec(headers.range ?? '')?.[1]) / rangeBytes
}

/** Lets a download fail at a range; the file that it left. */
async function interrupted({ store, folder, get }: Bench, failing: number): Promise<string> {
  store.mischief = (request) =>
    request.action === 'get' && indexOf(request) === failing
      ? storeError(403, 'AccessDenied')
      : undefined
  expect(await failureOf(get())).toMatchObject({ code: 'AccessDenied' })
  store.mischief = () => undefined
  store.seen.length = 0
  const [name = ''] = await readdir(folder)
  return join(folder, name)
}

async function expectWhole({ folder, path }: Bench): Promise<void> {
  expect((await readFile(path)).equals(content)).toBe(true)
  expect(await readdir(folder)).toEqual([basename(path)])
}

describe('a download that failed', () => {
  it.each([1, 17, ranges - 1])('at range %i goes on there', async (failing) => {
    await using(async (bench) => {
      await interrupted(bench, failing)
      await bench.get()
      const fetched = bench.store.of('get').map(indexOf)
      expect(fetched).toEqual(Array.from({ length: ranges - failing }, (_, at) => failing + at))
      await expectWhole(bench)
    })
  })

  it('again and again goes on again and again', async () => {
    await using(async (bench) => {
      for (const failing of [3, 9, 20]) await interrupted(bench, failing)
      await bench.get()
      expect(bench.store.of('get')).toHaveLength(ranges - 20)
      await expectWhole(bench)
    })
  })

  it('leaves nothing to others that do not resume', async () => {
    await using(async (bench) => {
      await interrupted(bench, 9)
      await bench.client.fGetObject('bkt', 'k', bench.path, { partSize: rangeBytes })
      expect(bench.store.of('get')).toHaveLength(ranges)
      await expectWhole(bench)
    })
  })

  it('fetches again what the disk has lost', async () => {
    await using(async (bench) => {
      const name = await interrupted(bench, 9)
      const file = await open(name, 'r+')
      await file.write(Buffer.alloc(rangeBytes), 0, rangeBytes, 4 * rangeBytes)
      await file.close()
      await bench.get()
      expect(bench.store.of('get').map(indexOf).slice(0, 2)).toEqual([4, 9])
      await expectWhole(bench)
    })
  })

  it('begins anew where its record is damaged, cut or of something else', async () => {
    await using(async (bench) => {
      for (const damage of ['cut', 'flip', 'empty', 'grow'] as const) {
        const name = await interrupted(bench, 9)
        const file = await open(name, 'r+')
        const { size } = await file.stat()
        if (damage === 'cut') await file.truncate(size - 1)
        if (damage === 'empty') await file.truncate(0)
        if (damage === 'grow') await file.truncate(size + 16)
        if (damage === 'flip') await file.write('X', size - 30)
        await file.close()
        await bench.get()
        expect(bench.store.of('get')).toHaveLength(ranges)
        await expectWhole(bench)
      }
    })
  })

  it('begins anew when the object is another one', async () => {
    await using(async (bench) => {
      await interrupted(bench, 9)
      const other = Buffer.alloc(content.length, 3)
      bench.store.place('/bkt/k', other)
      await bench.get()
      expect(bench.store.of('get')).toHaveLength(ranges)
      expect((await readFile(bench.path)).equals(other)).toBe(true)
      expect(await readdir(bench.folder)).toEqual([basename(bench.path)])
    })
  })

  it('begins anew with ranges of another size', async () => {
    await using(async (bench) => {
      await interrupted(bench, 9)
      const options = { partSize: 2 * rangeBytes, resume: true }
      await bench.client.fGetObject('bkt', 'k', bench.path, options)
      expect(bench.store.of('get')).toHaveLength(ranges / 2)
      await expectWhole(bench)
    })
  })

  it('is taken over by one of several', async () => {
    await using(async (bench) => {
      await interrupted(bench, 9)
      await Promise.all([bench.get(), bench.get(), bench.get()])
      // One went on; the others began anew.
      expect(bench.store.of('get')).toHaveLength(3 * ranges - 9)
      await expectWhole(bench)
    })
  })

  it('in an earlier life of the same process id goes on, one under way is left alone', async () => {
    await using(async (bench) => {
      const left = await interrupted(bench, 9)
      const underWay = ourPartialName(bench.path)
      await rename(left, underWay)
      await bench.get()
      expect(bench.store.of('get')).toHaveLength(ranges)
      expect(await readdir(bench.folder)).toHaveLength(2)
      // The process began long before: a container has but one process id.
      const earlier = underWay.replace(/-([0-9]+)\./, (_, start) => `-${Number(start) + 99}.`)
      await rename(underWay, earlier)
      bench.store.seen.length = 0
      await bench.get()
      expect(bench.store.of('get')).toHaveLength(ranges - 9)
      await expectWhole(bench)
    })
  })
})

// The process that is killed runs what `npm run build` made: Node runs no TypeScript by itself.
const built = join(import.meta.dirname, '../../dist/index.js')

/** A process of its own that downloads. */
function spawnDownload(endpoint: string, path: string): ChildProcess {
  const script = `
    import { Client } from ${JSON.stringify(pathToFileURL(built).href)}
    const client = new Client(${JSON.stringify({ endpoint, ...keys })})
    const options = { partSize: ${rangeBytes}, concurrency: 2, resume: true }
    await client.fGetObject('bkt', 'k', ${JSON.stringify(path)}, options)
    await client.close()`
  const args = ['--input-type=module', '--eval', script]
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

describe.skipIf(!existsSync(built))('a killed process (skipped where nothing is built)', () => {
  it('leaves the old file or the new one, and what the next download goes on with', async () => {
    // A generator of one's own, for the same moments every time.
    let seed = 42
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    let resumed = 0
    await using(async (bench) => {
      const { store, folder, path } = bench
      for (let round = 0; round < 20; round++) {
        await writeFile(path, 'old')
        store.seen.length = 0
        const killAt = Math.floor(random() * (ranges + 2))
        const pauseMs = Math.floor(random() * 4)
        const child = spawnDownload(store.endpoint, path)
        store.mischief = async () => {
          if (store.of('get').length < killAt) return undefined
          if (pauseMs > 0) await pause(pauseMs)
          child.kill('SIGKILL')
          return undefined
        }
        await once(child, 'exit')
        const now = await readFile(path)
        expect(now.equals(Buffer.from('old')) || now.equals(content)).toBe(true)
        expect((await readdir(folder)).length).toBeLessThanOrEqual(2)
        store.mischief = () => undefined
        store.seen.length = 0
        await bench.get(4)
        if (store.of('get').length < ranges) resumed++
        await expectWhole(bench)
      }
    })
    expect(resumed).toBeGreaterThan(10)
  }, 120_000)
})
