import { expect } from 'vitest'

import { record, scaled, seed } from '../../support/proof.ts'
import { describeFinding, runSequence, type Finding } from './run-sequence.ts'
import { World, type StoreKind } from './world.ts'

/** A server is used by so many sequences; what they leave stays in it. */
const sequencesPerServer = 50

/** How many commands a run must compare, over all stores and connections. */
export const requiredCommands = 300_000

/** Enough findings to see that something is wrong. */
const maxFindings = 3

/** Runs sequences of random commands on a kind of store until so many have been compared. */
export async function proveModel(
  kind: StoreKind,
  options: { readonly commands: number; readonly restart: number; readonly firstSequence: number },
): Promise<void> {
  const { restart, firstSequence } = options
  const findings: Finding[] = []
  let commands = 0
  let world = await World.open(kind)
  try {
    for (let count = 0; commands < scaled(options.commands); count += 1) {
      if (count % sequencesPerServer === sequencesPerServer - 1) {
        await world.close()
        world = await World.open(kind)
      }
      const sequence = { seed: seed * 1_000_003 + firstSequence + count, scope: count, restart }
      const result = await runSequence(world, sequence, () => World.open(kind))
      commands += result.commands
      if (result.finding !== undefined) findings.push(result.finding)
      if (findings.length === maxFindings) break
    }
  } finally {
    await world.close()
  }
  const failures = { differences: findings.length }
  record({
    proof: 'model',
    unit: 'commands',
    reached: commands,
    required: requiredCommands,
    failures,
  })
  expect(findings.map((finding) => describeFinding(finding))).toEqual([])
}
