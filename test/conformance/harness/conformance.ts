import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest'
import { Client, type ClientOptions, type MakeBucketOptions } from 'stowage'
import { removeWithContent } from './clean-up.ts'
import type { Capability, RunningTarget, Target } from './target.ts'
import { targets } from './targets.ts'

/** What a case works with. */
export interface Case {
  readonly target: Target
  readonly running: RunningTarget
  readonly client: Client
  /** Makes an empty bucket; it is removed with its content after the case. */
  bucket(options?: MakeBucketOptions): Promise<string>
  /**
   * A name for a bucket that the case makes itself; it is removed like the others.
   *
   * @param shape makes the name out of twelve random hexadecimal digits
   */
  bucketName(shape?: (random: string) => string): string
  /** A client of the same store with other options. */
  newClient(options: Partial<ClientOptions>): Client
  /** A client without keys. */
  anonymous(): Client
  /** A client of somebody who has nothing but what the policies of buckets allow. */
  otherUser(): Client
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

/** The clients and buckets of one case. */
class Fixtures {
  readonly #running: RunningTarget
  readonly #clients: Client[] = []
  readonly #buckets: string[] = []

  constructor(running: RunningTarget) {
    this.#running = running
  }

  newClient(options: Partial<ClientOptions>): Client {
    const client = new Client({ ...this.#running.options, ...options })
    this.#clients.push(client)
    return client
  }

  /** The default would look for keys in the environment. */
  anonymous(): Client {
    const credentials = (): Promise<undefined> => Promise.resolve(undefined)
    return this.newClient({ accessKey: undefined, secretKey: undefined, credentials })
  }

  otherUser(): Client {
    if (!this.#running.otherUser) throw new Error("a case without needs: ['other users']")
    return this.newClient(this.#running.otherUser)
  }

  bucketName(shape = (random: string): string => `conformance-${random}`): string {
    const bucket = shape(randomBytes(6).toString('hex'))
    this.#buckets.push(bucket)
    return bucket
  }

  async cleanUp(client: Client): Promise<void> {
    for (const bucket of this.#buckets) await removeWithContent(client, bucket)
    for (const one of this.#clients) await one.close()
  }
}

/** Runs a case, and cleans up behind it. */
async function runCase(
  target: Target,
  running: RunningTarget,
  body: (context: Case) => Promise<void>,
): Promise<void> {
  const fixtures = new Fixtures(running)
  const client = fixtures.newClient({})
  try {
    await body({
      target,
      running,
      client,
      newClient: (options) => fixtures.newClient(options),
      anonymous: () => fixtures.anonymous(),
      otherUser: () => fixtures.otherUser(),
      bucketName: (shape) => fixtures.bucketName(shape),
      bucket: async (options = {}) => {
        const bucket = fixtures.bucketName()
        await client.makeBucket(bucket, options)
        return bucket
      },
    })
  } finally {
    await fixtures.cleanUp(client)
  }
}

function missing(target: Target, operation: string, options: CaseOptions): string | undefined {
  const omitted = target.omits?.[operation]
  if (omitted !== undefined) return `${operation}: ${omitted}`
  for (const need of options.needs ?? []) {
    const reason = target.lacks[need]
    if (reason !== undefined) return `${need}: ${reason}`
  }
  return undefined
}

/**
 * The cases of one operation of the client, on every target.
 *
 * @param operation the method, as the README names it
 */
export function conformance(operation: string, define: (defineCase: DefineCase) => void): void {
  for (const target of targets) {
    describe(target.name, () => {
      describe(operation, () => {
        let running: RunningTarget
        beforeAll(async () => {
          running = await target.start()
        })
        afterAll(() => running.stop())

        define((name, body, options = {}) => {
          const skipped = missing(target, operation, options)
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
}
