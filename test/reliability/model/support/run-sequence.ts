import { inspect } from 'node:util'

import { S3Model, type Answer, type S3Request } from '../s3-model.ts'
import { difference } from './compare.ts'
import { bodiesFrom, Choice } from './choice.ts'
import { nextCommand, type Command } from './generator.ts'
import { Symbols } from './symbols.ts'
import { startMs, type World } from './world.ts'

export interface Finding {
  readonly seed: number
  /** What is left of the sequence once nothing more can be dropped. */
  readonly commands: readonly Command[]
  readonly difference: string
}

export interface SequenceResult {
  readonly commands: number
  readonly finding?: Finding | undefined
}

/** The buckets of a sequence are its own, so that a server can be used by many. */
function bucketsOf(scope: number): readonly string[] {
  return ['1', '2', '3'].map((name) => `s${scope}-${name}`)
}

/** What everything is compared with, every so many commands and at the end. */
const dumpEvery = 60

/** A model beside a server: every command goes to both. */
class Comparison {
  readonly model = new S3Model()
  readonly symbols = new Symbols()
  readonly #world: World
  commands = 0

  constructor(world: World) {
    this.#world = world
  }

  /** @returns how the server differs from the model */
  async step(command: Command): Promise<string | undefined> {
    if (command.kind === 'clock') {
      this.#world.nowMs += command.ms
      return undefined
    }
    if (command.kind === 'dump') return this.#dump()
    if (command.kind === 'restart') {
      await this.#world.restart()
      return undefined
    }
    return this.#request(command.request)
  }

  async #request(request: S3Request): Promise<string | undefined> {
    if (!this.symbols.knows(request)) return undefined
    this.commands += 1
    const expected = this.model.handle(request, this.#world.nowMs)
    const differs = await this.#sent(request, expected)
    const [defect] = this.#world.defects.splice(0)
    return differs ?? (defect === undefined ? undefined : `defect: ${inspect(defect)}`)
  }

  async #sent(request: S3Request, expected: Answer): Promise<string | undefined> {
    try {
      const observed = await this.#world.wire.send(this.symbols.resolve(request))
      return difference(request, expected, observed, this.symbols)
    } catch (error) {
      return `no answer: ${String(error)}`
    }
  }

  /** Compares all that is stored. */
  async #dump(): Promise<string | undefined> {
    for (const bucket of this.model.buckets) {
      const lists = ['versions', 'uploads'].map((name) => ({
        bucket,
        key: '',
        query: { [name]: '', 'encoding-type': 'url' },
      }))
      const reads = this.model.keysOf(bucket).map((key) => {
        const ids = this.model.versionsOf(bucket, key)
        return { bucket, key, query: { versionId: ids[this.commands % ids.length] ?? 'null' } }
      })
      for (const input of [...lists, ...reads]) {
        const differs = await this.#request({ id: 900_000, method: 'GET', headers: {}, ...input })
        if (differs !== undefined) return `in the dump, ${JSON.stringify(input)}: ${differs}`
      }
    }
    return undefined
  }
}

/**
 * Generates and runs one sequence; a difference is shrunk by running it again.
 * @param options scope: which buckets; restart: the share of commands that start the server again
 */
export async function runSequence(
  world: World,
  options: { readonly seed: number; readonly scope: number; readonly restart: number },
  newWorld: () => Promise<World>,
): Promise<SequenceResult> {
  const { seed, scope, restart } = options
  world.nowMs = startMs
  const comparison = new Comparison(world)
  const choice = new Choice(seed, {
    model: comparison.model,
    buckets: bucketsOf(scope),
    bodies: bodiesFrom(7),
    nowMs: () => world.nowMs,
  })
  const commands: Command[] = []
  const length = 50 + Math.floor(choice.random() * 151)
  for (let id = 1; id <= length; id += 1) {
    const isDumped = id % dumpEvery === 0 || id === length
    const command = isDumped ? ({ kind: 'dump' } as const) : nextCommand(choice, id, restart)
    commands.push(command)
    const differs = await comparison.step(command)
    if (differs !== undefined) {
      const finding = await shrunk({ seed, commands, difference: differs }, newWorld)
      return { commands: comparison.commands, finding }
    }
  }
  return { commands: comparison.commands }
}

/** Leaves out what the difference does not need: halves first, then single commands. */
async function shrunk(finding: Finding, newWorld: () => Promise<World>): Promise<Finding> {
  let best = finding
  for (let size = Math.ceil(best.commands.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < best.commands.length;) {
      const commands = best.commands.toSpliced(start, size)
      const differs = await replayed(commands, newWorld)
      if (differs === undefined) start += size
      else best = { ...best, commands, difference: differs }
    }
  }
  return best
}

/** How a fresh server differs from a fresh model on these commands. */
async function replayed(
  commands: readonly Command[],
  newWorld: () => Promise<World>,
): Promise<string | undefined> {
  const world = await newWorld()
  try {
    const comparison = new Comparison(world)
    for (const command of commands) {
      const differs = await comparison.step(command)
      if (differs !== undefined) return differs
    }
    return undefined
  } finally {
    await world.close()
  }
}

/** A finding as one reads it. */
export function describeFinding({ seed, commands, difference: differs }: Finding): string {
  const lines = commands.map((command) => {
    if (command.kind !== 'request') return JSON.stringify(command)
    const { id, method, bucket, key, body, ...others } = command.request
    const size = body === undefined ? '' : ` ${body.length} bytes`
    return `${id}: ${method} ${bucket} ${JSON.stringify(key)} ${JSON.stringify(others)}${size}`
  })
  return [`sequence ${seed}:`, ...lines, differs].join('\n')
}
