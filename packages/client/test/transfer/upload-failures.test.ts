import { getEventListeners } from 'node:events'
import { openAsBlob } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import type { ObjectData } from '../../src/request/source-body.ts'
import { leftUpload } from '../../src/transfer/left-uploads.ts'
import type { PutObjectOptions } from '../../src/transfer/put-object.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { contentOf, mebibyte, partBytes, piecesOf } from '../support/content.ts'
import { temporaryFolder } from '../support/folder.ts'
import { withoutLeaks } from '../support/leaks.ts'
import { PartStore, storeError } from '../support/part-store.ts'

/**
 * The last operation of which the client sent a request. The store cannot tell: it may come to
 * a connection that was cut only when it has served the next one.
 */
let lastSent: string | undefined

async function using(test: (client: Client, store: PartStore) => Promise<void>): Promise<void> {
  await using store = await PartStore.start()
  const client = clientOf(store.endpoint, {
    retry: { maxAttempts: 1 },
    onRequest: ({ operation }) => (lastSent = operation),
  })
  await withoutLeaks(store, client, () => test(client, store))
}

/** Nothing was stored, nothing is left, and the abort was the last thing that was sent. */
function expectNothingLeft(store: PartStore): void {
  expect(store.objects.size).toBe(0)
  expect(store.uploads.size).toBe(0)
  if (store.of('initiate').length > 0) expect(lastSent).toBe('AbortMultipartUpload')
}

/** When it went wrong, which is what the second runs from: bytes take the time that they take. */
let faultMs = 0
function goesWrong(): void {
  faultMs = performance.now()
}

async function failingPut(
  client: Client,
  data: ObjectData,
  options: PutObjectOptions = {},
): Promise<unknown> {
  goesWrong()
  const failure = await failureOf(
    client.putObject('bkt', 'k', data, { partSize: partBytes, ...options }),
  )
  expect(performance.now() - faultMs).toBeLessThan(1000)
  return failure
}

const failure = new Error('the disk is gone')
const content = contentOf(3 * partBytes)

/** Gives so many bytes, and then does something else. */
type Ending = 'fails' | 'hangs' | 'gives an object'
async function* after(bytes: number, ending: Ending): AsyncGenerator<Uint8Array> {
  yield* piecesOf(content.subarray(0, bytes), 64 * 1024)
  goesWrong()
  if (ending === 'fails') throw failure
  if (ending === 'hangs') await new Promise(() => {})
  // The types forbid it; object streams get there all the same.
  yield { a: 1 } as unknown as Uint8Array
}

const makers: Readonly<Record<string, (bytes: number, ending: Ending) => ObjectData>> = {
  'an async generator': after,
  'a stream of Node': (bytes, ending) => Readable.from(after(bytes, ending)),
  'a web stream': (bytes, ending) => {
    const source = after(bytes, ending)
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const step = await source.next()
        if (step.done !== true) controller.enqueue(step.value)
      },
    })
  },
}
const moments = [0, 1, partBytes, partBytes + 1, 2 * partBytes + 17, 3 * partBytes]
const matrix = Object.keys(makers).flatMap((kind) =>
  moments.flatMap((bytes) =>
    [undefined, 3 * partBytes].map((length) => [kind, bytes, length] as const),
  ),
)

describe.each(matrix)('%s that after %i bytes, with length %s,', (kind, bytes, length) => {
  const make = makers[kind] ?? after

  it('fails: its own failure is thrown, nothing is left', async () => {
    await using(async (client, store) => {
      expect(await failingPut(client, make(bytes, 'fails'), { length })).toBe(failure)
      expectNothingLeft(store)
    })
  })

  it('gives an object: is refused, nothing is left', async () => {
    await using(async (client, store) => {
      const data = make(bytes, 'gives an object')
      expect(await failingPut(client, data, { length })).toMatchObject({ argument: 'data' })
      expectNothingLeft(store)
    })
  })

  it('never goes on: ends with the signal, nothing is left', async () => {
    await using(async (client, store) => {
      const controller = new AbortController()
      const reason = new Error('enough')
      setTimeout(() => {
        goesWrong()
        controller.abort(reason)
      }, 150)
      const options = { length, signal: controller.signal }
      expect(await failingPut(client, make(bytes, 'hangs'), options)).toBe(reason)
      expect(getEventListeners(controller.signal, 'abort')).toEqual([])
      expectNothingLeft(store)
    })
  })
})

