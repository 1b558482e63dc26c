import { Script } from 'node:vm'
import { Mutator } from './mutate.ts'
import type { Target } from './target.ts'

/** An input that a parser does not stand. */
export interface Finding {
  readonly target: string
  readonly kind: 'crash' | 'slow'
  readonly problem: string
  /** As small as it could be made. */
  readonly input: Buffer
}

/** An input of a few kilobytes takes microseconds; computing time, not what passes, in milliseconds. */
const slowMs = 50
/** After so long for all inputs of a batch, one of them is taken not to end. */
const endlessMs = 30_000
const batchInputs = 256
const defaultMaxBytes = 4096
const maxShrinkSteps = 3000

/** Gives a parser so many damaged inputs; stops at the first that it does not stand. */
export async function hunt(
  target: Target,
  count: number,
  seed: number,
): Promise<Finding | undefined> {
  const { name, tokens = [], maxBytes = defaultMaxBytes } = target
  const seeds = target.seeds.map((bytes) => Buffer.from(bytes))
  const mutator = new Mutator(seed, seeds, { tokens, maxBytes })
  let batch: readonly Buffer[] = seeds
  for (let left = count; ; left -= batchInputs) {
    const found = await firstProblem(target, batch)
    if (found !== undefined) {
      const { kind, problem, input } = found
      return { target: name, kind, problem, input: await shrink(target, found, input) }
    }
    if (left <= 0) return undefined
    batch = Array.from({ length: Math.min(left, batchInputs) }, () => mutator.next())
  }
}

interface Problem extends Pick<Finding, 'kind' | 'problem'> {}

interface Located extends Problem {
  readonly input: Buffer
}

async function firstProblem(
  target: Target,
  inputs: readonly Buffer[],
): Promise<Located | undefined> {
  if (target.isAsync !== true) return firstProblemNow(target, inputs)
  for (const input of inputs) {
    const began = performance.now()
    const problem = (await outcome(target, input)) ?? changedPrototype()
    if (problem !== undefined) return { ...problem, input }
    if (performance.now() - began <= slowMsOf(target)) continue
    const times: number[] = []
    for (let again = 0; again < repetitions; again++) {
      const before = process.cpuUsage()
      await outcome(target, input)
      times.push(cpuMsSince(before))
    }
    const slow = slowness(target, times)
    if (slow !== undefined) return { ...slow, input }
  }
  return undefined
}

/** As above, in a script: only that can be interrupted while it runs. */
function firstProblemNow(target: Target, inputs: readonly Buffer[]): Located | undefined {
  let current: Buffer = Buffer.alloc(0)
  const run = (): Located | undefined => {
    for (const input of inputs) {
      current = input
      const began = performance.now()
      const problem = outcomeNow(target, input) ?? changedPrototype()
      if (problem !== undefined) return { ...problem, input }
      if (performance.now() - began <= slowMsOf(target)) continue
      const slow = slowness(target, timesNow(target, input))
      if (slow !== undefined) return { ...slow, input }
    }
    return undefined
  }
  try {
    return interruptible(run)
  } catch (error) {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    return { kind: 'slow', problem: 'does not end', input: current }
  }
}

async function outcome(target: Target, input: Buffer): Promise<Problem | undefined> {
  try {
    await target.parse(input)
    return undefined
  } catch (error) {
    return crash(target, error)
  }
}

function outcomeNow(target: Target, input: Buffer): Problem | undefined {
  try {
    target.parse(input)
    return undefined
  } catch (error) {
    return crash(target, error)
  }
}

function crash({ errors = [] }: Target, error: unknown): Problem | undefined {
  if (errors.some((known) => error instanceof known)) return undefined
  const problem = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { kind: 'crash', problem }
}

const prototypeKeys = Reflect.ownKeys(Object.prototype).length

function changedPrototype(): Problem | undefined {
  if (Reflect.ownKeys(Object.prototype).length === prototypeKeys) return undefined
  return { kind: 'crash', problem: 'Object.prototype was changed' }
}

/** An input that takes long the first time is repeated: others may have been served meanwhile. */
const repetitions = 3

function slowMsOf({ slowMs: own = slowMs }: Target): number {
  return own
}

function slowness(target: Target, times: readonly number[]): Problem | undefined {
  const limit = slowMsOf(target)
  return Math.min(...times) > limit ? { kind: 'slow', problem: `more than ${limit} ms` } : undefined
}

function timesNow(target: Target, input: Buffer): readonly number[] {
  return Array.from({ length: repetitions }, () => {
    const before = process.cpuUsage()
    outcomeNow(target, input)
    return cpuMsSince(before)
  })
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const holder: { run: () => Located | undefined; result: Located | undefined } = {
  run: () => undefined,
  result: undefined,
}
Reflect.set(globalThis, Symbol.for('stowage.fuzz'), holder)
const script = new Script(
  "{ const holder = globalThis[Symbol.for('stowage.fuzz')]; holder.result = holder.run() }",
)

function interruptible(run: () => Located | undefined): Located | undefined {
  holder.run = run
  holder.result = undefined
  script.runInThisContext({ timeout: endlessMs })
  return holder.result
}

/** Leaves out what is not needed for the same problem, first much, then little; then makes bytes plain. */
async function shrink(target: Target, { kind, problem }: Problem, found: Buffer): Promise<Buffer> {
  let best = found
  let steps = 0
  const [title] = problem.split('\n')
  const holds = async (input: Buffer): Promise<boolean> => {
    if (++steps > maxShrinkSteps) return false
    const again = await firstProblem(target, [input])
    return again?.kind === kind && (kind === 'slow' || again.problem.split('\n')[0] === title)
  }
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length;) {
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + size)])
      if (await holds(shorter)) best = shorter
      else at += size
    }
  }
  for (let at = 0; at < best.length; at++) {
    if (best[at] === 0x61) continue
    const plainer = Buffer.from(best)
    plainer[at] = 0x61
    if (await holds(plainer)) best = plainer
  }
  return best
}
