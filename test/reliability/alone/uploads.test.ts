import { connect } from 'node:net'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'

import { RawClient } from '../../../packages/server/test/support/raw-client.ts'
import { record } from '../support/proof.ts'
import { ServerProcess } from './support/processes.ts'

const uploads = 1000
const mostBytes = 512 * 2 ** 20
const bucket = 'uploads'
const body = Buffer.alloc(5 * 2 ** 20, 'five mebibytes ')

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stowage-uploads-'))
  folders.push(folder)
  return folder
}

/** Twice what is stored. */
function hasRoom(): boolean {
  const { bavail, bsize } = statfsSync(tmpdir())
  return bavail * bsize > 2 * uploads * body.length
}

/** Sends the head and the same bytes on a connection of its own. @returns whether it was stored */
function upload(port: number, head: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    let answer = ''
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1')
      if (answer.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer.startsWith('HTTP/1.1 200 ')))
    socket.write(head)
    socket.write(body)
  })
}

const title = 'takes 1,000 uploads of 5 MiB at once in less than 512 MiB of memory'
it.skipIf(!hasRoom())(`${title} (skipped with less than 10 GiB of disk)`, async () => {
  const server = await ServerProcess.start({ directory: newFolder(), durability: 'flush' })
  const { accessKey, secretKey } = server.address
  const client = new RawClient({ accessKey, secretKey, port: server.port, region: 'us-east-1' })
  await client.makeBucket(bucket)
  const heads = Array.from({ length: uploads }, (_, index) =>
    client.wireHead(
      { method: 'PUT', bucket, key: `key-${index}`, payloadHash: 'UNSIGNED-PAYLOAD' },
      { 'content-length': `${body.length}` },
    ),
  )
  const began = performance.now()
  const stored = await Promise.all(heads.map((head) => upload(server.port, head)))
  const seconds = (performance.now() - began) / 1000
  const reached = stored.filter(Boolean).length
  const { peakRssBytes, longestStallMs } = await server.state()
  const { body: last } = await client.get(bucket, `key-${uploads - 1}`)
  client.close()
  await server.stop()
  const tooLarge = peakRssBytes > mostBytes ? 1 : 0
  const wrong = last.equals(body) ? 0 : 1
  record({
    proof: 'uploads at once (disk): 1,000 connections, 5 MiB each',
    unit: 'uploads',
    reached,
    required: uploads,
    failures: { 'not stored': uploads - reached, 'wrong bytes': wrong, 'over 512 MiB': tooLarge },
    notes: [
      `peak ${(peakRssBytes / 2 ** 20).toFixed(0)} MiB of memory in all`,
      `${seconds.toFixed(0)} s`,
      `longest stall ${longestStallMs.toFixed(0)} ms`,
    ],
  })
  expect({ reached, wrong, tooLarge }).toEqual({ reached: uploads, wrong: 0, tooLarge: 0 })
})
