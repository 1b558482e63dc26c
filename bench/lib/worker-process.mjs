import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const WORKER = fileURLToPath(new URL('../worker.mjs', import.meta.url))
const BUN_PACKAGES = fileURLToPath(new URL('../node_modules/@oven/', import.meta.url))
const TIMEOUT_MILLIS = 15 * 60_000

/**
 * Runs one job in a process of its own.
 *
 * @param {import('../worker.mjs').Job} job
 * @param {'node' | 'bun'} runtime
 * @returns {Promise<import('./measure.mjs').Measurement>}
 */
export async function runWorker(job, runtime) {
  const child = spawn(runtimePath(runtime), [WORKER, JSON.stringify(job)], {
    env: quietEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MILLIS,
  })
  /** @type {Promise<string>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(signal ?? String(code)))
  })
  const [outcome, output, errors] = await Promise.all([
    ended,
    text(child.stdout),
    text(child.stderr),
  ])
  if (outcome !== '0') throw new Error(reasonFrom(errors) ?? `the process ended with ${outcome}`)
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '')
}

/** @param {'node' | 'bun'} runtime */
function runtimePath(runtime) {
  return runtime === 'node' ? process.execPath : bunPath()
}

/**
 * The runtime itself is in a package for each platform; the `bun` package holds only a stub that
 * its install script would replace, and install scripts are off here.
 */
function bunPath() {
  const folders = existsSync(BUN_PACKAGES) ? readdirSync(BUN_PACKAGES) : []
  const path = folders
    .flatMap((folder) => ['bun', 'bun.exe'].map((file) => `${BUN_PACKAGES}${folder}/bin/${file}`))
    .find((candidate) => existsSync(candidate))
  if (path === undefined) throw new Error('no Bun runtime is installed for this platform')
  return path
}

/** Without proxies, which would stand in the way, and without settings of the AWS SDK. */
function quietEnvironment() {
  const foreign = /^(https?|all|no)_proxy$|^(aws|minio|s3|bun|node)_/i
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}

/**
 * The line that names the error, out of what an uncaught one prints.
 *
 * @param {string} errors
 */
function reasonFrom(errors) {
  const lines = errors.split('\n').map((line) => line.trim())
  return lines.find((line) => /^\w*(error|exception)\b.*:/i.test(line)) ?? lines.find(Boolean)
}
