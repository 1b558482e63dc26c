import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import { clientOf } from '../support/assembled.ts'
import { contentOf } from '../support/content.ts'
import { temporaryFolder } from '../support/folder.ts'
import { PartStore, type Answer, type SeenRequest } from '../support/part-store.ts'

const rangeBytes = 64 * 1024
const ranges = 4
const first = contentOf(ranges * rangeBytes)
const second = Buffer.from(first.toReversed())
const old = Buffer.from('old')

function permutationsOf(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item) =>
    permutationsOf(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  )
}
const orders = permutationsOf(Array.from({ length: ranges }, (_, index) => index))

function indexOf({ headers }: SeenRequest): number {
  return Number(/^bytes=([0-9]+)-/.exec(headers.range ?? '')?.[1]) / rangeBytes
}

/** What a store answers that heeds the range, and no condition. */
type Heedless = (bytes: Buffer, etag: string, index: number) => Answer
function rangeOf(bytes: Buffer, headers: Readonly<Record<string, string>>, index: number): Answer {
  const start = index * rangeBytes
  const range = `bytes ${start}-${start + rangeBytes - 1}/${bytes.length}`
  const body = bytes.subarray(start, start + rangeBytes)
  return { status: 206, headers: { ...headers, 'content-range': range }, body }
}

const stores: Readonly<Record<string, Heedless | undefined>> = {
  'heeds If-Match': undefined,
  'heeds no If-Match': (bytes, etag, index) => rangeOf(bytes, { etag: `"${etag}"` }, index),
  'heeds no If-Match and tells no ETag of the new one': (bytes, etag, index) =>
    rangeOf(bytes, bytes === second ? {} : { etag: `"${etag}"` }, index),
}

/**
 * Holds all ranges up until they are there, then answers them in an order, and replaces the
 * object when so many have been answered.
 */
function answerInOrder(
  store: PartStore,
  order: readonly number[],
  replaceAfter: number,
  heedless: Heedless | undefined,
): void {
  const gates = new Map<number, () => void>()
  const release = async (): Promise<void> => {
    for (const [answered, index] of order.entries()) {
      if (answered === replaceAfter) store.place('/bkt/k', second)
      gates.get(index)?.()
      // The answer leaves before the next thing happens.
      await setImmediate()
    }
    if (replaceAfter === order.length) store.place('/bkt/k', second)
  }
  store.mischief = async (request) => {
    if (request.action !== 'get') return undefined
    const index = indexOf(request)
    await new Promise<void>((resolve) => {
      gates.set(index, resolve)
      if (gates.size === order.length) void release()
    })
    const object = store.objects.get('/bkt/k')
    return object && heedless?.(object.bytes, object.etag, index)
  }
}

describe.each(Object.entries(stores))('a store that %s', (_name, heedless) => {
  it.each([0, 1, 2, 3, 4])(
    'and replaces the object after %i ranges gives one or none, in every order',
    async (replaceAfter) => {
      await using folder = await temporaryFolder()
      await using store = await PartStore.start()
      await using client = clientOf(store.endpoint)
      const path = join(folder.path, 'target')
      for (const resume of [false, true]) {
        for (const order of orders) {
          await writeFile(path, old)
          store.place('/bkt/k', first)
          answerInOrder(store, order, replaceAfter, heedless)
          const failure = await failureOrNothing(client, path, resume)
          const now = await readFile(path)
          // The old file, or the object that all ranges were of: never a mix.
          expect(now.equals(failure === undefined ? first : old)).toBe(true)
          if (replaceAfter < ranges) {
            const name = heedless ? 'IntegrityError' : 'S3Error'
            expect(failure).toMatchObject({ name })
          } else {
            expect(failure).toBeUndefined()
          }
          if (resume) {
            // What was kept of the first one is of no use for the second.
            store.mischief = () => undefined
            const options = { partSize: rangeBytes, resume }
            await client.fGetObject('bkt', 'k', path, options)
            expect((await readFile(path)).equals(second)).toBe(true)
          }
          expect(await readdir(folder.path)).toEqual(['target'])
        }
      }
    },
    60_000,
  )
})

async function failureOrNothing(client: Client, path: string, resume: boolean): Promise<unknown> {
  const options = { partSize: rangeBytes, concurrency: ranges, resume }
  try {
    await client.fGetObject('bkt', 'k', path, options)
    return undefined
  } catch (error) {
    return error
  }
}
