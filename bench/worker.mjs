// Runs one workload of one contender, in Node or in Bun, and prints one line of JSON.
import { contenderNamed } from './lib/contenders.mjs'
import { measure } from './lib/measure.mjs'
import { workloadNamed } from './lib/workloads.mjs'

/**
 * @typedef {object} Job
 * @property {string} contender
 * @property {string} workload
 * @property {number} warmUp
 * @property {number} count
 * @property {import('./lib/target.mjs').Target} target
 * @property {string} folder  for temporary files
 * @property {number} [sampleMillis]  look at the memory so often
 * @property {string} [profilePath]  where to write a CPU profile of the measured part (Node only)
 */

/** @type {Job} */
const job = JSON.parse(process.argv[2] ?? '')
const client = await contenderNamed(job.contender).create(job.target)
const { run } = workloadNamed(job.workload)
await run(client, job.warmUp, job.folder)
const measurement = await measure(() => run(client, job.count, job.folder), job)
console.log(JSON.stringify(measurement))
await client.close()
// Sockets that a library keeps open are its own business, and must not keep this process alive.
process.exit()
