import { takesPart } from './contenders.mjs'
import { jobFor, runJob } from './job.mjs'
import { describePer } from './units.mjs'

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
 * @param {import('./job.mjs').Surroundings} surroundings
 * @param {(line: string) => void} report  told of each process as it ends
 * @returns {Promise<Result[]>}
 */
export async function runRounds(workload, options, surroundings, report) {
  const pairs = options.contenders
    .filter((each) => takesPart(each, workload))
    .map((contender) => {
      /** @type {Result} */
      const result = { contender: contender.name, measurements: [] }
      return { contender, result }
    })
  for (let round = 1; round <= options.rounds; round++) {
    for (const { contender, result } of pairs) {
      if (result.failure !== undefined) continue
      const job = jobFor(contender, workload, surroundings)
      await runOnce(job, contender.runtime, result)
      const outcome = result.failure ?? describe(workload, result.measurements.at(-1))
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
    result.measurements.push(await runJob(job, runtime))
  } catch (error) {
    result.failure = error instanceof Error ? error.message : String(error)
  }
}

/**
 * @param {string} workload
 * @param {import('./measure.mjs').Measurement | undefined} measurement
 */
function describe(workload, measurement) {
  if (measurement === undefined) return 'nothing'
  const { operations, cpuMicros, wallMicros } = measurement
  const seconds = (wallMicros / 1e6).toFixed(1)
  return `${operations} in ${seconds} s, ${describePer(workload, cpuMicros / operations)}`
}
