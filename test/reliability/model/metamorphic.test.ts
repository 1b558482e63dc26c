import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client, PostPolicy } from 'stowage'

import { postForm } from '../../conformance/harness/forms.ts'
import { plainHttp } from '../../conformance/harness/plain-http.ts'
import { randomFrom } from '../../support/random.ts'
import { record, scaled, seed } from '../support/proof.ts'
import { keys, randomBytesFrom } from './support/choice.ts'
import { World, type StoreKind } from './support/world.ts'

const kinds: readonly StoreKind[] = ['memory', 'disk']
const bucket = 'metamorphic'
const requiredCases = 300

type Way = (client: Client, key: string, content: Buffer) => Promise<unknown>

/** Parts have at least so many bytes. */
const partSize = 5 * 1024 ** 2

/** Puts the content elsewhere first. */
function fromSource(use: (client: Client, key: string, source: string) => Promise<unknown>): Way {
  return async (client, key, content) => {
    await client.putObject(bucket, 'source', content)
    return use(client, key, 'source')
  }
}

/** Every way for bytes to become an object. */
const ways: Readonly<Record<string, Way>> = {
  put: (client, key, content) => client.putObject(bucket, key, content),
  'a stream': (client, key, content) =>
    client.putObject(bucket, key, new Blob([new Uint8Array(content)]).stream(), { partSize }),
  'a signed stream': (client, key, content) =>
    client.putObject(bucket, key, new Blob([new Uint8Array(content)]).stream(), {
      length: content.length,
      checksum: 'CRC32C',
    }),
  'a copy': fromSource((client, key, source) =>
    client.copyObject(bucket, key, { bucket, object: source }),
  ),
  'a composition': fromSource((client, key, source) =>
    client.composeObject(bucket, key, [{ bucket, object: source }]),
  ),
  'a presigned URL': async (client, key, content) => {
    const url = await client.presignedPutObject(bucket, key)
    expect((await plainHttp(url, { method: 'PUT', body: content })).status).toBe(200)
  },
  'a form': async (client, key, content) => {
    const expires = new Date(Date.now() + 60_000)
    const policy = new PostPolicy().setBucket(bucket).setKey(key).setExpires(expires)
    const { url, fields } = await client.presignedPostPolicy(policy)
    expect((await postForm(url, fields, { name: 'a', content })).status).toBe(204)
  },
}

async function read(client: Client, key: string, offset = 0, length?: number): Promise<Buffer> {
  const range = length === undefined ? { offset } : { offset, length }
  const reader = await client.getObject(bucket, key, range)
  return Buffer.from(await reader.bytes())
}

/** Cuts a content at up to three places; no piece is empty. */
function cuts(random: () => number, size: number): readonly number[] {
  const places = Array.from({ length: 3 }, () => 1 + Math.floor(random() * (size - 1)))
  return [...new Set([0, ...places, size])].toSorted((a, b) => a - b)
}

async function names(client: Client, prefix: string, pageSize: number): Promise<readonly string[]> {
  const found: string[] = []
  const options = { prefix, recursive: true, pageSize }
  for await (const entry of client.listObjectsV2(bucket, options)) {
    if (!entry.isPrefix) found.push(entry.object)
  }
  return found
}

describe.each(kinds)('what must be the same (%s)', (kind) => {
  const random = randomFrom(seed)
  let world: World
  let client: Client

  beforeAll(async () => {
    world = await World.open(kind)
    world.nowMs = Date.now()
    client = new Client(world.server)
    await client.makeBucket(bucket)
  })

  afterAll(async () => {
    await client.close()
    await world.close()
    expect(world.defects).toEqual([])
  })

  it('is the bytes of an object, whichever way they came, whole and in ranges', async () => {
    const sizes = [1, 2, 4095, 4096, 4097, 65_536, 300_000]
    const wrong: string[] = []
    let cases = 0
    while (cases < scaled(requiredCases / kinds.length)) {
      for (const [name, put] of Object.entries(ways)) {
        const key = keys[Math.floor(random() * keys.length)] ?? 'a'
        const size = sizes[Math.floor(random() * sizes.length)] ?? 0
        const content = randomBytesFrom(seed + cases, size)
        await put(client, key, content)
        const places = cuts(random, Math.max(size, 2)).filter((place) => place <= size)
        const pieces = await Promise.all(
          places.slice(1).map((end, index) => {
            const start = places[index] ?? 0
            return read(client, key, start, end - start)
          }),
        )
        const isSame = (await read(client, key)).equals(content)
        const joined = Buffer.concat(pieces)
        if (!isSame || !joined.equals(content.subarray(0, places.at(-1)))) {
          wrong.push(`${name}: ${size} bytes as ${JSON.stringify(key)}, cut at ${places.join()}`)
        }
        cases += 1
      }
    }
    const failures = { differences: wrong.length }
    record({
      proof: 'metamorphic',
      unit: 'cases',
      reached: cases,
      required: requiredCases,
      failures,
    })
    expect(wrong).toEqual([])
  })

  it('is a listing by a prefix and the rest of a listing', async () => {
    for (const key of keys) await client.putObject(bucket, key, 'x')
    const all = await names(client, '', 1000)
    expect(new Set(all)).toEqual(new Set([...all, ...keys]))
    for (const prefix of new Set(
      keys.flatMap((key) => [key, String.fromCodePoint(key.codePointAt(0) ?? 0)]),
    )) {
      const expected = all.filter((key) => key.startsWith(prefix))
      expect(await names(client, prefix, 2), JSON.stringify(prefix)).toEqual(expected)
    }
  })
})
