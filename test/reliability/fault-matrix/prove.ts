import { expect } from 'vitest'
import { record, scaled, seed } from '../support/proof.ts'
import { caseNamed, chooseCases, nameOf, type FaultCase } from './cases.ts'
import { LeakWatch } from './leak-watch.ts'
import type { Operation, SourceObject } from './operation.ts'
import { runCase } from './run-case.ts'
import { Stage } from './stage.ts'
import type { Complaint } from './verdict.ts'
import { useVirtualClock } from './virtual-time.ts'

/** Of the whole proof, over all groups of operations. */
const requiredCases = 10_000

/** Cases of one operation at scale 1: fewer of those that move megabytes. */
const casesOf = ({ weight = 1 }: Operation): number => scaled(weight > 2 ? 120 : 300)

/** The case to repeat alone, as a failure names it; absent for all. */
const onlyCase = process.env['STOWAGE_FAULT_CASE']

/** A complaint about a case, or about several of which one leaves something. */
interface Report extends Complaint {
  readonly where: string
}

/** Counts of a group, by operation and family of faults. */
class Tally {
  readonly cells: Record<string, Record<string, number>> = {}
  readonly reports: Report[] = []
  reached = 0

  add({ operation, fault }: FaultCase): void {
    const line = (this.cells[operation.name] ??= {})
    line[fault.family] = (line[fault.family] ?? 0) + 1
    this.reached++
  }

  #count(kind: Complaint['kind']): number {
    return this.reports.filter((report) => report.kind === kind).length
  }

  record(): void {
    record({
      proof: 'fault matrix',
      unit: 'cases',
      reached: this.reached,
      required: requiredCases,
      failures: {
        corruptions: this.#count('corruption'),
        hangs: this.#count('hang'),
        leaks: this.#count('leak'),
      },
      cells: this.cells,
    })
  }
}

/** Runs one group of operations through all faults, and records what was reached. */
export async function prove(
  operations: readonly Operation[],
  objects: readonly SourceObject[] = [],
): Promise<void> {
  const restoreClock = useVirtualClock()
  const { stackTraceLimit } = Error
  // Thousands of errors: mapping their stacks to the sources takes longer than all else.
  if (onlyCase === undefined) Error.stackTraceLimit = 0
  const tally = new Tally()
  try {
    await using stage = await Stage.start(objects)
    for (const [index, operation] of operations.entries()) {
      const measured = await stage.measure(operation)
      const cases =
        onlyCase === undefined
          ? chooseCases(operation, measured, casesOf(operation), seed + index)
          : caseNamed(onlyCase, operation)
      await runBatch(stage, cases, tally)
    }
  } finally {
    restoreClock()
    Error.stackTraceLimit = stackTraceLimit
  }
  tally.record()
  const lines = tally.reports.map(({ kind, problem, where }) => `${kind}: ${problem}\n  ${where}`)
  expect(lines).toEqual([])
}

async function runBatch(stage: Stage, cases: readonly FaultCase[], tally: Tally): Promise<void> {
  using watch = new LeakWatch()
  await watch.begin()
  for (const faultCase of cases) {
    const { reached, complaints } = await runCase(stage, faultCase)
    const where = nameOf(faultCase)
    for (const complaint of complaints) tally.reports.push({ ...complaint, where })
    if (reached) tally.add(faultCase)
  }
  const left = await watch.left()
  if (left.length === 0) return
  const where = nameOf(await culpritIn(stage, cases, watch))
  for (const problem of left) tally.reports.push({ kind: 'leak', problem, where })
}

/** Halves the cases until one of them is left that leaves something. */
async function culpritIn(
  stage: Stage,
  cases: readonly FaultCase[],
  watch: LeakWatch,
): Promise<FaultCase> {
  let suspects = cases
  while (suspects.length > 1) {
    const half = suspects.slice(0, suspects.length >> 1)
    await watch.begin()
    for (const suspect of half) await runCase(stage, suspect)
    const isAmongThem = (await watch.left()).length > 0
    suspects = isAmongThem ? half : suspects.slice(half.length)
  }
  return suspects[0] as FaultCase // There was one at the beginning.
}
