// `npm run bench:memory`: what a stream without end in sight and a large download take of memory.
import { parseArgs } from 'node:util'
import { contenderNamed } from './lib/contenders.mjs'
import { temporaryFolder } from './lib/files.mjs'
import { jobFor, runJob } from './lib/job.mjs'
import { positiveInteger } from './lib/options.mjs'
import { BYTES_PER_MIB } from './lib/payload.mjs'
import { startServerProcess } from './lib/server-process.mjs'
import { spreadOf } from './lib/statistics.mjs'
import { alignRows } from './lib/table.mjs'
import { workloadNamed } from './lib/workloads.mjs'

const LIMIT_MIB = 160
const SAMPLE_MILLIS = 50
const WORKLOADS = ['unknown-up', 'file-down']
const HEADER = ['', 'at first', 'median', 'largest sample', 'peak', 'growth', 'verdict']

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '4096' },
    contender: { type: 'string', default: 'stowage' },
  },
})
const mib = positiveInteger('mib', values.mib)
const contender = contenderNamed(values.contender)
const { target, stop } = await startServerProcess()
const surroundings = { target, folder: temporaryFolder(), divisor: 1, mib }
try {
  const rows = []
  for (const workload of WORKLOADS) {
    const job = jobFor(contender, workload, surroundings)
    const measurement = await runJob({ ...job, sampleMillis: SAMPLE_MILLIS }, contender.runtime)
    rows.push(rowOf(workload, measurement))
  }
  console.log(`${contender.name}, ${mib} MiB each; resident size in MiB, every ${SAMPLE_MILLIS} ms`)
  console.log(`passes when it grows by no more than ${LIMIT_MIB} MiB\n`)
  console.log(alignRows([HEADER, ...rows]))
} finally {
  stop()
}

/**
 * @param {string} workload
 * @param {import('./lib/measure.mjs').Measurement} measurement
 */
function rowOf(workload, { baselineBytes, rssSamples, peakRssBytes, peakGrowthBytes }) {
  const { median, maximum } = spreadOf(rssSamples?.length ? rssSamples : [peakRssBytes])
  const passes = peakGrowthBytes <= LIMIT_MIB * BYTES_PER_MIB
  if (!passes) process.exitCode = 1
  const sizes = [baselineBytes, median, maximum, peakRssBytes, peakGrowthBytes]
  return [
    workloadNamed(workload).title,
    ...sizes.map((bytes) => (bytes / BYTES_PER_MIB).toFixed(1)),
    passes ? 'pass' : 'FAIL',
  ]
}
