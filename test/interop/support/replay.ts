import type { Driver, DriverKind } from './driver.ts'
import { startTestServer, type StoreKind, type TestServer } from './fixture.ts'
import { sendRaw, type WireReply } from './raw-http.ts'
import { wireBytes, type RecordedRequest } from '../../support/recorded-request.ts'
import { startRecordingProxy } from './recording-proxy.ts'
import { dump, seed, type Scenario } from './scenarios.ts'
import { stowage } from './stowage-driver.ts'

export const keys = { accessKey: 'interop-key', secretKey: 'interop-secret' } as const

/** A server in the seeded state, and a client that is known to be good. */
export interface SeededServer extends TestServer, AsyncDisposable {
  readonly witness: Driver
}

export async function startSeeded(
  now: () => Date = () => new Date(),
  store: StoreKind = 'memory',
): Promise<SeededServer> {
  // The seeding client lives by the real clock, the requests that are replayed by the given one.
  let clock = (): Date => new Date()
  const running = await startTestServer(store, { ...keys, now: () => clock() })
  const witness = stowage.open(running.server)
  const close = async (): Promise<void> => {
    await witness.close()
    await running.close()
  }
  try {
    await seed(witness)
  } catch (error) {
    await close()
    throw error
  }
  clock = now
  return { ...running, witness, close, [Symbol.asyncDispose]: close }
}

/** The requests that a client sends for one call, as bytes. */
export async function record(
  kind: DriverKind,
  scenario: Scenario,
): Promise<readonly RecordedRequest[]> {
  const seeded = await startSeeded()
  const proxy = await startRecordingProxy(seeded.server.port)
  const { region } = seeded.server
  const driver = kind.open({ ...keys, region, port: proxy.port })
  try {
    await scenario.run(driver)
    return proxy.requests()
  } finally {
    await driver.close()
    await proxy.close()
    await seeded.close()
  }
}

export function replay(port: number, request: RecordedRequest): Promise<WireReply> {
  return sendRaw(port, wireBytes(request), request.method === 'HEAD')
}

export interface Attempt {
  readonly what: string
  readonly request: RecordedRequest
}

/** An attempt that was not refused, with what it sent. */
export interface Acceptance {
  readonly what: string
  readonly status: number
  readonly sent: string
}

/** Some wait for a while, because their length promises more than they bring. */
const atATime = 16

/**
 * Makes every attempt on a server.
 * @returns those that were not refused, and whether the store is as it was before
 */
export async function attack(
  { server, witness }: SeededServer,
  attempts: readonly Attempt[],
): Promise<{ accepted: Acceptance[]; before: unknown; after: unknown }> {
  const before = await dump(witness)
  const accepted: Acceptance[] = []
  const queue = attempts.values()
  const worker = async (): Promise<void> => {
    for (const { what, request } of queue) {
      const { status } = await replay(server.port, request)
      if (status >= 400 && status < 500) continue
      accepted.push({ what, status, sent: wireBytes(request).toString('latin1') })
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  return { accepted, before, after: await dump(witness) }
}
