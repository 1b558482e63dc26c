import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startServer, type StowageServer } from '@stowage/server'
import { Client, type ClientOptions } from 'stowage'
import { systemClock } from '../../../packages/client/src/clock.ts'
import { randomFrom } from '../../support/random.ts'
import { elsewhere } from './answers.ts'
import type { FaultCase } from './cases.ts'
import { FaultProxy, type Measured, type Passage } from './fault-proxy.ts'
import { oldBytes, lockedBucket, sharedBucket, witnessKey } from './operation.ts'
import type { Operation, SourceObject, Trial } from './operation.ts'
import { complaintsOf, deadlineMs, type Complaint, type Evidence, type Outcome } from './verdict.ts'

// It has no types, being there for undici's own tests.
const undiciTimers = createRequire(import.meta.url)('undici/lib/util/timers.js') as {
  tick(ms: number): void
}

const region = 'eu-central-1'
const keys = { accessKey: 'matrix-access', secretKey: 'matrix-secret-key' }

/** The client's limits. They pass at once where nothing happens any more: see `Silence`. */
const limitMs = 20_000
/** After the deadline; a call that has not ended then hangs. */
const settlingMs = 1000

/** The virtual time, for clients and server. */
let nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)

/** What one case did to the clock. */
interface Watch {
  sleptMs: number
  sleeps: number
  readonly onSleep: (sleeps: number) => void
}
const watches = new AsyncLocalStorage<Watch>()

/** Clients take their time from here: whoever sleeps wakes at once, and the clock has gone on. */
export function useVirtualClock(): () => void {
  const { nowMs: realNow, sleep } = systemClock
  systemClock.nowMs = () => nowMs
  systemClock.sleep = (ms, signal) => {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    nowMs += ms
    const watch = watches.getStore()
    if (watch) {
      watch.sleptMs += ms
      watch.onSleep(++watch.sleeps)
    }
    return Promise.resolve()
  }
  return () => Object.assign(systemClock, { nowMs: realNow, sleep })
}

/** What a case came to. */
export interface Finding {
  /** Whether the fault happened. */
  readonly reached: boolean
  readonly complaints: readonly Complaint[]
}

/** A store, a host that nobody may call, and what the cases share. */
export class Matrix implements AsyncDisposable {
  readonly #server: StowageServer
  readonly #store: Client
  readonly #elsewhere: Server
  readonly #folder: string
  readonly #prepared = new Map<Operation, Promise<Prepared>>()
  #cases = 0
  /** Connections to the other host. */
  strays = 0

  private constructor(server: StowageServer, elsewhereServer: Server, folder: string) {
    this.#server = server
    this.#elsewhere = elsewhereServer
    this.#folder = folder
    this.#store = this.#clientOf({ endpoint: server.endpoint })
    elsewhereServer.on('connection', (socket) => {
      this.strays++
      socket.destroy()
    })
  }

  static async start(objects: readonly SourceObject[] = []): Promise<Matrix> {
    const server = await startServer({
      ...keys,
      region,
      now: () => new Date(nowMs),
      encryption: { kmsKeys: { key: Buffer.alloc(32, 7) } },
      webhooks: { hook: { url: 'http://127.0.0.1:9/' } },
    })
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    elsewhere.port = (other.address() as AddressInfo).port // It listens on TCP.
    const matrix = new Matrix(server, other, await mkdtemp(join(tmpdir(), 'stowage-matrix-')))
    await matrix.#store.makeBucket(sharedBucket)
    await matrix.#store.makeBucket(lockedBucket, { objectLock: true })
    for (const { key, bytes, options } of [{ key: witnessKey, bytes: oldBytes }, ...objects]) {
      await matrix.#store.putObject(sharedBucket, key, bytes, options)
    }
    return matrix
  }

