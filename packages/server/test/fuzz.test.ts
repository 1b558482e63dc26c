import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'

import { RawConnection, type RawClient, type RawRequest } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const bucket = 'fuzzed'

describeServers('a damaged request', (fixture) => {
  let client: RawClient
  const requests: readonly RawRequest[] = [
    { method: 'PUT', bucket, key: 'key', body: 'damaged' },
    { method: 'PUT', bucket, key: 'key', body: 'damaged', headers: { 'x-amz-meta-a': 'b' } },
    { method: 'DELETE', bucket, key: 'key' },
    { method: 'DELETE', bucket },
    { method: 'PUT', bucket: 'fuzzed2' },
    { bucket, key: 'key', query: { 'response-content-type': 'a' } },
    { bucket, query: { 'list-type': '2', prefix: 'a', 'max-keys': '7' } },
  ]

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
    await client.put(bucket, 'key', 'whole')
  })

  function wire(request: RawRequest): Buffer {
    const length = { 'content-length': String(Buffer.byteLength(request.body ?? '')) }
    const head = client.wireHead(request, { ...length, connection: 'close' })
    return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(request.body ?? '')])
  }

  /** Bytes that the signature binds: the target, the signed headers, the body. */
  const edit = fc.record({
    request: fc.nat(requests.length - 1),
    at: fc.nat(1_000_000),
    remove: fc.nat(3),
    insert: fc.uint8Array({ maxLength: 3 }),
  })

  it('changes nothing in the store and leaves the server alive', async () => {
    await fc.assert(
      fc.asyncProperty(edit, async ({ request, at, remove, insert }) => {
        const bytes = wire(requests[request] ?? {})
        const position = at % bytes.length
        const damaged = Buffer.concat([
          bytes.subarray(0, position),
          insert,
          bytes.subarray(position + remove),
        ])
        const connection = new RawConnection(fixture().server.port)
        connection.write(damaged)
        // What lacks its end gets no answer; then the connection is cut.
        const patience = setTimeout(() => connection.destroy(), 250)
        const answer = await connection.until('\r\n\r\n')
        clearTimeout(patience)
        connection.destroy()
        expect(answer).not.toContain('HTTP/1.1 500')
        if (answer.startsWith('HTTP/1.1 2')) return repair()
        expect((await client.get(bucket, 'key')).text).toBe('whole')
        expect((await client.send({ method: 'HEAD', bucket: 'fuzzed2' })).status).toBe(404)
        return undefined
      }),
      { seed: 7, numRuns: 300 },
    )
  })

  /** Some edits change nothing that counts, as one more blank behind a header's name does. */
  async function repair(): Promise<void> {
    await client.send({ method: 'PUT', bucket })
    await client.put(bucket, 'key', 'whole')
    await client.send({ method: 'DELETE', bucket: 'fuzzed2' })
  }
})
