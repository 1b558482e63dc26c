import { startServer, type ServerOptions, type StowageServer } from '@stowage/server'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { Client } from 'stowage'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { launchBrowser, missingBrowser, type Browser } from './chromium.ts'
import { startPageServer, type PageServer } from './page-server.ts'

export interface Fixture {
  readonly server: StowageServer
  readonly client: Client
  /** Of the pages. */
  readonly origin: string
  /** Another origin with the same pages. */
  readonly otherOrigin: string
  /** A tab with an empty page of that origin. It is closed behind the test. */
  open(): Promise<Page>
  /** The path of a new file for an input of a page. */
  file(name: string, bytes: Uint8Array): string
  /** A name that no other test of this server uses. */
  newBucket(): Promise<string>
  /** All keys of a bucket. */
  keys(bucket: string): Promise<readonly string[]>
  read(bucket: string, key: string): Promise<Buffer>
}

interface World {
  readonly fixture: Fixture
  readonly browser: Browser
  close(): Promise<void>
}

/** Describes what pages of another site can do with a server; skipped where there is no browser. */
export function describeInBrowser(
  name: string,
  serverOptions: (origin: string) => ServerOptions,
  body: (fixture: () => Fixture) => void,
): void {
  describe(name, () => {
    if (missingBrowser !== undefined) {
      it.skip(missingBrowser, () => {})
      return
    }
    let world: World | undefined
    const defects: unknown[] = []

    beforeAll(async () => {
      world = await startWorld(serverOptions, (error) => defects.push(error))
    })

    afterEach(async () => {
      for (const page of world?.browser.context.pages().slice(1) ?? []) await page.close()
    })

    afterAll(async () => {
      await world?.close()
      expect(defects).toEqual([])
    })

    body(() => {
      if (world === undefined) throw new Error('the server is not running')
      return world.fixture
    })
  })
}

async function startWorld(
  serverOptions: (origin: string) => ServerOptions,
  onDefect: (error: unknown) => void,
): Promise<World> {
  const pages = await startPageServer()
  const server = await startServer({ ...serverOptions(pages.origin), onDefect })
  const folder = mkdtempSync(join(tmpdir(), 'stowage-browser-'))
  const { endpoint, accessKey, secretKey } = server
  const client = new Client({ endpoint, accessKey, secretKey })
  const close = async (): Promise<void> => {
    await client.close()
    await server.close()
    await pages.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const browser = await launchBrowser()
    const closeAll = async (): Promise<void> => {
      await Promise.allSettled([browser.close()])
      await close()
    }
    return {
      fixture: fixtureOf({ server, client, pages, browser, folder }),
      browser,
      close: closeAll,
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface Parts {
  readonly server: StowageServer
  readonly client: Client
  readonly pages: PageServer
  readonly browser: Browser
  readonly folder: string
}

function fixtureOf({ server, client, pages, browser, folder }: Parts): Fixture {
  let buckets = 0
  return {
    server,
    client,
    origin: pages.origin,
    otherOrigin: pages.otherOrigin,
    async open() {
      const page = await browser.context.newPage()
      await page.goto(`${pages.origin}/`)
      return page
    },
    file(name, bytes) {
      const path = join(mkdtempSync(join(folder, 'file-')), name)
      writeFileSync(path, bytes)
      return path
    },
    async newBucket() {
      const bucket = `bucket-${buckets++}`
      await client.makeBucket(bucket)
      return bucket
    },
    async keys(bucket) {
      const entries = await client.listObjectsV2(bucket, { recursive: true }).toArray()
      return entries.map((entry) => (entry.isPrefix ? entry.prefix : entry.object))
    },
    async read(bucket, key) {
      const reader = await client.getObject(bucket, key)
      return Buffer.from(await reader.bytes())
    },
  }
}
