// `node bench/profile.mjs CONTENDER WORKLOAD`: where the CPU time of the measured part goes.
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { contenderNamed } from './lib/contenders.mjs'
import { jobFor } from './lib/job.mjs'
import { renderSelfTimes, selfTimes } from './lib/self-times.mjs'
import { startServerProcess } from './lib/server-process.mjs'
import { runWorker } from './lib/worker-process.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    top: { type: 'string', default: '30' },
    quick: { type: 'boolean', default: false },
  },
})
const [name = 'stowage', workload = 'put'] = positionals
const contender = contenderNamed(name)
if (contender.runtime !== 'node') throw new Error('only what runs in Node can be profiled')

const profilePath = join(mkdtempSync(join(tmpdir(), 'stowage-bench-')), `${name}.cpuprofile`)
const { target, stop } = await startServerProcess()
try {
  const job = jobFor(contender, workload, target, values.quick ? 20 : 1)
  const { operations, cpuMicros } = await runWorker({ ...job, profilePath }, contender.runtime)
  const each = (cpuMicros / operations).toFixed(2)
  console.log(`${name} ${workload}: ${operations} operations, ${each} µs CPU each while profiled`)
  const profile = JSON.parse(readFileSync(profilePath, 'utf8'))
  console.log(renderSelfTimes(selfTimes(profile), operations, Number(values.top)))
  console.log(`profile for a viewer: ${profilePath}`)
} finally {
  stop()
}
