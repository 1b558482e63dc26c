import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest'
import { Client, isS3Error, type ClientOptions } from 'stowage'
import type { Capability, RunningTarget, Target } from './target.ts'
import { targets } from './targets.ts'

/** What a case works with. */
export interface Case {
  readonly target: Target
  readonly client: Client
  /** Makes an empty bucket; it is removed with its content after the case. */
  bucket(): Promise<string>
  /** A client of the same store with other options. */
  newClient(options: Partial<ClientOptions>): Client
}

export interface CaseOptions {
  /** What the store must be able to do; elsewhere the case is skipped with the target's reason. */
  readonly needs?: readonly Capability[]
}

export type DefineCase = (
  name: string,
  body: (context: Case) => Promise<void>,
  options?: CaseOptions,
) => void

/** What a result tells the table of operations and targets. */
export interface ConformanceResult {
  readonly operation: string
  readonly target: string
  readonly skipped?: string | undefined
}

declare module 'vitest' {
  interface TaskMeta {
    conformance?: ConformanceResult
  }
}

async function empty(client: Client, bucket: string): Promise<void> {
  try {
    for await (const entry of client.listObjectsV2(bucket, { recursive: true })) {
      if (!entry.isPrefix) await client.removeObject(bucket, entry.object)
    }
    await client.removeBucket(bucket)
  } catch (error) {
    if (!isS3Error(error, 'NoSuchBucket')) throw error
  }
}

/** Runs cases, open clients and buckets included, and cleans up behind each. */
async function runCase(
  target: Target,
  running: RunningTarget,
  body: (context: Case) => Promise<void>,
): Promise<void> {
  const clients: Client[] = []
  const buckets: string[] = []
  const newClient = (options: Partial<ClientOptions>): Client => {
    const client = new Client({ ...running.options, ...options })
    clients.push(client)
    return client
  }
  const client = newClient({})
  try {
    await body({
      target,
      client,
      newClient,
      bucket: async () => {
        const bucket = `conformance-${randomBytes(6).toString('hex')}`
        await client.makeBucket(bucket)
        buckets.push(bucket)
        return bucket
      },
    })
  } finally {
    for (const bucket of buckets) await empty(client, bucket)
    for (const one of clients) await one.close()
  }
}

function missing(target: Target, options: CaseOptions): string | undefined {
  for (const need of options.needs ?? []) {
    const reason = target.lacks[need]
    if (reason !== undefined) return `${need}: ${reason}`
  }
  return undefined
}

/**
 * The cases of one operation of the client, on every target.
 *
 * @param operation the method, as API.md and the README name it
 */
export function conformance(operation: string, define: (defineCase: DefineCase) => void): void {
  describe.each(targets)('$name', (target) => {
    describe(operation, () => {
      let running: RunningTarget
      beforeAll(async () => {
        running = await target.start()
      })
      afterAll(() => running.stop())

      define((name, body, options = {}) => {
        const skipped = missing(target, options)
        it(
          name,
          { meta: { conformance: { operation, target: target.name, skipped } } },
          (test: TestContext) => {
            if (skipped !== undefined) test.skip(skipped)
            return runCase(target, running, body)
          },
        )
      })
    })
  })
}
