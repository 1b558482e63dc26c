// `npm run bench`: measures the contenders and prints a table for each workload.
import { writeFileSync } from 'node:fs'
import { conditionsOf } from './lib/conditions.mjs'
import { temporaryFolder } from './lib/files.mjs'
import { parseOptions, USAGE } from './lib/options.mjs'
import { runRounds } from './lib/rounds.mjs'
import { startServerProcess } from './lib/server-process.mjs'
import { renderTable } from './lib/table.mjs'

/** @param {import('./lib/options.mjs').RunOptions} options */
async function run(options) {
  const conditions = conditionsOf(options)
  for (const [name, value] of Object.entries(conditions)) console.log(`${name}: ${value}`)
  /** @type {Record<string, import('./lib/rounds.mjs').Result[]>} */
  const results = {}
  const { target, stop } = await startServerProcess(options.partMd5)
  const { divisor, mib } = options
  const surroundings = { target, folder: temporaryFolder(), divisor, mib }
  try {
    for (const workload of options.workloadNames) {
      const rows = await runRounds(workload, options, surroundings, (line) => console.error(line))
      results[workload] = rows
      console.log(`\n${renderTable(workload, rows)}`)
    }
  } finally {
    stop()
  }
  if (options.jsonPath !== undefined) {
    writeFileSync(options.jsonPath, `${JSON.stringify({ conditions, results }, null, 2)}\n`)
  }
}

const options = parseOptions(process.argv.slice(2))
if (options.help) console.log(USAGE)
else await run(options)
