import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { Client, InvalidResponseError, S3Error, TransportError } from 'stowage'
import { removeWithContent } from '../conformance/harness/clean-up.ts'
import { required } from '../conformance/harness/environment.ts'

const operations = 1000
const workers = 16
/** How many operations are over when the gateway goes. */
const before = 300
const outageMs = 10_000
/** Of each operation. */
const deadlineMs = 15_000
/** Behind an operation that failed. */
const pauseMs = 1500
/** What a busy machine may be late by. */
const slackMs = 5000
const mebibyte = 1024 * 1024
const uploadBytes = 1024 * mebibyte
const partSize = 16 * mebibyte

const bucket = `outage-${Date.now().toString(36)}`
const storeOptions = {
  endpoint: required('CEPH_ENDPOINT'),
  accessKey: required('CEPH_ACCESS_KEY'),
  secretKey: required('CEPH_SECRET_KEY'),
}

const runFile = promisify(execFile)
const gateway = (verb: 'stop-rgw' | 'start-rgw'): Promise<unknown> =>
  runFile(required('CEPH_SCRIPT'), [verb])

afterAll(async () => {
  await gateway('start-rgw')
  const client = new Client(storeOptions)
  await removeWithContent(client, bucket)
  await client.close()
}, 60_000)

/** Errors that say what happened; anything else is a defect. */
function isTyped(error: unknown): boolean {
  return (
    error instanceof TransportError ||
    error instanceof S3Error ||
    error instanceof InvalidResponseError
  )
}

/** What the program knows of one key: the values it may have. Undefined stands for no object. */
class Expectations {
  readonly #possible = new Map<string, Set<string | undefined>>()

  of(key: string): ReadonlySet<string | undefined> {
    return this.#possible.get(key) ?? new Set([undefined])
  }

  /** A write that succeeded leaves one value, any other leaves it open whether it was carried out. */
  wrote(key: string, value: string | undefined, succeeded: boolean): void {
    this.#possible.set(key, new Set(succeeded ? [value] : [...this.of(key), value]))
  }

  saw(key: string, value: string | undefined): void {
    expect([...this.of(key)], `${key} has the value of another write`).toContain(value)
  }

