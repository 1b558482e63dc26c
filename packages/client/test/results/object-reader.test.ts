import { describe, expect, it } from 'vitest'
import type { ObjectReader } from '../../src/results/object-reader.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { contentOf, mebibyte } from '../support/content.ts'
import { PartStore } from '../support/part-store.ts'

const content = contentOf(3 * mebibyte)
const refused = { name: 'InvalidArgumentError', argument: 'reader' }

async function using(test: (reader: ObjectReader) => Promise<void>): Promise<void> {
  await using store = await PartStore.start()
  await using client = clientOf(store.endpoint, { retry: { maxAttempts: 1 } })
  store.place('/bkt/k', content)
  const reader = await client.getObject('bkt', 'k')
  await test(reader)
  reader.cancel()
  await store.quiet().catch(() => {})
}

async function iterated(reader: ObjectReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of reader) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const forms: Readonly<Record<string, (reader: ObjectReader) => Promise<unknown>>> = {
  bytes: (reader) => reader.bytes(),
  text: (reader) => reader.text(),
  json: (reader) => reader.json(),
  iterator: iterated,
  stream: async (reader) => new Response(reader.stream()).arrayBuffer(),
  nodeStream: (reader) => reader.nodeStream().toArray(),
}

describe('a reader', () => {
  it.each(Object.entries(forms))('gives its content once: %s after bytes', async (_, form) => {
    await using(async (reader) => {
      const first = reader.bytes()
      expect(await failureOf(form(reader))).toMatchObject(refused)
      expect(Buffer.compare(await first, content)).toBe(0)
      expect(await failureOf(form(reader))).toMatchObject(refused)
    })
  })

  it('gives no second loop the rest of a first', async () => {
    await using(async (reader) => {
      for await (const chunk of reader) if (chunk.length > 0) break
      expect(await failureOf(iterated(reader))).toMatchObject(refused)
    })
  })

  it.each(Object.entries(forms))('says that it was cancelled while it gave %s', async (_, form) => {
    await using(async (reader) => {
      const all = failureOf(form(reader))
      await Promise.resolve()
      reader.cancel()
      expect(await all).toMatchObject(refused)
    })
  })

  it('is at the end for good, cancelled or not', async () => {
    await using(async (reader) => {
      expect(await iterated(reader)).toHaveLength(content.length)
      reader.cancel()
      expect(await reader.read()).toBeUndefined()
    })
  })

  it('says that it was cancelled', async () => {
    await using(async (reader) => {
      reader.cancel()
      for (const form of Object.values(forms)) {
        expect(await failureOf(form(reader))).toMatchObject(refused)
      }
    })
  })

  it('has one call wait for a piece', async () => {
    await using(async (reader) => {
      let bytes = 0
      for (let end = false; !end;) {
        const waiting = reader.read()
        expect(await failureOf(reader.read())).toMatchObject(refused)
        const chunk = await waiting
        bytes += chunk?.length ?? 0
        end = chunk === undefined
      }
      expect(bytes).toBe(content.length)
    })
  })

  it('gives the rest after a first piece, but not as all', async () => {
    await using(async (reader) => {
      const first = (await reader.read()) ?? Buffer.alloc(0)
      expect(Buffer.compare(Buffer.concat([first, await iterated(reader)]), content)).toBe(0)
    })
    await using(async (reader) => {
      await reader.read()
      expect(await failureOf(reader.bytes())).toMatchObject(refused)
    })
  })
})
