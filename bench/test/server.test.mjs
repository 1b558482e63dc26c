import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { bulkKey, BYTES_PER_MIB, OBJECT_BYTES } from '../lib/payload.mjs'
import { receivedBytes } from '../lib/received-bytes.mjs'
import { startServerProcess } from '../lib/server-process.mjs'

/**
 * @param {string} url
 * @param {import('node:http').RequestOptions} options
 * @param {Buffer} [body]
 */
async function send(url, options, body) {
  const call = request(url, options)
  call.end(body)
  /** @type {import('node:http').IncomingMessage[]} */
  const [reply] = await once(call, 'response')
  assert.ok(reply)
  return { reply, body: await buffer(reply) }
}

test('sends large bodies whole, then serves the next request of the connection', async () => {
  const { target, stop } = await startServerProcess()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    const url = `${target.endpoint}/${target.bucket}/${bulkKey(5)}`
    const whole = await send(url, { agent })
    const range = await send(url, { agent, headers: { range: 'bytes=100-2000000' } })
    const small = await send(`${target.endpoint}/${target.bucket}/small`, { agent })
    assert.equal(whole.body.length, 5 * BYTES_PER_MIB)
    assert.equal(range.body.length, 2_000_000 - 100 + 1)
    assert.equal(range.reply.headers.etag, whole.reply.headers.etag)
    assert.equal(small.body.length, OBJECT_BYTES)
  } finally {
    agent.destroy()
    stop()
  }
})

test('tells how much it received, and the MD5 of each part when asked to', async () => {
  const { target, stop } = await startServerProcess(true)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    const url = `${target.endpoint}/${target.bucket}/${bulkKey(5)}?partNumber=1&uploadId=u`
    for (const fill of ['a', 'b']) {
      const body = Buffer.alloc(300_000, fill)
      const { reply } = await send(url, { agent, method: 'PUT' }, body)
      assert.equal(reply.headers.etag, `"${createHash('md5').update(body).digest('hex')}"`)
    }
    assert.equal(await receivedBytes(target), 600_000)
  } finally {
    agent.destroy()
    stop()
  }
})
