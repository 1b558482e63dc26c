import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type ServerOptions } from '@stowage/server'
import type { RunningTarget, Target } from './target.ts'

async function startEmbedded(options: ServerOptions): Promise<RunningTarget> {
  const server = await startServer({ port: 0, ...options })
  const { endpoint, accessKey, secretKey } = server
  return { options: { endpoint, accessKey, secretKey }, stop: () => server.close() }
}

const inMemory: Target = {
  name: 'embedded, memory',
  lacks: {},
  start: () => startEmbedded({}),
}

const onDisk: Target = {
  name: 'embedded, disk',
  lacks: {},
  start: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'stowage-conformance-'))
    const running = await startEmbedded({ directory, durability: 'flush' })
    return {
      options: running.options,
      stop: async () => {
        await running.stop()
        await rm(directory, { recursive: true })
      },
    }
  },
}

/** The targets of this run. */
export const targets: readonly Target[] = [inMemory, onDisk]
