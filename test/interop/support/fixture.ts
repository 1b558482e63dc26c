import { startServer, type ServerOptions, type StowageServer } from '@stowage/server'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'

import type { Driver, DriverKind } from './driver.ts'

export const storeKinds = ['memory', 'disk'] as const
export type StoreKind = (typeof storeKinds)[number]

/** A server whose end also removes its directory and reports the defects it had. */
export interface TestServer {
  readonly server: StowageServer
  readonly defects: readonly unknown[]
  close(): Promise<void>
}

export async function startTestServer(
  kind: StoreKind,
  options: ServerOptions = {},
): Promise<TestServer> {
  const directory = kind === 'disk' ? mkdtempSync(join(tmpdir(), 'stowage-interop-')) : undefined
  const defects: unknown[] = []
  const server = await startServer({
    directory,
    durability: 'flush',
    onDefect: (error) => defects.push(error),
    ...options,
  })
  const close = async (): Promise<void> => {
    await server.close()
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  }
  return { server, defects, close }
}

export interface Fixture {
  readonly server: StowageServer
  readonly driver: Driver
  readonly abilities: DriverKind['abilities']
  /** A name that no other test of this server uses. */
  newBucket(): Promise<string>
}

/** Describes a behaviour for every store and each of the clients. */
export function describeDrivers(
  name: string,
  kinds: readonly DriverKind[],
  body: (fixture: () => Fixture) => void,
): void {
  const rows = storeKinds.flatMap((store) =>
    kinds.map((kind) => ({ store, client: kind.name, kind })),
  )
  describe.each(rows)(`${name}: $client, $store`, ({ store, kind }) => {
    let running: TestServer | undefined
    let fixture: Fixture | undefined

    beforeAll(async () => {
      running = await startTestServer(store)
      const { server } = running
      const driver = kind.open(server)
      let buckets = 0
      const newBucket = async (): Promise<string> => {
        const bucket = `bucket-${buckets++}`
        await driver.makeBucket(bucket)
        return bucket
      }
      fixture = { server, driver, abilities: kind.abilities, newBucket }
    })

    afterAll(async () => {
      await fixture?.driver.close()
      await running?.close()
      expect(running?.defects).toEqual([])
    })

    body(() => {
      if (fixture === undefined) throw new Error('the server is not running')
      return fixture
    })
  })
}

/** What a call failed with. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error
  }
  throw new Error('the call succeeded')
}