  keys(): string[] {
    return [...this.#possible.keys()]
  }
}

async function valueOf(client: Client, key: string): Promise<string | undefined> {
  try {
    return await (await client.getObject(bucket, key, { timeout: deadlineMs })).text()
  } catch (error) {
    if (error instanceof S3Error && error.code === 'NoSuchKey') return undefined
    throw error
  }
}

/** One operation; each key belongs to one worker, so that nobody else writes it. */
async function operate(
  client: Client,
  expectations: Expectations,
  key: string,
  number: number,
): Promise<void> {
  const timeout = deadlineMs
  const value = `${key}, ${number}, ${'x'.repeat(number * 37)}`
  const write = async (written: string | undefined, call: Promise<unknown>): Promise<void> => {
    try {
      await call
      expectations.wrote(key, written, true)
    } catch (error) {
      expectations.wrote(key, written, false)
      throw error
    }
  }
  switch (number % 5) {
    case 0:
    case 1:
      return write(value, client.putObject(bucket, key, value, { timeout }))
    case 2:
      return expectations.saw(key, await valueOf(client, key))
    case 3: {
      const found = await client.listObjectsV2(bucket, { prefix: key, timeout }).toArray()
      const possible = expectations.of(key)
      if (possible.size === 1) expect(found.length).toBe(possible.has(undefined) ? 0 : 1)
      return
    }
    default:
      return number % 25 === 4
        ? write(undefined, client.removeObject(bucket, key, { timeout }))
        : void (await client.objectExists(bucket, key, { timeout }))
  }
}

interface Tally {
  done: number
  /** Whether the last operation that ended was carried out. */
  succeededLast: boolean
  failed: number
  slowestMs: number
  readonly untyped: unknown[]
}

async function work(
  client: Client,
  worker: number,
  expectations: Expectations,
  tally: Tally,
): Promise<void> {
  for (let number = worker; number < operations; number += workers) {
    const key = `mixed/${String(worker).padStart(2, '0')}/${number % 7}`
    const begin = performance.now()
    try {
      await operate(client, expectations, key, number)
      tally.succeededLast = true
    } catch (error) {
      if (!isTyped(error)) tally.untyped.push(error)
      tally.failed++
      tally.succeededLast = false
      // As a program would that tries again later; and so many are left when the gateway is back.
      await setTimeout(pauseMs)
    } finally {
      tally.done++
      tally.slowestMs = Math.max(tally.slowestMs, performance.now() - begin)
    }
  }
}

/** Bytes of which no two mebibytes are alike. */
function* content(): Generator<Buffer> {
  for (let number = 0; number < uploadBytes / mebibyte; number++) {
    const chunk = Buffer.alloc(mebibyte, (number * 7) % 251)
    chunk.writeUInt32BE(number)
    yield chunk
  }
}

async function digestOf(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('md5')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

/** Uploads under a deadline; gives the error with which it ended, if it did. */
async function upload(client: Client): Promise<unknown> {
  try {
    const timeout = 240_000
    await client.putObject(bucket, 'large', content(), { partSize, timeout })
    return undefined
  } catch (error) {
    return error
  }
}

async function takeGatewayAway(tally: Tally): Promise<void> {
  while (tally.done < before) await setTimeout(10)
  await gateway('stop-rgw')
  await setTimeout(outageMs)
  await gateway('start-rgw')
}

/** The sockets and timers that are open in this process. */
function openResources(): number {
  const kinds = process.getActiveResourcesInfo()
  return kinds.filter((kind) => kind === 'TCPSocketWrap' || kind === 'Timeout').length
}

test('an outage of ten seconds loses, mixes and leaks nothing', { timeout: 400_000 }, async () => {
  const resourcesBefore = openResources()
  const client = new Client(storeOptions)
  // Patient enough to sit the outage out, where the quota of retries allows.
  const patient = new Client({ ...storeOptions, retry: { maxAttempts: 20 } })
  await client.makeBucket(bucket)
  const expectations = new Expectations()
  const tally: Tally = { done: 0, succeededLast: false, failed: 0, slowestMs: 0, untyped: [] }
  const mixed = Array.from({ length: workers }, (_, worker) =>
    work(client, worker, expectations, tally),
  )
  const [uploadError] = await Promise.all([upload(patient), takeGatewayAway(tally), ...mixed])
  expect(tally.untyped).toEqual([])
  expect(tally.done).toBe(operations)
  // Otherwise there was no outage, or no end of it.
  expect(tally.failed).toBeGreaterThan(0)
  expect(tally.succeededLast).toBe(true)
  expect(tally.slowestMs).toBeLessThan(deadlineMs + slackMs)
  for (const key of expectations.keys()) expectations.saw(key, await valueOf(client, key))

  await checkUpload(client, uploadError)
  await Promise.all([client.close(), patient.close()])
  await expect.poll(openResources, { timeout: 5000 }).toBeLessThanOrEqual(resourcesBefore)
})

/** It is whole, or not there; and with it nothing is left of its parts. */
async function checkUpload(client: Client, error: unknown): Promise<void> {
  if (error === undefined) {
    const reader = await client.getObject(bucket, 'large')
    expect(await digestOf(reader)).toBe(await digestOf(content()))
    expect(await client.listIncompleteUploads(bucket, { recursive: true }).toArray()).toEqual([])
    return
  }
  expect(error).toSatisfy(isTyped)
  expect(await client.objectExists(bucket, 'large')).toBe(false)
  // Parts that could not be aborted while the store was away can be found, and go.
  await client.removeIncompleteUpload(bucket, 'large')
  expect(await client.listIncompleteUploads(bucket, { recursive: true }).toArray()).toEqual([])
}
