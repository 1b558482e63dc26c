import { appendFileSync } from 'node:fs'

/**
 * What one proof really did. `run.mjs` prints the rows as a table, adds up rows of one name, and
 * fails when `reached` is below `required` or anything in `failures` is not 0.
 */
export interface ProofRow {
  /** Such as `fault matrix`: rows of one name are one line of the table. */
  readonly proof: string
  /** What was counted: `cases`, `commands`, `kills`. */
  readonly unit: string
  readonly reached: number
  /** How many a run of scale 1 must reach, over all rows of this name. */
  readonly required: number
  /** Such as `{ corruptions: 0, hangs: 0, leaks: 0 }`: each must be 0. */
  readonly failures: Readonly<Record<string, number>>
  /** Measurements that are printed beside the counts, such as `longest stall 34 ms`. */
  readonly notes?: readonly string[]
  /** The same counts by line and column, for a table of their own in the page. */
  readonly cells?: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** The seed of this run, printed by `run.mjs`: the same seed repeats the same run. */
export const seed: number = Number(process.env['STOWAGE_SEED'] ?? 1)

/** 1 in CI; `npm run test:reliability -- --scale 50` is the long form. */
export const scale: number = Number(process.env['STOWAGE_SCALE'] ?? 1)

/** A count at the scale of this run, at least 1. */
export function scaled(count: number): number {
  return Math.max(1, Math.round(count * scale))
}

/** Records what a proof reached. Call it before the assertions, so that a failure is counted too. */
export function record(row: ProofRow): void {
  const file = process.env['STOWAGE_PROOFS']
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`)
}
