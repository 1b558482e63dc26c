import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'

import { startServer, type ServerOptions, type StowageServer } from '@stowage/server'
import { RawClient } from './raw-client.ts'

/** Where objects are kept; every behaviour is the same in all of them. */
export const storeKinds = ['memory', 'disk'] as const

export type StoreKind = (typeof storeKinds)[number]

/** A new directory, and how to get rid of it. */
export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'stowage-server-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export interface Fixture {
  readonly server: StowageServer
  readonly client: RawClient
  readonly kind: StoreKind
}

/** Describes one behaviour for every kind of store; each has a server for all its tests. */
export function describeServers(
  name: string,
  body: (fixture: () => Fixture) => void,
  options: ServerOptions = {},
): void {
  describe.each(storeKinds)(`${name} (%s)`, (kind) => {
    const directory = temporaryDirectory()
    const defects: unknown[] = []
    let fixture: Fixture | undefined

    beforeAll(async () => {
      const server = await startServer({
        onDefect: (error) => defects.push(error),
        durability: 'flush',
        ...(kind === 'disk' ? { directory: directory.path } : {}),
        ...options,
      })
      fixture = { server, client: new RawClient(server, options.now), kind }
    })

    afterAll(async () => {
      fixture?.client.close()
      await fixture?.server.close()
      directory.remove()
      expect(defects).toEqual([])
    })

    body(() => {
      if (fixture === undefined) throw new Error('the server is not running')
      return fixture
    })
  })
}
