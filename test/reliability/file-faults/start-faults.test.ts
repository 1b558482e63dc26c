import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'

import { startServerIn } from '../../../packages/server/src/server.ts'
import type { StowageServer } from '@stowage/server'
import { RawClient } from '../../../packages/server/test/support/raw-client.ts'
import { record } from '../support/proof.ts'
import { applies, faults, FaultyFiles, type Fault } from './faulty-files.ts'

const body = Buffer.alloc(100_000, 'kept')
const sealed = { 'x-amz-server-side-encryption': 'AES256' }

/** Starts of one directory, of which the first meets a fault. */
class Starts {
  readonly files = new FaultyFiles()
  readonly directory = mkdtempSync(join(tmpdir(), 'stowage-start-faults-'))

  start(): Promise<StowageServer> {
    const newBlobId = (): string => randomBytes(16).toString('hex')
    return startServerIn({ files: this.files, newBlobId }, { directory: this.directory })
  }

  /** Starts with a fault, and says what it came to. */
  async faulty(at: number, fault: Fault | undefined): Promise<'started' | 'refused'> {
    this.files.arm(at, fault)
    try {
      const server = await this.start()
      await server.close()
      return 'started'
    } catch {
      return 'refused'
    } finally {
      this.files.disarm()
    }
  }

  /** Whether both objects can be read; stores them first where the directory is new. */
  async works(isNew: boolean): Promise<boolean> {
    await using server = await this.start()
    const client = new RawClient(server)
    try {
      if (isNew) {
        await client.makeBucket('kept')
        await client.put('kept', 'plain', body)
        await client.put('kept', 'sealed', body, sealed)
      }
      const read = await Promise.all(['plain', 'sealed'].map((key) => client.get('kept', key)))
      return read.every((answer) => answer.body.equals(body))
    } finally {
      client.close()
    }
  }

  end(): void {
    rmSync(this.directory, { recursive: true })
  }
}

interface Kind {
  readonly name: string
  readonly isNew: boolean
}

class Proof {
  cases = 0
  readonly found: string[] = []

  async run({ name, isNew }: Kind): Promise<void> {
    const kept = new Starts()
    if (!isNew && !(await kept.works(true))) throw new Error('nothing can be stored')
    const starts = (): Starts => (isNew ? new Starts() : kept)
    const traced = starts()
    await traced.faulty(0, undefined)
    const { calls } = traced.files
    if (isNew) traced.end()
    for (const [at, { kind }] of calls.entries()) {
      for (const fault of faults) {
        if (!applies(fault, kind)) continue
        const one = starts()
        await this.#runCase(one, {
          at,
          fault,
          isNew,
          what: `${name}, ${at} ${kind}, ${fault.name}`,
        })
        if (isNew) one.end()
      }
    }
    kept.end()
  }

  async #runCase(starts: Starts, { at, fault, isNew, what }: Case): Promise<void> {
    const { files } = starts
    this.cases += 1
    const outcome = await starts.faulty(at, fault)
    if (outcome === 'started') this.#judgeSafety(starts, what)
    if (files.failed.length === 0) this.found.push(`${what}: the fault did not happen`)
    if (!(await files.settled())) this.found.push(`${what}: a file stays open`)
    for (const misuse of files.misuses.splice(0)) this.found.push(`${what}: ${misuse}`)
    const works = await starts.works(isNew).catch(() => false)
    if (!works) this.found.push(`${what}: the next start fails`)
    this.#judgeSafety(starts, `${what}, then a start`)
  }

  /** What a server needs at every start must survive a loss of power once it has started. */
  #judgeSafety({ files, directory }: Starts, what: string): void {
    const own = ['stowage-server.json', 'master-key'].map((name) => join(directory, name))
    if (files.unsafeOf(own).length > 0) this.found.push(`${what}: started before it was safe`)
  }
}

interface Case {
  readonly at: number
  readonly fault: Fault
  readonly isNew: boolean
  readonly what: string
}

it('starts after a start that met any fault, and finds everything', async () => {
  const proof = new Proof()
  await proof.run({ name: 'first start', isNew: true })
  await proof.run({ name: 'later start', isNew: false })
  record({
    proof: 'faults of the file system',
    unit: 'cases',
    reached: proof.cases,
    required: 3000,
    failures: { lost: proof.found.length },
  })
  expect(proof.found.slice(0, 20)).toEqual([])
})
