import { cephTargets } from './ceph-targets.ts'
import { embeddedTargets } from './embedded-targets.ts'
import { endpointTarget } from './endpoint-target.ts'
import { optional } from './environment.ts'
import type { Target } from './target.ts'

/** What `CONFORMANCE_TARGETS` may name. */
const groups = new Map<string, () => readonly Target[]>([
  ['embedded', () => embeddedTargets],
  ['ceph', cephTargets],
  ['endpoint', () => [endpointTarget()]],
])

function chosenTargets(): Target[] {
  return (optional('CONFORMANCE_TARGETS') ?? 'embedded').split(',').flatMap((name) => {
    const group = groups.get(name.trim())
    if (!group) throw new Error(`CONFORMANCE_TARGETS: ${name} is none of embedded, ceph, endpoint`)
    return group()
  })
}

/** The targets of this run. */
export const targets: readonly Target[] = chosenTargets()
