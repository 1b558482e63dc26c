import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { MemoryBlobs } from '../src/store/memory-blobs.ts'
import { openMemoryStore, type Store } from '../src/store/store.ts'
import { credentials, serve, type HttpServer } from './support/http-server.ts'
import { ManualTimers } from './support/manual-timers.ts'
import { passUntil } from './support/pass-until.ts'
import { RawConnection } from './support/raw-client.ts'
import { serverContext } from './support/server-context.ts'

describe('a slow body', () => {
  let timers: ManualTimers
  let store: Store
  let http: HttpServer

  beforeEach(async () => {
    timers = new ManualTimers()
    store = await openMemoryStore()
    http = await serve(serverContext(store, credentials), { timers })
    await http.client.makeBucket('slow')
  })

  afterEach(async () => {
    http.client.close()
    await http.listener.close()
    await store.close()
  })

  /** Begins an upload of 100 kB, and sends so many bytes of it each second. */
  async function upload(key: string, bytesPerSecond: number): Promise<[string, number]> {
    const connection = new RawConnection(http.port)
    const request = { method: 'PUT', bucket: 'slow', key, payloadHash: 'UNSIGNED-PAYLOAD' }
    const sizeBytes = 100_000
    connection.write(http.client.wireHead(request, { 'content-length': `${sizeBytes}` }))
    let sentBytes = 0
    const passedMs = await passUntil(timers, connection.untilClosed(), (ms) => {
      const bytes = ms % 1000 === 0 ? Math.min(bytesPerSecond, sizeBytes - sentBytes) : 0
      sentBytes += bytes
      connection.write('x'.repeat(bytes))
      if (sentBytes === sizeBytes) connection.destroy()
    })
    return [await connection.untilClosed(), passedMs]
  }

  function blobCount(): number {
    return store.blobs instanceof MemoryBlobs ? store.blobs.count : Number.NaN
  }

  it('that stops coming is given up after 30 s, and nothing is stored', async () => {
    const [answer, passedMs] = await upload('stopped', 0)
    expect(answer).toContain('<Code>RequestTimeout</Code>')
    expect(answer.toLowerCase()).toContain('connection: close')
    expect(passedMs).toBeGreaterThan(30_000)
    expect((await http.client.get('slow', 'stopped')).code).toBe('NoSuchKey')
    expect(blobCount()).toBe(0)
  })

  it('that trickles is given up after 10 s although it never stops', async () => {
    const [answer, passedMs] = await upload('trickled', 500)
    expect(answer).toContain('<Code>RequestTimeout</Code>')
    expect(passedMs).toBeGreaterThan(10_000)
    expect(passedMs).toBeLessThan(30_000)
    expect(blobCount()).toBe(0)
  })

  it('that keeps the least rate is waited for, however long it takes', async () => {
    const [answer, passedMs] = await upload('steady', 2000)
    expect(answer).not.toContain('<Code>RequestTimeout</Code>')
    expect(passedMs).toBeGreaterThanOrEqual(50_000)
  })
})
