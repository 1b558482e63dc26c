import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { StowageServer } from '@stowage/server'
import { startServerIn } from '../../../packages/server/src/server.ts'
import {
  RawClient,
  type RawRequest,
  type RawResponse,
} from '../../../packages/server/test/support/raw-client.ts'
import { randomFrom } from '../../support/random.ts'
import { FaultyFiles } from './faulty-files.ts'

/** What a request came to: its answer, or that the connection was cut. */
export type Outcome = RawResponse | 'cut'

/** A server on a file system that fails when it is told to, and a client of it. */
export class Rig {
  readonly files = new FaultyFiles()
  readonly defects: unknown[] = []
  readonly #directory = mkdtempSync(join(tmpdir(), 'stowage-file-faults-'))
  readonly #random: () => number
  #shard = 0
  #server: StowageServer | undefined
  #client: RawClient | undefined

  constructor(seed: number) {
    this.#random = randomFrom(seed)
  }

  async start(): Promise<void> {
    const surroundings = { files: this.files, newBlobId: () => this.#newBlobId() }
    this.#server = await startServerIn(surroundings, {
      directory: this.#directory,
      accessKey: 'filefaults',
      secretKey: 'filefaults-secret',
      onDefect: (error) => this.defects.push(error),
    })
    this.#client = new RawClient(this.#server)
  }

  async stop(): Promise<void> {
    this.#client?.close()
    await this.#server?.close()
    this.#server = undefined
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** The next blob goes into a directory that this run of the server has not used. */
  nextShard(): void {
    this.#shard = (this.#shard + 1) % 256
  }

  #newBlobId(): string {
    const digits = Array.from({ length: 30 }, () => Math.floor(this.#random() * 16).toString(16))
    return `${this.#shard.toString(16).padStart(2, '0')}${digits.join('')}`
  }

  async send(request: RawRequest): Promise<Outcome> {
    if (this.#client === undefined) throw new Error('the server is not running')
    try {
      return await this.#client.send(request)
    } catch {
      return 'cut'
    }
  }

  /** The files of blobs, sorted. */
  blobFiles(): readonly string[] {
    const blobs = join(this.#directory, 'blobs')
    const shards = readdirSync(blobs).filter((name) => /^[0-9a-f]{2}$/.test(name))
    const files = shards.flatMap((shard) =>
      readdirSync(join(blobs, shard)).map((file) => join(blobs, shard, file)),
    )
    return files.sort()
  }

  async end(): Promise<void> {
    await this.stop()
    rmSync(this.#directory, { recursive: true })
  }
}

/** Whether an operation was done. */
export function isDone(outcome: Outcome): boolean {
  return outcome !== 'cut' && outcome.status < 300
}
