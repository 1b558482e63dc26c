import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type StowageServer } from '@stowage/server'
import { Client, type ClientOptions } from 'stowage'
import { Agent } from 'undici'
import { elsewhere } from './answers.ts'
import { FaultProxy, type Measured } from './fault-proxy.ts'
import {
  lockedBucket,
  oldBytes,
  sharedBucket,
  witnessKey,
  type Operation,
  type SourceObject,
  type Trial,
} from './operation.ts'
import { limitMs, virtualNow } from './virtual-time.ts'

const region = 'eu-central-1'
const keys = { accessKey: 'matrix-access', secretKey: 'matrix-secret-key' }
const timeouts = { connect: limitMs, firstByte: limitMs, idle: limitMs }

interface Place {
  readonly bucket: string
  readonly key: string
}

/** What an operation finds, and what it leaves when it succeeds. */
export interface Prepared {
  readonly place: Place
  readonly before: string
  readonly done: string
}

/** A store, a proxy before it, a host that nobody may call, and a place for each case. */
export class Stage implements AsyncDisposable {
  readonly proxy: FaultProxy
  readonly #server: StowageServer
  /** One at most: what is counted before and after a batch must not depend on these. */
  readonly #storeConnection = new Agent({ connections: 1 })
  readonly #store: Client
  readonly #elsewhere: Server
  readonly #folder: string
  readonly #prepared = new Map<Operation, Promise<Prepared>>()
  #places = 0
  /** Connections to the host that redirects name. */
  strays = 0

  private constructor(server: StowageServer, proxy: FaultProxy, other: Server, folder: string) {
    this.#server = server
    this.proxy = proxy
    this.#elsewhere = other
    this.#folder = folder
    const { endpoint } = server
    this.#store = new Client({ ...keys, region, endpoint, dispatcher: this.#storeConnection })
    other.on('connection', (socket) => {
      this.strays++
      socket.destroy()
    })
  }

  /** @param objects what operations read, in the shared bucket */
  static async start(objects: readonly SourceObject[]): Promise<Stage> {
    const server = await startServer({
      ...keys,
      region,
      now: virtualNow,
      encryption: { kmsKeys: { key: Buffer.alloc(32, 7) } },
      webhooks: { hook: { url: 'http://127.0.0.1:9/' } },
    })
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    elsewhere.port = (other.address() as AddressInfo).port // It listens on TCP.
    const proxy = await FaultProxy.start(server.port)
    const folder = await mkdtemp(join(tmpdir(), 'stowage-matrix-'))
    const stage = new Stage(server, proxy, other, folder)
    await stage.#fill(objects)
    return stage
  }

  async #fill(objects: readonly SourceObject[]): Promise<void> {
    await this.#store.makeBucket(sharedBucket)
    await this.#store.makeBucket(lockedBucket, { objectLock: true })
    await this.#store.putObject(sharedBucket, witnessKey, oldBytes)
    for (const { key, bytes, options } of objects) {
      await this.#store.putObject(sharedBucket, key, bytes, options)
    }
  }

  /** Runs an operation without a fault, and measures its requests. */
  async measure(operation: Operation): Promise<readonly Measured[]> {
    this.proxy.arm(() => undefined)
    const trial = await this.trial(operation)
    const result = await operation.run(trial)
    await trial.close()
    if (!(await operation.isRight(result, trial))) {
      throw new Error(`${operation.name} is not right without a fault: ${JSON.stringify(result)}`)
    }
    return this.proxy.measured.map((request) => ({ ...request }))
  }

  /** What an operation finds and leaves. One that changes nothing is prepared only here. */
  preparedFor(operation: Operation): Promise<Prepared> {
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
    // All of one length, so that bytes stand where they were measured.
    const number = String(++this.#places).padStart(7, '0')
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

  /** What one case works with. It is to be closed, and its folder removed. */
  async trial(operation: Operation): Promise<Trial> {
    const prepared = await this.preparedFor(operation)
    const changes = operation.state !== undefined
    const place = changes ? await this.#place(operation) : prepared.place
    const folder = await this.#folderFor(operation)
    const { endpoint } = this.proxy
    const own = operation.optionsFor?.(endpoint)
    const options: ClientOptions = { ...keys, region, endpoint, timeouts, ...own }
    const client = new Client(options)
    const close = async (): Promise<void> => {
      await client.close()
      await own?.dispatcher?.destroy()
    }
    const trial = { ...place, client, close, store: this.#store, folder, call: {} }
    if (changes) await operation.prepare?.(trial)
    return trial
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close()
    await this.#storeConnection.destroy()
    await this.proxy.refuse()
    await this.#server.close()
    this.#elsewhere.close()
    await rm(this.#folder, { recursive: true })
  }
}
