import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { Handler } from '../src/http/handler.ts'
import { Listener } from '../src/http/listener.ts'
import type { BodyLimits } from '../src/http/request-body.ts'
import { MemoryBlobs } from '../src/store/memory-blobs.ts'
import { openMemoryStore, type Store } from '../src/store/store.ts'
import { serverContext } from './support/server-context.ts'
import { RawClient, RawConnection } from './support/raw-client.ts'

const credentials = { accessKey: 'somebody', secretKey: 'something long' }

function describeLimits(
  name: string,
  bodyLimits: BodyLimits,
  body: (get: () => Setup) => void,
): void {
  describe(name, () => {
    let setup: Setup | undefined
    let listener: Listener | undefined

    beforeAll(async () => {
      const store = await openMemoryStore()
      const newRequestId = (): string => 'ID'
      const handler = new Handler({
        context: serverContext(store, credentials),
        cors: [],
        domain: 'localhost',
        bodyLimits,
        newRequestId,
        onDefect: (error) => {
          throw error
        },
      })
      const address = { host: '127.0.0.1', port: 0 }
      listener = new Listener(handler, { ...address, maxConnections: 100, newRequestId })
      const port = await listener.listen()
      const client = new RawClient({ ...credentials, port, region: 'us-east-1' })
      await client.makeBucket('slow')
      setup = { client, store, port }
    })

    afterAll(async () => {
      setup?.client.close()
      await listener?.close()
      await setup?.store.close()
    })

    body(() => {
      if (setup === undefined) throw new Error('the server is not running')
      return setup
    })
  })
}

interface Setup {
  readonly client: RawClient
  readonly store: Store
  readonly port: number
}

async function uploadSlowly(setup: Setup, key: string, everyMs: number): Promise<string> {
  const { client, port } = setup
  const connection = new RawConnection(port)
  const request = { method: 'PUT', bucket: 'slow', key, payloadHash: 'UNSIGNED-PAYLOAD' }
  connection.write(client.wireHead(request, { 'content-length': '10' }))
  let sentBytes = 0
  const timer = setInterval(() => {
    if (sentBytes < 10) connection.write('x')
    sentBytes += 1
  }, everyMs)
  const answer = await connection.until('</Error>')
  clearInterval(timer)
  connection.destroy()
  return answer
}

function blobsOf({ blobs }: Store): number {
  return blobs instanceof MemoryBlobs ? blobs.count : Number.NaN
}

describeLimits(
  'a body that stops coming',
  { idleMs: 50, minBytesPerSecond: 0, rateGraceMs: 1000 },
  (get) => {
    it('is given up, and nothing is stored', async () => {
      const answer = await uploadSlowly(get(), 'stopped', 10_000)
      expect(answer).toContain('<Code>RequestTimeout</Code>')
      expect(answer.toLowerCase()).toContain('connection: close')
      expect((await get().client.get('slow', 'stopped')).code).toBe('NoSuchKey')
      expect(blobsOf(get().store)).toBe(0)
    })
  },
)

describeLimits(
  'a body that trickles',
  { idleMs: 10_000, minBytesPerSecond: 1_000_000, rateGraceMs: 60 },
  (get) => {
    it('is given up although it never stops', async () => {
      const answer = await uploadSlowly(get(), 'trickled', 20)
      expect(answer).toContain('<Code>RequestTimeout</Code>')
      expect(blobsOf(get().store)).toBe(0)
    })
  },
)