describe('a source', () => {
  it('that never goes on ends with the deadline', async () => {
    await using(async (client, store) => {
      const data = after(partBytes + 1, 'hangs')
      expect(await failingPut(client, data, { timeout: 150 })).toMatchObject({ kind: 'deadline' })
      expectNothingLeft(store)
    })
  })

  it.each<[string, () => ObjectData]>([
    [
      'a generator without end',
      function* () {
        for (;;) yield new Uint8Array(64 * 1024)
      },
    ],
    [
      'a generator without end and without bytes',
      function* () {
        for (;;) yield ''
      },
    ],
    [
      'an async generator without end and without bytes',
      async function* () {
        for (;;) yield ''
      },
    ],
    [
      'a stream without end',
      () =>
        new Readable({
          read(bytes) {
            this.push(Buffer.alloc(bytes))
          },
        }),
    ],
  ])('%s ends with the signal', async (_name, make) => {
    await using(async (client, store) => {
      const signal = AbortSignal.timeout(100)
      expect(await failingPut(client, make(), { signal })).toBe(signal.reason)
      expectNothingLeft(store)
    })
  })

  it.each([
    ['too short by a part', 3 * partBytes, 2 * partBytes],
    ['too short by a byte', 2 * partBytes + 1, 2 * partBytes],
    ['too long by a byte', 2 * partBytes, 2 * partBytes + 1],
    ['too long by a part', 2 * partBytes, 3 * partBytes],
    ['shorter than one part', 2 * partBytes, 1],
    ['longer than one part', 1, partBytes + 1],
    ['longer than the one part', partBytes, partBytes + 1],
  ])('%s stores nothing', async (_name, length, actual) => {
    for (const make of [
      (bytes: Buffer): ObjectData => piecesOf(bytes, 65_536),
      (bytes: Buffer): ObjectData => Readable.from(piecesOf(bytes, 65_536)),
      (bytes: Buffer): ObjectData => ReadableStream.from(piecesOf(bytes, 65_536)),
      (bytes: Buffer): ObjectData => [bytes],
    ]) {
      await using(async (client, store) => {
        const data = make(content.subarray(0, actual))
        expect(await failingPut(client, data, { length })).toMatchObject({ name: 'IntegrityError' })
        expectNothingLeft(store)
      })
    }
  })

  it.each([0, 1, partBytes + 1, 3 * partBytes])(
    'that does not wait, and fails after %i bytes, is stopped',
    async (bytes) => {
      await using(async (client, store) => {
        const data = (function* () {
          yield* piecesOf(content.subarray(0, bytes), 64 * 1024)
          goesWrong()
          throw failure
        })()
        expect(await failingPut(client, data)).toBe(failure)
        expectNothingLeft(store)
      })
    },
  )

  it('that is locked, or given to two uploads, is refused for the second reader', async () => {
    await using(async (client, store) => {
      const locked = new Blob(['abc']).stream()
      const reader = locked.getReader()
      expect(await failingPut(client, locked)).toMatchObject({ argument: 'data' })
      expect(store.seen).toEqual([])
      await reader.cancel()
      const shared = ReadableStream.from(piecesOf(content, mebibyte))
      const first = client.putObject('bkt', 'k', shared, { partSize: partBytes })
      expect(await failingPut(client, shared)).toMatchObject({ argument: 'data' })
      await first
      expect(store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
      expect(store.uploads.size).toBe(0)
      store.objects.clear()
    })
  })

  it('that is a Blob of a file which has changed is not asked again, nothing is left', async () => {
    await using folder = await temporaryFolder()
    for (const size of [mebibyte, content.length]) {
      const path = join(folder.path, 'file')
      await writeFile(path, content.subarray(0, size))
      const data = await openAsBlob(path)
      await writeFile(path, 'other')
      await using store = await PartStore.start()
      await using client = clientOf(store.endpoint)
      expect(await failingPut(client, data)).toMatchObject({ name: 'NotReadableError' })
      expect(store.objects.size).toBe(0)
      expect(store.uploads.size).toBe(0)
      expect(store.of('put').length + store.of('part').length).toBe(0)
    }
  })

  it('that was read before is refused, nothing is sent', async () => {
    const node = Readable.from([Buffer.from('abc')])
    await node.toArray()
    const through = new PassThrough().end('abc')
    await through.toArray()
    const web = new Blob(['abc']).stream()
    for await (const _chunk of web);
    const half = new Blob(['abc']).stream()
    const reader = half.getReader()
    await reader.read()
    reader.releaseLock()
    for (const data of [node, through, web, half]) {
      for (const length of [undefined, 0]) {
        await using(async (client, store) => {
          expect(await failingPut(client, data, { length })).toMatchObject({ argument: 'data' })
          expect(store.seen).toEqual([])
        })
      }
    }
  })

  it('is refused with the other arguments before it is read', async () => {
    await using(async (client, store) => {
      const data = Readable.from([contentOf(partBytes)])
      const wrong: readonly [string, object][] = [
        ['signal', { signal: {} }],
        ['timeout', { timeout: -1 }],
        ['requestHeaders', { requestHeaders: { host: 'x' } }],
        ['concurrency', { concurrency: 0 }],
        ['concurrency', { concurrency: 65 }],
        ['partSize', { partSize: partBytes - 1 }],
        ['length', { length: -1 }],
      ]
      for (const [argument, options] of wrong) {
        expect(await failingPut(client, data, options)).toMatchObject({ argument })
      }
      expect(data.readableDidRead).toBe(false)
      expect(store.seen).toEqual([])
    })
  })

  it('is not asked for anything when its call was over before it began', async () => {
    await using(async (client) => {
      let asked = 0
      const next = async (): Promise<never> => {
        asked++
        throw new Error('nobody listens')
      }
      const signal = AbortSignal.abort(failure)
      const data = { [Symbol.asyncIterator]: () => ({ next }) }
      expect(await failingPut(client, data, { signal })).toBe(failure)
      expect(asked).toBe(0)
    })
  })

  it('is stopped when its call was over before it began', async () => {
    await using(async (client, store) => {
      const data = Readable.from([contentOf(partBytes)])
      const signal = AbortSignal.abort(failure)
      expect(await failingPut(client, data, { signal })).toBe(failure)
      expect(data.destroyed).toBe(true)
      expect(store.seen).toEqual([])
    })
  })
})

describe('a part that fails', () => {
  it.each([1, 2, 3, 5])('(the %ith) stops the others; the abort follows them', async (failing) => {
    await using(async (client, store) => {
      let begunAfter = 0
      let failed = false
      store.mischief = ({ action, partNumber }) => {
        if (action !== 'part') return undefined
        if (failed) begunAfter++
        if (partNumber === failing) {
          failed = true
          goesWrong()
          return storeError(403, 'AccessDenied')
        }
        return undefined
      }
      const data = Readable.from(piecesOf(contentOf(8 * partBytes), mebibyte))
      const thrown = await failingPut(client, data, { concurrency: 3 })
      expect(thrown).toMatchObject({ code: 'AccessDenied', operation: 'UploadPart' })
      expect(begunAfter).toBeLessThan(4)
      expect(data.destroyed).toBe(true)
      expectNothingLeft(store)
    })
  })

  it('ends others that hang, and a source that hangs', async () => {
    await using(async (client, store) => {
      store.mischief = ({ action, partNumber }) => {
        if (action !== 'part') return undefined
        return partNumber === 2 ? storeError(403, 'AccessDenied') : new Promise(() => {})
      }
      const thrown = await failingPut(client, after(2 * partBytes + 1, 'hangs'))
      expect(thrown).toMatchObject({ code: 'AccessDenied' })
      expectNothingLeft(store)
    })
  })

  it('or a source that fails ends the others before the upload is aborted', async () => {
    await using(async (client, store) => {
      let stillOpen: number | undefined
      store.mischief = async ({ action }) => {
        if (action === 'part') return new Promise(() => {})
        if (action !== 'abort') return undefined
        await pause(30)
        stillOpen = store.of('part').filter((part) => !part.isCut()).length
        return undefined
      }
      const data = (async function* () {
        yield content.subarray(0, 2 * partBytes + 1)
        while (store.of('part').length < 2) await pause(1)
        throw failure
      })()
      expect(await failingPut(client, data)).toBe(failure)
      expect(stillOpen).toBe(0)
      expectNothingLeft(store)
    })
  })

  it('is what is thrown, although the abort fails, too', async () => {
    for (const trouble of [storeError(500, 'InternalError'), 'cut'] as const) {
      await using(async (client, store) => {
        store.mischief = ({ action }) => {
          if (action === 'part') return storeError(403, 'AccessDenied')
          return action === 'abort' ? trouble : undefined
        }
        const thrown = await failingPut(client, content)
        expect(thrown).toMatchObject({ code: 'AccessDenied' })
        const [uploadId] = store.uploads.keys()
        expect(leftUpload(thrown)).toEqual({ bucket: 'bkt', object: 'k', uploadId })
      })
    }
  })

  it('is aborted, although the signal that ended it is', async () => {
    await using(async (client, store) => {
      const controller = new AbortController()
      store.mischief = ({ action }) => {
        if (action === 'part') controller.abort(failure)
        return undefined
      }
      expect(await failingPut(client, content, { signal: controller.signal })).toBe(failure)
      expectNothingLeft(store)
    })
  })

  it('is sent again with the same bytes', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    store.mischief = ({ action, earlier }) => {
      if (action !== 'part' || earlier > 0) return undefined
      return 'lost'
    }
    const data = Readable.from(piecesOf(content, 99_999))
    const reports: number[] = []
    const onProgress = (now: { transferred: number }): unknown => reports.push(now.transferred)
    await client.putObject('bkt', 'k', data, { partSize: partBytes, onProgress })
    expect(store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
    expect(store.of('part')).toHaveLength(6)
    expect(reports).toEqual([partBytes, 2 * partBytes, 3 * partBytes])
  })
})

describe('an upload that is refused at once', () => {
  it('leaves its source unread where it needs parts in any case', async () => {
    await using(async (client, store) => {
      store.mischief = () => storeError(404, 'NoSuchBucket')
      const data = Readable.from(piecesOf(content, mebibyte))
      const thrown = await failingPut(client, data, { length: content.length })
      expect(thrown).toMatchObject({ code: 'NoSuchBucket', operation: 'CreateMultipartUpload' })
      expect(data.readableDidRead).toBe(false)
      expect(data.destroyed).toBe(true)
      expect(store.seen).toHaveLength(1)
    })
  })

  it.each(['', '<a/>', '<InitiateMultipartUploadResult/>', 'what?'])(
    'by the answer %j to the beginning',
    async (body) => {
      await using(async (client, store) => {
        store.mischief = () => ({ status: 200, body })
        expect(await failingPut(client, content)).toMatchObject({ name: 'InvalidResponseError' })
        expect(store.seen).toHaveLength(1)
      })
    },
  )

  it('for a part without an ETag', async () => {
    await using(async (client, store) => {
      store.mischief = ({ action }) => (action === 'part' ? { status: 200 } : undefined)
      expect(await failingPut(client, content)).toMatchObject({ name: 'InvalidResponseError' })
      expectNothingLeft(store)
    })
  })
})
