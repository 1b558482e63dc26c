import { jobFor } from './job.mjs'
import { runWorker } from './worker-process.mjs'

/**
 * What one contender did in one workload: a measurement for each round, in order, or why not.
 *
 * @typedef {object} Result
 * @property {string} contender
 * @property {import('./measure.mjs').Measurement[]} measurements
 * @property {string} [failure]
 */

/**
 * Runs one workload: every contender once, then every contender again, so that what disturbs the
 * machine for a while disturbs all of them. A contender that fails is not run again.
 *
 * @param {string} workload
 * @param {import('./options.mjs').RunOptions} options
 * @param {import('./target.mjs').Target} target
 * @param {(line: string) => void} report  told of each process as it ends
 * @returns {Promise<Result[]>}
 */
export async function runRounds(workload, options, target, report) {
  const pairs = options.contenders.map((contender) => {
    /** @type {Result} */
    const result = { contender: contender.name, measurements: [] }
    return { contender, result }
  })
  for (let round = 1; round <= options.rounds; round++) {
    for (const { contender, result } of pairs) {
      if (result.failure !== undefined) continue
      const job = jobFor(contender, workload, target, options.divisor)
      await runOnce(job, contender.runtime, result)
      const outcome = result.failure ?? describe(result.measurements.at(-1))
      report(`${workload} ${round}/${options.rounds} ${contender.name}: ${outcome}`)
    }
  }
  return pairs.map(({ result }) => result)
}

/**
 * @param {import('../worker.mjs').Job} job
 * @param {'node' | 'bun'} runtime
 * @param {Result} result
 */
async function runOnce(job, runtime, result) {
  try {
    result.measurements.push(await runWorker(job, runtime))
  } catch (error) {
    result.failure = error instanceof Error ? error.message : String(error)
  }
}

/** @param {import('./measure.mjs').Measurement | undefined} measurement */
function describe(measurement) {
  if (measurement === undefined) return 'nothing'
  const { operations, cpuMicros, wallMicros } = measurement
  const seconds = (wallMicros / 1e6).toFixed(1)
  return `${operations} in ${seconds} s, ${(cpuMicros / operations).toFixed(2)} µs CPU each`
}
