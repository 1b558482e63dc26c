import { assemble, type Assembly, type Surroundings } from '../../src/assemble.ts'
import type { Clock } from '../../src/clock.ts'
import { Client } from '../../src/client.ts'
import { putObject, type PutResult } from '../../src/operations/put-object.ts'
import type { ClientOptions } from '../../src/options.ts'
import { BytesBody } from '../../src/request/body.ts'
import type { S3Request } from '../../src/request/request.ts'

/** Keys that no server knows; the canary tests look for them where they must not be. */
export const keys = { accessKey: 'AKIDCANARY', secretKey: 'canary+Secret/Key=0123456789' } as const

/** A clock that stands still until somebody sleeps or turns it; it notes every sleep. */
export class VirtualClock implements Clock {
  now: number
  readonly sleeps: number[] = []

  constructor(now = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.now = now
  }

  nowMs(): number {
    return this.now
  }

  sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    this.sleeps.push(ms)
    this.now += ms
    return Promise.resolve()
  }
}

/** A client of an endpoint in path style, with keys; `await using` closes it. */
export function clientOf(endpoint: string, options: Partial<ClientOptions> = {}): Client {
  return new Client({ ...keys, ...options, endpoint })
}

/** The inside of a client, with a clock and randomness of the test's own. */
export function assembledFor(
  endpoint: string,
  surroundings: Partial<Surroundings> = {},
  options: Partial<ClientOptions> = {},
): Assembly & AsyncDisposable {
  const all: Surroundings = { clock: new VirtualClock(), random: () => 1, ...surroundings }
  const parts = assemble({ ...keys, ...options, endpoint }, all)
  return { ...parts, [Symbol.asyncDispose]: () => parts.close() }
}

/** PutObject of a text; `conditions` are headers. */
export function putText(
  text: string,
  conditions: Record<string, string> = {},
): S3Request<PutResult> {
  return putObject('bkt', 'k', new BytesBody(Buffer.from(text)), {}, conditions)
}

/** What a promise rejects with; fails when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('the promise was fulfilled')
}
