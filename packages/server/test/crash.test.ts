import { fork, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'

import { RawClient } from './support/raw-client.ts'
import { temporaryDirectory } from './support/stores.ts'

// The process that is killed runs what `npm run build` made: Node runs no TypeScript by itself.
const built = join(import.meta.dirname, '../dist/index.js')
const keys = { accessKey: 'crashtest', secretKey: 'crashtest-secret', region: 'us-east-1' }
const rounds = 4
const writers = 6
const bucket = 'crash'

/** What is known of one key: what was answered, and what was under way when the server died. */
interface Known {
  acknowledged: string
  pending: string | undefined
}

const nothing = 'nothing'

function digest(body: Uint8Array | undefined): string {
  return body === undefined ? nothing : createHash('sha1').update(body).digest('hex')
}

describe.skipIf(!existsSync(built))('kill -9 (skipped where the packages are not built)', () => {
  it.each(['flush', 'durable'])(
    'loses nothing that was answered, and mixes nothing (%s)',
    async (durability) => {
      const directory = temporaryDirectory()
      try {
        const known = new Map<string, Known>()
        for (let round = 0; round < rounds; round += 1) {
          const { child, client } = await startChild(directory.path, durability)
          if (round === 0) await client.makeBucket(bucket)
          await verify(client, known)
          await writeUntilKilled(child, client, known, 40 + round * 40)
          client.close()
        }
        const { child, client } = await startChild(directory.path, durability)
        await verify(client, known)
        await expectNoOrphans(directory.path, client)
        await kill(child)
        client.close()
      } finally {
        directory.remove()
      }
    },
  )
})

interface Running {
  readonly child: ChildProcess
  readonly client: RawClient
}

async function startChild(directory: string, durability: string): Promise<Running> {
  const script = join(directory, '..', `crash-server-${process.pid}.mjs`)
  writeFileSync(
    script,
    `import { startServer } from ${JSON.stringify(pathToFileURL(built).href)}
     const options = ${JSON.stringify({ directory, durability, ...keys })}
     const { port } = await startServer(options)
     process.send(port)`,
  )
  const child = fork(script, { execArgv: [] })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(Number(message)))
    child.once('exit', () => reject(new Error('the server did not start')))
  })
  rmSync(script)
  return { child, client: new RawClient({ port, ...keys }) }
}

function kill(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.removeAllListeners('exit')
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

async function verify(client: RawClient, known: Map<string, Known>): Promise<void> {
  for (const [key, state] of known) {
    const read = await client.get(bucket, key)
    const found = read.status === 404 ? nothing : digest(read.body)
    expect([state.acknowledged, state.pending]).toContain(found)
    known.set(key, { acknowledged: found, pending: undefined })
  }
  const { text } = await client.send({ bucket })
  const listed = [...text.matchAll(/<Key>([^<]*)</g)].map((match) => match[1])
  const held = [...known].filter(([, { acknowledged }]) => acknowledged !== nothing)
  expect(listed).toEqual(held.map(([key]) => key).sort((a, b) => (a < b ? -1 : 1)))
}

async function writeUntilKilled(
  child: ChildProcess,
  client: RawClient,
  known: Map<string, Known>,
  afterMs: number,
): Promise<void> {
  const work = Array.from({ length: writers }, (_, writer) => write(client, known, writer))
  await new Promise((resolve) => setTimeout(resolve, afterMs))
  await kill(child)
  await Promise.all(work)
}

const sizes = [10, 4096, 5000, 300_000, 800_000]

/** Writes, overwrites and deletes until a request fails: then the server is dead. */
async function write(client: RawClient, known: Map<string, Known>, writer: number): Promise<void> {
  for (let step = 0; ; step += 1) {
    const key = `writer${writer}/key${step % 7}`
    const body =
      step % 5 === 4
        ? undefined
        : Buffer.alloc(sizes[(step + writer) % sizes.length] ?? 0, `${writer}:${step} `)
    const state = known.get(key) ?? { acknowledged: nothing, pending: undefined }
    state.pending = digest(body)
    known.set(key, state)
    try {
      await (body === undefined
        ? client.send({ method: 'DELETE', bucket, key })
        : client.put(bucket, key, body))
    } catch {
      return
    }
    known.set(key, { acknowledged: state.pending, pending: undefined })
  }
}

async function expectNoOrphans(directory: string, client: RawClient): Promise<void> {
  const blobs = join(directory, 'blobs')
  const files = readdirSync(blobs).flatMap((shard) => readdirSync(join(blobs, shard)))
  const { text } = await client.send({ bucket })
  const listed = [...text.matchAll(/<Size>(\d+)</g)].map((match) => Number(match[1]))
  expect(files).toHaveLength(listed.filter((sizeBytes) => sizeBytes > 4096).length)
}
