import { createHash } from 'node:crypto'
import { link, open, readdir, readFile, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import { DownloadRecord } from '../../src/transfer/download-record.ts'
import { ourPartialName } from '../../src/transfer/partial-name.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
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

function partOf(index: number): Buffer {
  return content.subarray(index * rangeBytes, (index + 1) * rangeBytes)
}

function crc32Of(bytes: Buffer): string {
  const digest = Buffer.alloc(4)
  digest.writeUInt32BE(crc32(bytes))
  return digest.toString('base64')
}

/** One that is combined of those of ranges, and one that needs all bytes in order. */
const sums: Readonly<Record<string, string>> = {
  crc32: crc32Of(content),
  sha256: createHash('sha256').update(content).digest('base64'),
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

  it.each([true, false])(
    'is compared with the checksum of the whole (right: %s)',
    async (right) => {
      for (const [name, sum] of Object.entries(sums)) {
        await using(async (bench) => {
          const bytes = Buffer.from(content)
          if (!right) bytes[5] = 1 + (bytes[5] ?? 0)
          bench.store.place('/bkt/k', bytes, { [`x-amz-checksum-${name}`]: sum })
          await interrupted(bench, 9)
          if (right) expect(await bench.get()).toMatchObject({ verifiedBy: name })
          else expect(await failureOf(bench.get())).toMatchObject({ name: 'IntegrityError' })
          expect(bench.store.of('get')).toHaveLength(ranges - 9)
          if (right) await expectWhole(bench)
          else expect(await readdir(bench.folder)).toEqual([])
        })
      }
    },
  )

  it('ends with the signal while it reads what is there', async () => {
    await using folder = await temporaryFolder()
    const identity = { bucket: 'bkt', object: 'k', etag: 'e', versionId: undefined }
    const sizes = { sizeBytes: content.length, partBytes: rangeBytes }
    const file = await open(join(folder.path, 'file'), 'w+')
    try {
      await file.write(content)
      const record = new DownloadRecord(file, { ...identity, ...sizes })
      await record.begin()
      for (const index of [0, 1]) await record.finished(index, crc32(partOf(index)))
      const controller = new AbortController()
      const reason = new Error('enough')
      const begun: number[] = []
      const parts = record.verifiedParts((index) => {
        begun.push(index)
        return { update: () => controller.abort(reason), end: () => {} }
      }, controller.signal)
      expect(await failureOf(parts)).toBe(reason)
      expect(begun).toEqual([0, 1])
    } finally {
      await file.close()
    }
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

  it('is not gone on with in a file that has another name as well', async () => {
    await using(async (bench) => {
      const name = await interrupted(bench, 9)
      const other = join(bench.folder, 'other')
      await link(name, other)
      const before = await readFile(other)
      await bench.get()
      expect(bench.store.of('get')).toHaveLength(ranges)
      expect((await readFile(other)).equals(before)).toBe(true)
      expect((await readFile(bench.path)).equals(content)).toBe(true)
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
