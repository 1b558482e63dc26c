import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BufferPool } from '../../src/transfer/buffer-pool.ts'
import { sseC, sseKms, type Sse } from '../../src/request/sse.ts'
import type { ObjectData } from '../../src/request/source-body.ts'
import type { Progress } from '../../src/transfer/progress.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { contentOf, mebibyte, partBytes, piecesOf } from '../support/content.ts'
import { PartStore, storeError } from '../support/part-store.ts'

afterEach(() => vi.restoreAllMocks())

const content = contentOf(6 * partBytes + 1)

describe('parts at the same time', () => {
  it.each([1, 2, 4, 64])('are at most %i, and as many where there is work', async (concurrency) => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const expected = Math.min(concurrency, 7)
    let arrived = 0
    let allArrived = (): void => {}
    const together = new Promise<undefined>((resolve) => {
      allArrived = () => resolve(undefined)
    })
    store.mischief = ({ action }) => {
      if (action !== 'part') return undefined
      if (++arrived === expected) setTimeout(allArrived, 20)
      return together
    }
    const warnings: unknown[] = []
    const onWarning = (warning: unknown): unknown => warnings.push(warning)
    process.on('warning', onWarning)
    await client.putObject('bkt', 'k', content, { partSize: partBytes, concurrency })
    await pause(1)
    process.off('warning', onWarning)
    expect(store.mostAtOnce).toBe(expected)
    expect(warnings).toEqual([])
  })

  it.each([1, 3])('(%i) need but one buffer more', async (concurrency) => {
    const buffers = new Set<Buffer>()
    const take = BufferPool.prototype.take
    vi.spyOn(BufferPool.prototype, 'take').mockImplementation(function (this: BufferPool, size) {
      const buffer = take.call(this, size)
      if (buffer.length === partBytes) buffers.add(buffer)
      return buffer
    })
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const pieces = (): Generator<Uint8Array> => piecesOf(content, mebibyte)
    for (const data of [pieces(), Readable.from(pieces()), ReadableStream.from(pieces())]) {
      buffers.clear()
      await client.putObject('bkt', 'k', data, { partSize: partBytes, concurrency })
      expect(buffers.size).toBeLessThanOrEqual(concurrency + 1)
      expect(store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
    }
  })

  it('keep a fast source waiting for a slow store', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    let given = 0
    let sent = 0
    let mostAhead = 0
    store.mischief = async ({ action, body }) => {
      if (action !== 'part') return undefined
      await pause(10)
      sent += body.length
      return undefined
    }
    const source = (function* () {
      for (const piece of piecesOf(content, mebibyte)) {
        mostAhead = Math.max(mostAhead, given - sent)
        yield piece
        given += piece.length
      }
    })()
    await client.putObject('bkt', 'k', source, { partSize: partBytes, concurrency: 2 })
    expect(mostAhead).toBeLessThanOrEqual(3 * partBytes + mebibyte)
  })

  it('of two uploads to one key do not mix', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const all = [content, content.subarray(mebibyte)]
    const etags = await Promise.all(
      all.map(async (data) => {
        const source = piecesOf(data, mebibyte)
        return (await client.putObject('bkt', 'k', source, { partSize: partBytes })).etag
      }),
    )
    const stored = store.objects.get('/bkt/k')
    expect(etags).toContain(stored?.etag)
    expect(all.some((data) => stored?.bytes.equals(data))).toBe(true)
  })
})

describe('progress', () => {
  it.each<[string, ObjectData, number | undefined, number]>([
    ['bytes in one part', contentOf(10), 10, 1],
    ['nothing', '', 0, 1],
    ['bytes', content, content.length, 7],
    ['a Blob', new Blob([new Uint8Array(content)]), content.length, 7],
    ['a source', [content], undefined, 7],
  ])('of %s only rises, and ends at the total', async (_name, data, total, parts) => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const reports: Progress[] = []
    const onProgress = (report: Progress): unknown => reports.push(report)
    await client.putObject('bkt', 'k', data, { partSize: partBytes, onProgress })
    const all = reports.map(({ transferred }) => transferred)
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b))
    expect(all.at(-1)).toBe(store.objects.get('/bkt/k')?.bytes.length)
    expect(reports.every((report) => report.total === total)).toBe(true)
    const numbers = reports.map(({ part }) => part).sort((a, b) => a - b)
    expect(numbers).toEqual(Array.from({ length: parts }, (_, index) => index + 1))
  })
})

describe('headers', () => {
  const key = Buffer.alloc(32, 7)
  const prefix = 'x-amz-server-side-encryption'
  async function headersBy(sse: Sse | undefined): Promise<(name: string) => string[]> {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    await client.putObject('bkt', 'k', content, {
      partSize: partBytes,
      sse,
      contentType: 'image/png',
      metadata: { colour: 'red' },
      tags: { a: 'b' },
      storageClass: 'STANDARD_IA',
      conditions: { ifNoneMatch: '*' },
    })
    return (name) => {
      const actions = store.seen.filter(({ headers }) => headers[name] !== undefined)
      return [...new Set(actions.map(({ action }) => action))]
    }
  }

  it('of the object go with the request that begins it, conditions with the one that makes it', async () => {
    const sentBy = await headersBy(sseKms('key'))
    for (const name of ['x-amz-meta-colour', 'x-amz-tagging', 'x-amz-storage-class', prefix]) {
      expect(sentBy(name)).toEqual(['initiate'])
    }
    expect(sentBy('if-none-match')).toEqual(['complete'])
  })

  it('of a customer key go with every request that needs it', async () => {
    const sentBy = await headersBy(sseC(key))
    for (const name of ['algorithm', 'key', 'key-md5']) {
      expect(sentBy(`${prefix}-customer-${name}`)).toEqual(['initiate', 'part', 'complete'])
    }
  })

  it('of a condition that fails leave nothing behind', async () => {
    for (const size of [1, partBytes + 1]) {
      await using store = await PartStore.start()
      await using client = clientOf(store.endpoint)
      const old = store.place('/bkt/k', Buffer.from('old'))
      const options = { partSize: partBytes, conditions: { ifNoneMatch: '*' } }
      const call = client.putObject('bkt', 'k', piecesOf(contentOf(size), mebibyte), options)
      expect(await failureOf(call)).toMatchObject({ code: 'PreconditionFailed' })
      expect(store.objects.get('/bkt/k')).toBe(old)
      expect(store.uploads.size).toBe(0)
    }
  })

  it.each(['ConditionalRequestConflict', 'NotImplemented', 'EntityTooSmall', 'InvalidPart'])(
    'that the store refuses by %s',
    async (code) => {
      await using store = await PartStore.start()
      await using client = clientOf(store.endpoint, { retry: { maxAttempts: 1 } })
      store.mischief = ({ action }) => (action === 'complete' ? storeError(409, code) : undefined)
      const call = client.putObject('bkt', 'k', content, { partSize: partBytes })
      expect(await failureOf(call)).toMatchObject({ code })
      expect(store.uploads.size).toBe(0)
    },
  )
})
