import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { DamagedDirectoryError, startServer, type StowageServer } from '@stowage/server'
import { RawClient } from './support/raw-client.ts'
import { temporaryDirectory } from './support/stores.ts'

const bucket = 'rot'
const objects = 40
const large = Buffer.alloc(200_000, 'large ')

/** A directory with a table and a log, and copies of it to damage. */
const original = temporaryDirectory()
const copies = temporaryDirectory()
let next = 0

function start(directory: string): Promise<StowageServer> {
  return startServer({ directory, durability: 'flush' })
}

async function withClient(directory: string, task: (client: RawClient) => Promise<void>) {
  const server = await start(directory)
  const client = new RawClient(server)
  try {
    await task(client)
  } finally {
    client.close()
    await server.close()
  }
}

beforeAll(async () => {
  for (const half of [0, 1]) {
    await withClient(original.path, async (client) => {
      if (half === 0) await client.makeBucket(bucket)
      for (let index = 0; index < objects / 2; index += 1) {
        await client.put(bucket, `small-${half}-${index}`, `small ${half} ${index}`)
      }
      await client.put(bucket, `large-${half}`, large)
    })
  }
})

afterAll(() => {
  original.remove()
  copies.remove()
})

function copyOfDirectory(): string {
  next += 1
  const path = join(copies.path, String(next))
  cpSync(original.path, path, { recursive: true })
  return path
}

async function expectEverything(directory: string): Promise<void> {
  await withClient(directory, async (client) => {
    for (const half of [0, 1]) {
      for (let index = 0; index < objects / 2; index += 1) {
        const { text } = await client.get(bucket, `small-${half}-${index}`)
        expect(text).toBe(`small ${half} ${index}`)
      }
      expect((await client.get(bucket, `large-${half}`)).body.equals(large)).toBe(true)
    }
  })
}

function blobNames(directory: string): readonly string[] {
  const blobs = join(directory, 'blobs')
  return readdirSync(blobs).flatMap((shard) => readdirSync(join(blobs, shard)))
}

const kinds = {
  log: /^records\/\d+\.log$/,
  table: /^records\/\d+\.ldb$/,
  manifest: /^records\/MANIFEST-\d+$/,
  current: /^records\/CURRENT$/,
  witness: /^witness$/,
} as const

function fileOf(directory: string, kind: keyof typeof kinds): string {
  const names = [
    ...readdirSync(join(directory, 'records')).map((name) => `records/${name}`),
    'witness',
  ]
  const found = names.find((name) => kinds[kind].test(name))
  if (found === undefined) throw new Error(`there is no ${kind}`)
  return found
}

const damages: Readonly<Record<string, (bytes: Buffer) => Buffer | undefined>> = {
  'is missing': () => undefined,
  'is empty': () => Buffer.alloc(0),
  'has a flipped bit at its beginning': (bytes) => flipped(bytes, 10),
  'has a flipped bit in its middle': (bytes) => flipped(bytes, Math.floor(bytes.length / 2)),
  'is cut in its middle': (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2)),
  'holds zeros': (bytes) => Buffer.alloc(bytes.length),
}

function flipped(bytes: Buffer, offset: number): Buffer {
  const damaged = Buffer.from(bytes)
  damaged[offset] = (damaged[offset] ?? 0) ^ 4
  return damaged
}

/** A slot of the witness is a copy of the other one, and nothing stands between them. */
const harmless: ReadonlySet<string> = new Set([
  'witness has a flipped bit at its beginning',
  'witness has a flipped bit in its middle',
  'witness is cut in its middle',
])

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('a directory whose %s', (kind) => {
  it.each(Object.entries(damages))('%s', async (damage, apply) => {
    const directory = copyOfDirectory()
    const file = fileOf(directory, kind)
    const path = join(directory, file)
    const bytes = apply(readFileSync(path))
    if (bytes === undefined) rmSync(path)
    else writeFileSync(path, bytes)
    if (harmless.has(`${kind} ${damage}`)) {
      await expectEverything(directory)
      return
    }
    const blobs = blobNames(directory)
    await expect(start(directory)).rejects.toThrow(DamagedDirectoryError)
    await expect(start(directory)).rejects.toMatchObject({ directory })
    expect(blobNames(directory)).toEqual(blobs)
    // Nothing else has been changed: with the file as it was, everything is there.
    copyFileSync(join(original.path, file), path)
    await expectEverything(directory)
  })
})

describe('a log that was cut between two records', () => {
  it('is noticed at every border, though all that is left is intact', async () => {
    const path = join(original.path, fileOf(original.path, 'log'))
    const bytes = readFileSync(path)
    const borders: number[] = []
    for (let offset = 0; offset + 7 <= bytes.length;) {
      borders.push(offset)
      offset += 7 + bytes.readUInt16LE(offset + 4)
    }
    expect(borders.length).toBeGreaterThan(objects / 2)
    const directory = copyOfDirectory()
    const file = join(directory, fileOf(directory, 'log'))
    for (const border of borders) {
      writeFileSync(file, bytes.subarray(0, border))
      await expect(start(directory)).rejects.toThrow(DamagedDirectoryError)
    }
    writeFileSync(file, bytes)
    await expectEverything(directory)
  })
})

describe('records that were closed before the machine was started again', () => {
  it('are known to be whole', async () => {
    const directory = copyOfDirectory()
    const witness = join(directory, 'witness')
    const bytes = readFileSync(witness)
    for (const slot of [0, 4096]) {
      bytes.fill(7, slot + 20, slot + 36)
      bytes.writeUInt32BE(crc32(bytes.subarray(slot, slot + 36)), slot + 36)
    }
    writeFileSync(witness, bytes)
    const log = join(directory, fileOf(directory, 'log'))
    const whole = readFileSync(log)
    writeFileSync(log, whole.subarray(0, whole.length / 2))
    await expect(start(directory)).rejects.toThrow(DamagedDirectoryError)
    writeFileSync(log, whole)
    await expectEverything(directory)
  })
})
