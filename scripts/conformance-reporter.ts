import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { conformanceTable, type Tally } from './conformance-table.mjs'
import type { ConformanceResult } from '../test/conformance/harness/conformance.ts'
import { optional } from '../test/conformance/harness/environment.ts'

interface Counts extends Pick<ConformanceResult, 'operation' | 'target'> {
  passed: number
  failed: number
  readonly skipped: string[]
}

/** Counts by operation and target. */
class Tallies {
  readonly #counts = new Map<string, Counts>()

  add(test: TestCase): void {
    const { conformance } = test.meta()
    if (!conformance) return
    const { operation, target, skipped } = conformance
    const key = JSON.stringify([operation, target])
    const counts: Counts = this.#counts.get(key) ?? {
      operation,
      target,
      passed: 0,
      failed: 0,
      skipped: [],
    }
    this.#counts.set(key, counts)
    const result = test.result()
    if (result.state === 'passed') counts.passed++
    else if (result.state === 'failed') counts.failed++
    // One that the run was told to leave out has no note.
    else if (result.state === 'skipped' && result.note !== undefined) {
      counts.skipped.push(skipped ?? result.note)
    }
  }

  /** Without those that the run was told to leave out. */
  all(): Tally[] {
    return [...this.#counts.values()].filter(
      ({ passed, failed, skipped }) => passed + failed + skipped.length > 0,
    )
  }
}

/** Prints operation by target when a run ends, and writes it where `CONFORMANCE_RESULTS` says. */
export class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tallies = new Tallies()
    for (const module of modules) {
      for (const test of module.children.allTests()) tallies.add(test)
    }
    const results = tallies.all()
    if (results.length === 0) return
    process.stdout.write(`\n${conformanceTable(results)}\n`)
    const file = optional('CONFORMANCE_RESULTS')
    if (file !== undefined) writeFileSync(file, JSON.stringify(results))
  }
}
