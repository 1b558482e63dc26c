import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { startServer } from '@stowage/server'
import { canStartChildren, startChildServer } from './support/child-server.ts'
import { RawClient } from './support/raw-client.ts'
import { temporaryDirectory } from './support/stores.ts'

const bucket = 'full'
let directory: { path: string; remove: () => void }

beforeEach(() => {
  directory = temporaryDirectory()
})

afterEach(() => directory.remove())

/** What has been acknowledged: digests of bodies by key. */
class Ledger {
  readonly #known = new Map<string, string>()
  #next = 0

  /** Puts the next object. Returns the status of the answer. */
  async put(client: RawClient, sizeBytes: number): Promise<number> {
    const key = `key-${String(this.#next).padStart(6, '0')}`
    const body = Buffer.alloc(sizeBytes, `${this.#next++} `)
    const { status } = await client.put(bucket, key, body)
    if (status === 200) this.#known.set(key, digest(body))
    return status
  }

  /** Deletes the first object. Returns the status of the answer. */
  async delete(client: RawClient): Promise<number> {
    const [key = ''] = this.#known.keys()
    const { status } = await client.send({ method: 'DELETE', bucket, key })
    if (status === 204) this.#known.delete(key)
    return status
  }

  /** Reads everything back. */
  async verify(client: RawClient): Promise<void> {
    const found = new Map<string, string>()
    for (const key of this.#known.keys()) {
      const { status, body } = await client.get(bucket, key)
      found.set(key, status === 200 ? digest(body) : String(status))
    }
    expect(found).toEqual(this.#known)
  }
}

function digest(body: Uint8Array): string {
  return createHash('sha1').update(body).digest('hex')
}

/** Calls `send` until it returns `status`, at most `times`. Returns every status. */
async function repeatUntil(
  status: number,
  times: number,
  send: () => Promise<number>,
): Promise<readonly number[]> {
  const statuses: number[] = []
  while (statuses.length < times && statuses.at(-1) !== status) statuses.push(await send())
  return statuses
}

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.skipIf(!canStartChildren || !hasPrlimit())(
  'a server whose files cannot grow for a moment (skipped without a build or prlimit)',
  () => {
    it.each([
      ['flush', 700],
      ['flush', 5000],
      ['durable', 1000],
    ] as const)(
      'answers 503 until they can, and keeps what it has acknowledged (%s, %i bytes)',
      async (durability, sizeBytes) => {
        const options = { directory: directory.path, durability }
        const ledger = new Ledger()
        const limited = await startChildServer(options, 64)
        await limited.client.makeBucket(bucket)
        const statuses = await repeatUntil(503, 1000, () => ledger.put(limited.client, sizeBytes))
        expect(statuses.at(-1)).toBe(503)
        expect(new Set(statuses)).toEqual(new Set([200, 503]))
        for (let index = 0; index < 20; index += 1) {
          expect([200, 503]).toContain(await ledger.put(limited.client, sizeBytes))
        }
        execFileSync('prlimit', ['--pid', String(limited.child.pid), '--fsize=unlimited'])
        const after = await repeatUntil(200, 1000, () => ledger.put(limited.client, sizeBytes))
        expect(after.at(-1)).toBe(200)
        for (let index = 0; index < 50; index += 1) {
          expect(await ledger.put(limited.client, sizeBytes)).toBe(200)
        }
        await ledger.verify(limited.client)
        await limited.stop()

        const again = await startChildServer(options)
        await ledger.verify(again.client)
        await again.stop()
      },
    )

    it('keeps what it has acknowledged when it is killed while it is refusing', async () => {
      const options = { directory: directory.path, durability: 'flush' } as const
      const ledger = new Ledger()
      const limited = await startChildServer(options, 64)
      await limited.client.makeBucket(bucket)
      await repeatUntil(503, 1000, () => ledger.put(limited.client, 900))
      await ledger.put(limited.client, 900)
      await limited.kill()
      const again = await startChildServer(options)
      await ledger.verify(again.client)
      await again.stop()
    })
  },
)

const mounted = mountSmallDisk()

/** Whether a file system of a limited size can be mounted here. */
function mountSmallDisk(): boolean {
  const probe = temporaryDirectory()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe.path], {
      stdio: 'ignore',
    })
    execFileSync('umount', [probe.path])
    return true
  } catch {
    return false
  } finally {
    probe.remove()
  }
}

