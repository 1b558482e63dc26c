// `node bench/profile.mjs CONTENDER WORKLOAD`: where the CPU time of the measured part goes.
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { contenderNamed } from './lib/contenders.mjs'
import { temporaryFolder } from './lib/files.mjs'
import { jobFor, runJob } from './lib/job.mjs'
import { positiveInteger } from './lib/options.mjs'
import { renderSelfTimes, selfTimes } from './lib/self-times.mjs'
import { startServerProcess } from './lib/server-process.mjs'
import { describePer } from './lib/units.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    top: { type: 'string', default: '30' },
    mib: { type: 'string', default: '1024' },
    quick: { type: 'boolean', default: false },
  },
})
const [name = 'stowage', workload = 'put'] = positionals
const contender = contenderNamed(name)
if (contender.runtime !== 'node') throw new Error('only what runs in Node can be profiled')

const profilePath = join(mkdtempSync(join(tmpdir(), 'stowage-bench-')), `${name}.cpuprofile`)
const { target, stop } = await startServerProcess()
try {
  const mib = positiveInteger('mib', values.mib)
  const surroundings = { target, folder: temporaryFolder(), divisor: values.quick ? 20 : 1, mib }
  const job = jobFor(contender, workload, surroundings)
  const { operations, cpuMicros } = await runJob({ ...job, profilePath }, contender.runtime)
  const each = describePer(workload, cpuMicros / operations)
  console.log(`${name} ${workload}: ${operations} operations, ${each} while profiled`)
  const profile = JSON.parse(readFileSync(profilePath, 'utf8'))
  console.log(renderSelfTimes(selfTimes(profile), operations, Number(values.top)))
  console.log(`profile for a viewer: ${profilePath}`)
} finally {
  stop()
}
