import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

import { DamagedBlobError, startServer } from '@stowage/server'
import {
  Client,
  IntegrityError,
  InvalidResponseError,
  isS3Error,
  sseS3,
  TransportError,
  type GetObjectOptions,
} from 'stowage'
import { randomFrom } from '../../support/random.ts'
import { record, scaled, seed } from '../support/proof.ts'

const bucket = 'damaged'
const sizeBytes = 700_000
const random = randomFrom(seed)
const content = Buffer.from(Array.from({ length: sizeBytes }, () => Math.floor(random() * 256)))

const reads: readonly GetObjectOptions[] = [
  {},
  { verify: true },
  { offset: 100_000, length: 400_000 },
  { suffixLength: 300_000 },
  { partNumber: 1 },
]

function contentOf({ offset = 0, length = sizeBytes, suffixLength }: GetObjectOptions): Buffer {
  const start = suffixLength === undefined ? offset : sizeBytes - suffixLength
  return content.subarray(start, start + length)
}

/** What happens to the file of a blob. */
const damages: Readonly<Record<string, (bytes: Buffer, position: number) => Buffer>> = {
  flipped: (bytes, position) => {
    const copy = Buffer.from(bytes)
    copy.writeUInt8(copy.readUInt8(position) ^ (1 << (position % 8)), position)
    return copy
  },
  cut: (bytes, position) => bytes.subarray(0, position),
  extended: (bytes, position) => Buffer.concat([bytes, bytes.subarray(0, position + 1)]),
  exchanged: (bytes, position) =>
    Buffer.concat([bytes.subarray(position), bytes.subarray(0, position)]),
}

/** A server in a directory of its own, and a client that reads what is damaged there. */
class Downloads {
  readonly directory = mkdtempSync(join(tmpdir(), 'stowage-damaged-'))
  readonly found: string[] = []
  count = 0
  readonly #client: Client
  readonly #defects: unknown[]

  constructor(client: Client, defects: unknown[]) {
    this.#client = client
    this.#defects = defects
  }

  /** Reads an object in every way. */
  async readAll(object: string, what: string): Promise<void> {
    for (const options of reads) {
      await this.#judge(`${what}, getObject`, contentOf(options), async () =>
        (await this.#client.getObject(bucket, object, options)).bytes(),
      )
    }
    const path = join(this.directory, object)
    for (const resume of [false, true]) {
      await this.#judge(`${what}, fGetObject`, content, async () => {
        await this.#client.fGetObject(bucket, object, path, { partSize: 65_536, resume })
        return readFile(path)
      })
      rmSync(path, { force: true })
    }
  }

  /** The bytes have to be right, or the failure typed and its reason reported. */
  async #judge(what: string, expected: Buffer, read: () => Promise<Uint8Array>): Promise<void> {
    this.count += 1
    this.#defects.length = 0
    try {
      if (Buffer.compare(await read(), expected) !== 0) this.found.push(`${what}: other bytes`)
    } catch (error) {
      const types = [TransportError, IntegrityError, InvalidResponseError]
      const isTyped = isS3Error(error) || types.some((type) => error instanceof type)
      if (!isTyped) this.found.push(`${what}: ${String(error)}`)
      const isReported = this.#defects.some((defect) => defect instanceof DamagedBlobError)
      if (!isReported) this.found.push(`${what}: not reported`)
    }
  }
}

function filesIn(blobs: string): readonly string[] {
  return readdirSync(blobs).flatMap((shard) =>
    readdirSync(join(blobs, shard)).map((name) => join(blobs, shard, name)),
  )
}

it('downloads right bytes or fails, whatever happened to the stored ones', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stowage-damaged-'))
  const defects: unknown[] = []
  const onDefect = (error: unknown): void => void defects.push(error)
  const server = await startServer({ directory, durability: 'flush', onDefect })
  const client = new Client({ ...server, retry: { maxAttempts: 1 } })
  const downloads = new Downloads(client, defects)
  await client.makeBucket(bucket)
  for (const [object, sse] of [['plain'], ['sealed', sseS3()]] as const) {
    await client.putObject(bucket, object, content, { sse })
    const [file = ''] = filesIn(join(directory, 'blobs'))
    const bytes = readFileSync(file)
    for (let round = 0; round < scaled(10); round += 1) {
      for (const [name, damage] of Object.entries(damages)) {
        const position = Math.floor(random() * bytes.length)
        writeFileSync(file, damage(bytes, position))
        await downloads.readAll(object, `${object}, ${name} at ${position}`)
      }
    }
    rmSync(file)
    await downloads.readAll(object, `${object}, missing`)
    writeFileSync(file, bytes)
    // Nothing is reported now, so that a failure counts.
    await downloads.readAll(object, `${object}, whole again`)
    await client.removeObject(bucket, object)
  }
  await client.close()
  await server.close()
  for (const path of [directory, downloads.directory]) rmSync(path, { recursive: true })
  const { count, found } = downloads
  const failures = { wrong: found.length }
  record({
    proof: 'downloads of damaged blobs',
    unit: 'downloads',
    reached: count,
    required: 500,
    failures,
  })
  expect(found.slice(0, 20)).toEqual([])
})
