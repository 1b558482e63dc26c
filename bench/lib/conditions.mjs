import { readFileSync } from 'node:fs'
import { cpus, release, type } from 'node:os'
import { CONCURRENCY } from './workloads.mjs'

/**
 * Where and with what a run was made: without it, its figures say nothing.
 *
 * @param {import('./options.mjs').RunOptions} options
 */
export function conditionsOf(options) {
  return {
    date: new Date().toISOString(),
    system: `${type()} ${release()}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`,
    node: process.version,
    contenders: options.contenders.map(versionOf).join(', '),
    rounds: options.rounds,
    concurrency: CONCURRENCY,
    workDividedBy: options.divisor,
    largeObjectsMib: options.mib,
  }
}

/** @param {import('./contender.mjs').Contender} contender */
function versionOf({ name, package: packageName }) {
  if (packageName === undefined) return `${name} (this repository)`
  const path = new URL(`../node_modules/${packageName}/package.json`, import.meta.url)
  /** @type {{ version: string }} */
  const { version } = JSON.parse(readFileSync(path, 'utf8'))
  return `${name} (${packageName} ${version})`
}