  newProxy(): Promise<FaultProxy> {
    return FaultProxy.start(this.#server.port)
  }

  /** Runs an operation without a fault, and measures its requests. */
  async measure(operation: Operation, proxy: FaultProxy): Promise<readonly Measured[]> {
    await this.#preparedFor(operation)
    proxy.arm(() => undefined)
    const trial = await this.#trial(operation, proxy)
    const result = await operation.run(trial)
    await trial.close()
    if (!(await operation.isRight(result, trial))) {
      throw new Error(`${operation.name} is not right without a fault: ${JSON.stringify(result)}`)
    }
    return proxy.measured.map((request) => ({ ...request }))
  }

  async run(faultCase: FaultCase, proxy: FaultProxy): Promise<Finding> {
    const { operation, fault } = faultCase
    const { before, done } = await this.#preparedFor(operation)
    proxy.arm(() => undefined)
    const trial = await this.#trial(operation, proxy)
    const controller = new AbortController()
    const call = { signal: controller.signal, timeout: deadlineMs }
    const watch: Watch = {
      sleptMs: 0,
      sleeps: 0,
      // Who listens tries for ever.
      onSleep: (sleeps) => {
        if (sleeps > 12) controller.abort(new Error('the case leaves'))
      },
    }
    await this.#prepareConnection(faultCase, trial, proxy)
    const mayWait = fault.waits === true || fault.alters !== undefined
    const silence = mayWait ? new Silence(proxy, operation.weight ?? 1) : undefined
    const outcome = await watches.run(watch, () => settle(operation.run({ ...trial, call })))
    const { reached } = proxy
    const listeners = getEventListeners(controller.signal, 'abort').length
    const witness =
      fault.alters === 'answer' && faultCase.repeat === 'once' && outcome.kind !== 'hang'
        ? await witnessed(trial.client)
        : undefined
    silence?.end()
    const strays = await this.#leaksOf(trial, proxy)
    const states =
      operation.state === undefined
        ? undefined
        : { before, done, after: await operation.state(trial) }
    const looksForUploads = operation.state !== undefined && operation.isOfUploads !== true
    const uploads = looksForUploads ? await this.#uploadsOf(trial) : []
    const evidence: Evidence = { outcome, states, uploads, witness, sleptMs: watch.sleptMs }
    const complaints = [...(await complaintsOf(faultCase, { ...trial, call }, evidence)), ...strays]
    if (listeners > 0) complaints.push({ kind: 'leak', problem: `${listeners} listeners` })
    await proxy.listen()
    if (trial.folder !== '') await rm(trial.folder, { recursive: true })
    return { reached: reached > 0 || fault.before !== undefined, complaints }
  }

  /** Does to the connection what the fault says, before the call, or arms the proxy. */
  async #prepareConnection(faultCase: FaultCase, trial: Trial, proxy: FaultProxy): Promise<void> {
    const { fault } = faultCase
    if (fault.family === 'stale connection') await witnessed(trial.client)
    if (fault.before === 'refuse') await proxy.refuse()
    else if (fault.before !== undefined) proxy.hangUp(fault.before)
    proxy.arm(planOf(faultCase, proxy))
  }

  /** What is left of a client that was closed. */
  async #leaksOf(trial: Trial, proxy: FaultProxy): Promise<Complaint[]> {
    await trial.close()
    for (let turns = 0; proxy.openSockets > 0 && turns < 200; turns++)
      await pause(turns < 20 ? 0 : 5)
    const sockets = proxy.openSockets
    return sockets > 0 ? [{ kind: 'leak', problem: `${sockets} sockets` }] : []
  }

  async #uploadsOf({ store, bucket, key }: Trial): Promise<string[]> {
    const inBucket = [sharedBucket, lockedBucket].includes(bucket)
    if (!inBucket) return []
    const uploads = await store.listIncompleteUploads(bucket, { prefix: key }).toArray()
    return uploads.map((upload) => String(Reflect.get(upload, 'uploadId')))
  }

  /** What an operation finds and leaves; an operation that changes nothing is prepared only here. */
  #preparedFor(operation: Operation): Promise<Prepared> {
    const known = this.#prepared.get(operation)
    if (known) return known
    const prepared = this.#prepare(operation)
    this.#prepared.set(operation, prepared)
    return prepared
  }

  async #prepare(operation: Operation): Promise<Prepared> {
    const place = await this.#place(operation)
    const folder = await this.#folderFor(operation)
    const store = this.#store
    const close = (): Promise<void> => Promise.resolve()
    const trial: Trial = { ...place, folder, store, client: store, call: {}, close }
    await operation.prepare?.(trial)
    const before = (await operation.state?.(trial)) ?? ''
    if (operation.state !== undefined) await operation.run(trial)
    const done = (await operation.state?.(trial)) ?? ''
    if (folder !== '') await rm(folder, { recursive: true })
    return { place, before, done }
  }

  async #place({ bucket }: Operation): Promise<Place> {
    const number = String(++this.#cases).padStart(7, '0')
    const key = `case-${number}`
    if (bucket === 'own') {
      await this.#store.makeBucket(`own-${number}`)
      return { bucket: `own-${number}`, key }
    }
    return { bucket: bucket === 'locked' ? lockedBucket : sharedBucket, key }
  }

  #folderFor({ usesFiles }: Operation): Promise<string> {
    return usesFiles === true ? mkdtemp(join(this.#folder, 'case-')) : Promise.resolve('')
  }

  async #trial(operation: Operation, proxy: FaultProxy): Promise<Trial> {
    const { place: preparedPlace } = await this.#preparedFor(operation)
    const changes = operation.state !== undefined
    const place = changes ? await this.#place(operation) : preparedPlace
    const folder = await this.#folderFor(operation)
    const timeouts = { connect: 5000, firstByte: limitMs, idle: limitMs }
    const options = {
      endpoint: proxy.endpoint,
      timeouts,
      ...operation.optionsFor?.(proxy.endpoint),
    }
    const client = this.#clientOf(options)
    const { dispatcher } = options
    const close = async (): Promise<void> => {
      await client.close()
      await dispatcher?.destroy()
    }
    const trial = { ...place, client, close, store: this.#store, folder, call: {} }
    if (changes) await operation.prepare?.(trial)
    return trial
  }

  #clientOf(options: ClientOptions): Client {
    return new Client({ ...keys, region, ...options })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close()
    await this.#server.close()
    this.#elsewhere.close()
    await rm(this.#folder, { recursive: true })
  }
}

