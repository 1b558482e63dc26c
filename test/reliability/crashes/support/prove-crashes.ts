import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'

import { randomFrom } from '../../../support/random.ts'
import type { S3Request } from '../../model/s3-model.ts'
import { record, scaled, seed } from '../../support/proof.ts'
import { Ledger } from './ledger.ts'
import { blobFiles, observe } from './observe.ts'
import { ServerUnderFire } from './server-under-fire.ts'
import { buckets, configuredBucket, Writer } from './writer.ts'

/** How many kills a run must survive, over both kinds of durability. */
const requiredKills = 200

const writerCount = 8

/** A directory is used by so many servers, one after the other. */
const killsPerDirectory = 25

/** This share of all kills meets a server that is starting. */
const startShare = 0.2

interface Findings {
  readonly lost: string[]
  readonly mixed: string[]
  readonly orphans: string[]
}

/** Kills servers that are written to, and checks after each restart that nothing is amiss. */
export async function proveCrashes(
  durability: 'flush' | 'durable',
  options: { readonly kills: number; readonly mostAnswers: number },
): Promise<void> {
  const findings: Findings = { lost: [], mixed: [], orphans: [] }
  const random = randomFrom(seed + options.mostAnswers)
  let kills = 0
  while (kills < scaled(options.kills)) {
    const most = Math.min(killsPerDirectory, scaled(options.kills) - kills)
    const fire = new Fire(durability, random, options.mostAnswers)
    try {
      kills += await fire.run(most, findings)
    } finally {
      fire.remove()
    }
  }
  const failures = {
    lost: findings.lost.length,
    mixed: findings.mixed.length,
    orphans: findings.orphans.length,
  }
  record({ proof: 'kill -9', unit: 'kills', reached: kills, required: requiredKills, failures })
  expect(findings).toEqual({ lost: [], mixed: [], orphans: [] })
}

class Fire {
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'stowage-crashes-'))
  readonly #durability: string
  readonly #random: () => number
  readonly #mostAnswers: number
  readonly #ledger = new Ledger()
  readonly #writers: readonly Writer[]

  constructor(durability: string, random: () => number, mostAnswers: number) {
    this.#durability = durability
    this.#random = random
    this.#mostAnswers = mostAnswers
    this.#writers = Array.from(
      { length: writerCount },
      (_, index) => new Writer(index, random, this.#ledger),
    )
  }

  /** @returns how many servers were killed */
  async run(most: number, findings: Findings): Promise<number> {
    let kills = 0
    await this.#prepare()
    while (kills < most) {
      if (kills > 0 && this.#random() < startShare) {
        const afterMs = Math.floor(this.#random() * 30)
        await ServerUnderFire.killInStart(this.#directory, this.#durability, afterMs)
        kills += 1
        continue
      }
      await this.#withServer(async (server) => {
        await this.#check(server, findings)
        await this.#writeUntilKilled(server, findings)
      })
      kills += 1
    }
    await this.#withServer((server) => this.#check(server, findings))
    return kills
  }

  /** Uses a server and leaves none behind. */
  async #withServer(use: (server: ServerUnderFire) => Promise<void>): Promise<void> {
    const server = await this.#start()
    try {
      await use(server)
    } finally {
      await server.kill()
      server.close()
    }
  }

  #start(): Promise<ServerUnderFire> {
    return ServerUnderFire.start(this.#directory, this.#durability)
  }

  #prepare(): Promise<void> {
    const own = this.#writers.map((_, index) => configuredBucket(index))
    const create = { id: 0, method: 'PUT', key: '', query: {}, headers: {} } as const
    const requests: S3Request[] = [...Object.values(buckets), ...own].map((bucket) => ({
      ...create,
      bucket,
    }))
    const fields = { Status: 'Enabled' }
    const document = { root: 'VersioningConfiguration', fields }
    const query = { versioning: '' }
    requests.push({ ...create, bucket: buckets.versioned, query, document })
    return this.#withServer(async (server) => {
      const wire = server.connect()
      for (const request of requests) {
        const { status, body } = await wire.send(request)
        if (status !== 200) throw new Error(`${request.bucket}: ${String(body)}`)
      }
    })
  }

  async #check(server: ServerUnderFire, findings: Findings): Promise<void> {
    const { resources, files } = await observe(server.connect(), writerCount, (uploadId) =>
      this.#ledger.valuesOf(`part ${uploadId}`),
    )
    const found = blobFiles(this.#directory)
    if (found !== files) findings.orphans.push(`${found} files for ${files} contents`)
    const { lost, mixed } = this.#ledger.settle(resources)
    findings.lost.push(...lost)
    findings.mixed.push(...mixed)
  }

  async #writeUntilKilled(server: ServerUnderFire, findings: Findings): Promise<void> {
    let answers = 0
    const wanted = 1 + Math.floor(this.#random() * this.#mostAnswers)
    let killed: Promise<void> | undefined
    const acknowledged = (): void => {
      answers += 1
      if (answers >= wanted) killed ??= server.kill()
    }
    const written = this.#writers.map((writer) => writer.run(server.connect(), acknowledged))
    for (const refusal of await Promise.all(written)) {
      if (refusal !== undefined) findings.lost.push(refusal)
    }
    await (killed ?? server.kill())
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
