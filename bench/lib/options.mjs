import { parseArgs } from 'node:util'
import { contenderNamed, contenders, floor } from './contenders.mjs'
import { workloadNamed, workloads } from './workloads.mjs'

export const USAGE = `usage: npm run bench -- [options]
  --only put,get              these workloads (${Object.keys(workloads).join(', ')})
  --contender stowage,minio   these contenders, and the floor
                              (${contenders.map(({ name }) => name).join(', ')})
  --rounds 5                  processes per contender and workload
  --quick                     a twentieth of the work, to see that everything runs
  --json FILE                 write every single measurement to a file
  --help`

const QUICK_DIVISOR = 20

/**
 * @typedef {object} RunOptions
 * @property {string[]} workloadNames
 * @property {import('./contender.mjs').Contender[]} contenders
 * @property {number} rounds
 * @property {number} divisor                what counts are divided by
 * @property {string | undefined} jsonPath
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @returns {RunOptions}
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      contender: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const workloadNames = values.only?.split(',') ?? Object.keys(workloads)
  workloadNames.forEach(workloadNamed)
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError('--rounds takes 1 or more')
  return {
    workloadNames,
    contenders: chosenContenders(values.contender),
    rounds,
    divisor: values.quick ? QUICK_DIVISOR : 1,
    jsonPath: values.json,
    help: values.help,
  }
}

/** @param {string | undefined} list */
function chosenContenders(list) {
  if (list === undefined) return contenders
  const chosen = list.split(',').map(contenderNamed)
  return [...new Set([floor, ...chosen])]
}
