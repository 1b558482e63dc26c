import { workloadNamed } from './workloads.mjs'

/**
 * @param {import('./contender.mjs').Contender} contender
 * @param {string} workload
 * @param {import('./target.mjs').Target} target
 * @param {number} divisor  what the counts are divided by
 * @returns {import('../worker.mjs').Job}
 */
export function jobFor(contender, workload, target, divisor) {
  const { warmUp, count } = workloadNamed(workload)
  const ownCount = contender.counts?.[workload] ?? count
  return {
    contender: contender.name,
    workload,
    warmUp: Math.ceil(warmUp / divisor),
    count: Math.ceil(ownCount / divisor),
    target,
  }
}