interface Place {
  readonly bucket: string
  readonly key: string
}

interface Prepared {
  readonly place: Place
  readonly before: string
  readonly done: string
}

function planOf(faultCase: FaultCase, proxy: FaultProxy): Parameters<FaultProxy['arm']>[0] {
  const { fault, request, repeat, position, seed } = faultCase
  const random = randomFrom(seed)
  return (passage) =>
    isMeant(passage, request, repeat, proxy) ? fault.disturb(passage, position, random) : undefined
}

function isMeant(
  { index, label }: Passage,
  request: number,
  repeat: FaultCase['repeat'],
  { passages }: FaultProxy,
): boolean {
  if (repeat === 'onwards') return index >= request
  if (repeat === 'once') return index === request
  return index >= request && passages[request]?.label === label
}

/**
 * Lets the client's limits pass where nothing happens: undici's timers are advanced, as its own tests
 * do it. What counts is turns of the event loop, not time, so that a busy machine changes nothing.
 */
class Silence {
  readonly #proxy: FaultProxy
  readonly #patience: number
  #timer: NodeJS.Timeout
  #moved: number
  #turns = 0

  /** @param weight of the operation: what moves megabytes is silent while it hashes them */
  constructor(proxy: FaultProxy, weight: number) {
    this.#proxy = proxy
    this.#moved = proxy.moved
    this.#patience = 4 + weight
    this.#timer = setTimeout(() => this.#look(), 1)
  }

  #look(): void {
    const { moved } = this.#proxy
    this.#turns = moved === this.#moved ? this.#turns + 1 : 0
    this.#moved = moved
    if (this.#turns >= this.#patience) {
      this.#turns = 0
      // The first tick starts timers that are new.
      for (let tick = 0; tick < 2; tick++) undiciTimers.tick(limitMs + 1000)
    }
    this.#timer = setTimeout(() => this.#look(), 1)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

/** Waits for a call, but not for ever. */
async function settle(call: Promise<unknown>): Promise<Outcome> {
  const end = new AbortController()
  const hang = pause(deadlineMs + settlingMs, { kind: 'hang' } as const, { signal: end.signal })
  hang.catch(() => {})
  const ended: Promise<Outcome> = call.then(
    (result) => ({ kind: 'result', result }),
    (error: unknown) => ({ kind: 'error', error }),
  )
  const outcome = await Promise.race([ended, hang])
  end.abort()
  return outcome
}

/** Another call of the same client: it gets its own answer, or an error. */
async function witnessed(client: Client): Promise<'right' | 'wrong' | undefined> {
  try {
    const bytes = await (await client.getObject(sharedBucket, witnessKey)).bytes()
    return oldBytes.equals(bytes) ? 'right' : 'wrong'
  } catch {
    return undefined
  }
}
