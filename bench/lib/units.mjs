import { workloadNamed } from './workloads.mjs'

const microsIn = { µs: 1, ms: 1000 }

/** @param {string} workload */
export function timeUnit(workload) {
  return workloadNamed(workload).time ?? 'µs'
}

/**
 * A number in the unit of the workload's figures, with as many places as mean something.
 *
 * @param {string} workload
 * @param {number} micros
 */
export function timeIn(workload, micros) {
  const value = micros / microsIn[timeUnit(workload)]
  return value < 10 ? value.toFixed(2) : value.toFixed(1)
}

/**
 * @param {string} workload
 * @param {number} cpuMicros  per unit of work
 */
export function describePer(workload, cpuMicros) {
  return `${timeIn(workload, cpuMicros)} ${timeUnit(workload)} CPU each`
}
