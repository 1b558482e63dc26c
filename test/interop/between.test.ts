import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Driver } from './support/driver.ts'
import { allDrivers } from './support/drivers.ts'
import { startTestServer, storeKinds, type TestServer } from './support/fixture.ts'

const bytes = Buffer.from(Array.from({ length: 256 * 40 }, (_, index) => (index * 7) % 256))
const etag = createHash('md5').update(bytes).digest('hex')
const key = 'folder/sp ace+é %2F'
const facts = {
  sizeBytes: bytes.length,
  etag,
  contentType: 'application/x-between; v="1"',
  metadata: { colour: 'red', 'many-words': 'one, two' },
}

/** What one client writes every other one reads: bytes, ETag, metadata and content type. */
describe.each(storeKinds)('between clients (%s)', (store) => {
  let running: TestServer | undefined
  let drivers: ReadonlyMap<string, Driver> = new Map()

  beforeAll(async () => {
    running = await startTestServer(store)
    const { server } = running
    drivers = new Map(allDrivers.map((kind) => [kind.name, kind.open(server)]))
  })

  afterAll(async () => {
    for (const driver of drivers.values()) await driver.close()
    await running?.close()
    expect(running?.defects).toEqual([])
  })

  const names = allDrivers.map(({ name }) => name)
  const pairs = names.flatMap((writer) => names.map((reader) => ({ writer, reader })))

  function driver(name: string): Driver {
    const found = drivers.get(name)
    if (found === undefined) throw new Error(`no client ${name}`)
    return found
  }

  it.each(pairs)('$reader reads what $writer wrote', async ({ writer, reader }) => {
    const from = driver(writer)
    const to = driver(reader)
    const bucket = `${writer}-to-${reader}`
    await from.makeBucket(bucket)
    const { contentType, metadata } = facts
    expect(await from.put(bucket, key, bytes, { contentType, metadata })).toBe(etag)
    expect(await from.putStream(bucket, 'streamed', [bytes, bytes])).not.toBe('')

    expect(await to.bucketExists(bucket)).toBe(true)
    expect(await to.stat(bucket, key)).toEqual(facts)
    expect(await to.get(bucket, key)).toEqual(bytes)
    expect(await to.get(bucket, key, { offset: 100, length: 9000 })).toEqual(
      bytes.subarray(100, 9100),
    )
    expect(await to.get(bucket, 'streamed')).toEqual(Buffer.concat([bytes, bytes]))
    expect((await to.list(bucket)).keys).toEqual([key, 'streamed'])

    await to.remove(bucket, key)
    await to.remove(bucket, 'streamed')
    expect((await from.list(bucket)).keys).toEqual([])
    await to.removeBucket(bucket)
    expect(await from.bucketExists(bucket)).toBe(false)
  })
})