/** Takes all the room that is left. */
function fillDisk(file: string): void {
  const handle = openSync(file, 'w')
  const bytes = Buffer.alloc(4096)
  try {
    for (;;) writeSync(handle, bytes)
  } catch {
    closeSync(handle)
  }
}

describe.skipIf(!mounted)('a server on a full disk (skipped where none can be mounted)', () => {
  let isMounted = false

  const mount = (size: string): void => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory.path])
    isMounted = true
  }

  const start = async (
    defects: unknown[] = [],
  ): Promise<{ client: RawClient; stop: () => Promise<void> }> => {
    const server = await startServer({
      directory: `${directory.path}/data`,
      durability: 'flush',
      onDefect: (error) => defects.push(error),
    })
    const client = new RawClient(server)
    const stop = async (): Promise<void> => {
      client.close()
      await server.close()
    }
    return { client, stop }
  }

  afterEach(() => {
    if (isMounted) execFileSync('umount', ['--lazy', directory.path])
    isMounted = false
  })

  it.each([900, 200_000])(
    'refuses new objects, deletes others, and takes new ones again (%i bytes)',
    async (sizeBytes) => {
      mount('40m')
      const defects: unknown[] = []
      const ledger = new Ledger()
      let { client, stop } = await start(defects)
      await client.makeBucket(bucket)
      const large = await repeatUntil(507, 1000, () => ledger.put(client, 200_000))
      expect(large.at(-1)).toBe(507)
      const small = await repeatUntil(503, 5000, () => ledger.put(client, 900))
      expect(small.at(-1)).toBe(503)
      expect([503, 507]).toContain(await ledger.put(client, sizeBytes))
      for (let index = 0; index < 50; index += 1) expect(await ledger.delete(client)).toBe(204)
      await ledger.verify(client)

      await stop()
      ;({ client, stop } = await start(defects))
      await ledger.verify(client)
      for (let index = 0; index < 20; index += 1) expect(await ledger.delete(client)).toBe(204)
      expect((await repeatUntil(200, 100, () => ledger.put(client, sizeBytes))).at(-1)).toBe(200)
      await ledger.verify(client)
      await stop()
      expect(defects).not.toEqual([])
    },
  )

  it('keeps the room for deletions over starts', async () => {
    mount('40m')
    const ledger = new Ledger()
    const first = await start()
    await first.client.makeBucket(bucket)
    for (let index = 0; index < 20; index += 1) await ledger.put(first.client, 900)
    await first.stop()
    fillDisk(`${directory.path}/filler`)
    for (let index = 0; index < 4; index += 1) {
      const { client, stop } = await start()
      expect(await ledger.put(client, 900)).toBe(503)
      expect(await ledger.put(client, 9000)).toBe(507)
      expect(await ledger.delete(client)).toBe(204)
      await ledger.verify(client)
      await stop()
    }
    rmSync(`${directory.path}/filler`)
    const { client, stop } = await start()
    expect(await ledger.put(client, 900)).toBe(200)
    await stop()
  })

  it('serves from a small disk, and again once there is room on it', async () => {
    mount('8m')
    const ledger = new Ledger()
    const { client, stop } = await start()
    await client.makeBucket(bucket)
    expect(await ledger.put(client, 900)).toBe(200)
    fillDisk(`${directory.path}/filler`)
    expect((await repeatUntil(503, 1000, () => ledger.put(client, 900))).at(-1)).toBe(503)
    expect(await ledger.delete(client)).toBe(204)
    rmSync(`${directory.path}/filler`)
    expect(await ledger.put(client, 900)).toBe(200)
    await ledger.verify(client)
    await stop()
  })
})
