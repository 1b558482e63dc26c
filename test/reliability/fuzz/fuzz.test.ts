import { afterAll, expect, it } from 'vitest'
import { record, scaled, seed } from '../support/proof.ts'
import { clientTargets } from './client-targets.ts'
import { hunt, type Finding } from './hunt.ts'
import { protocolTargets } from './protocol-targets.ts'
import { selectTargets } from './select-targets.ts'
import { serverTargets } from './server-targets.ts'

/** Inputs of a parser at scale 1. */
const inputsPerTarget = 13_500

const targets = [...protocolTargets, ...serverTargets, ...selectTargets, ...clientTargets]
const findings: Finding[] = []
let inputs = 0

afterAll(() => {
  const count = (kind: Finding['kind']): number =>
    findings.filter((each) => each.kind === kind).length
  record({
    proof: 'fuzzing',
    unit: 'inputs',
    reached: inputs,
    required: 1_000_000,
    failures: { crashes: count('crash'), slow: count('slow') },
    notes: [`${targets.length} parsers`],
  })
})

it.each(targets.map((target, index) => [target.name, target, index] as const))(
  '%s',
  async (_name, target, index) => {
    const count = scaled(inputsPerTarget * (target.share ?? 1))
    const finding = await hunt(target, count, seed * 1000 + index)
    inputs += count
    if (finding === undefined) return
    findings.push(finding)
    const { kind, problem, input } = finding
    expect.fail(
      `${kind} of ${target.name}, seed ${seed}: ${problem}\n` +
        `input: ${JSON.stringify(input.toString('latin1'))} (latin1), ${input.toString('base64')} (base64)`,
    )
  },
)
