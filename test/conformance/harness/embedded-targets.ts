import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type ServerOptions } from '@stowage/server'
import type { RunningTarget, Target } from './target.ts'

const otherUser = { accessKey: 'conformance-other', secretKey: 'conformance-other-secret' }

async function startEmbedded(options: ServerOptions): Promise<RunningTarget> {
  const server = await startServer({
    port: 0,
    users: [otherUser],
    // Port 9 is that of nobody: what a bucket tells is proven elsewhere.
    webhooks: { hook: { url: 'http://127.0.0.1:9/' } },
    encryption: { kmsKeys: { 'conformance-key': new Uint8Array(32).fill(7) } },
    ...options,
  })
  const { endpoint, accessKey, secretKey, region } = server
  return {
    options: { endpoint, accessKey, secretKey },
    otherUser,
    listener: { kind: 'queues', arn: `arn:minio:sqs:${region}:hook:webhook` },
    kmsKeyId: 'conformance-key',
    stop: () => server.close(),
  }
}

/** What the embedded server has not; see its GAPS.md. */
const lacks = {
  'other regions': 'an embedded server is one region',
  'bucket lifecycle': 'the embedded server removes nothing by itself',
} as const

const inMemory: Target = {
  name: 'embedded, memory',
  lacks,
  start: () => startEmbedded({}),
}

const onDisk: Target = {
  name: 'embedded, disk',
  lacks: {
    ...lacks,
    'thousands of uploads': 'takes long; the listing is that of the target in memory',
  },
  start: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'stowage-conformance-'))
    const running = await startEmbedded({ directory, durability: 'flush' })
    return {
      ...running,
      stop: async () => {
        await running.stop()
        await rm(directory, { recursive: true })
      },
    }
  },
}

/** Our own server, both ways it keeps objects. */
export const embeddedTargets: readonly Target[] = [inMemory, onDisk]
