import { parseArgs } from 'node:util'
import { contenderNamed, contenders, floor } from './contenders.mjs'
import { workloadNamed, workloads } from './workloads.mjs'

export const USAGE = `usage: npm run bench -- [options]
  --only put,get              these workloads (${Object.keys(workloads).join(', ')})
  --contender stowage,minio   these contenders, and the floor
                              (${contenders.map(({ name }) => name).join(', ')})
  --rounds 5                  processes per contender and workload
  --mib 1024                  size of the large objects
  --quick                     a twentieth of the work and 64 MiB, to see that everything runs
  --part-md5                  the server answers with the MD5 of each body as its ETag
  --json FILE                 write every single measurement to a file
  --help`

const QUICK_DIVISOR = 20
const QUICK_MIB = '64'
const MIB = '1024'

/**
 * @typedef {object} RunOptions
 * @property {string[]} workloadNames
 * @property {import('./contender.mjs').Contender[]} contenders
 * @property {number} rounds
 * @property {number} divisor                what counts are divided by
 * @property {number} mib                    size of large objects
 * @property {boolean} partMd5
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
      mib: { type: 'string' },
      'part-md5': { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const workloadNames = values.only?.split(',') ?? Object.keys(workloads)
  workloadNames.forEach(workloadNamed)
  return {
    workloadNames,
    contenders: chosenContenders(values.contender),
    rounds: positiveInteger('rounds', values.rounds),
    divisor: values.quick ? QUICK_DIVISOR : 1,
    mib: positiveInteger('mib', values.mib ?? (values.quick ? QUICK_MIB : MIB)),
    partMd5: values['part-md5'],
    jsonPath: values.json,
    help: values.help,
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
export function positiveInteger(name, text) {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`--${name} takes 1 or more`)
  return value
}

/** @param {string | undefined} list */
function chosenContenders(list) {
  if (list === undefined) return contenders
  const chosen = list.split(',').map(contenderNamed)
  return [...new Set([floor, ...chosen])]
}
