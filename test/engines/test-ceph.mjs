// Runs the conformance suite, the meeting of other people's clients (test/interop) and the outage
// against Ceph, which it brings up and takes down.
//
//   npm run test:ceph                               Ceph 18.2, the packages of Debian 13
//   npm run test:ceph -- --release sid              Ceph 20.2, the packages of Debian unstable
//   npm run test:ceph -- -t 'Ceph 18, http '        further arguments are those of vitest
//
// It needs root on Debian, because it installs packages. Elsewhere it says so, and succeeds.
// CONFORMANCE_RESULTS and STOWAGE_TEST_REPORT name files for the results, as for `npm test`.
import { spawn } from 'node:child_process'
import { accessSync } from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const root = path.join(here, '..', '..')
const script = path.join(here, 'ceph.sh')
/** More than installing takes on a slow line. */
const installTimeoutMs = 600_000
/** A store on a busy machine takes its time; a hang is still seen. */
const patience = ['--testTimeout', '120000', '--hookTimeout', '60000']
/** The monitor and its neighbours take as many ports, one behind the other. */
const internalPorts = 40

/** @type {NodeJS.ProcessEnv} */
const environment = {
  CEPH_DEV_DIR: path.join(os.tmpdir(), 'stowage-ceph'),
  ...process.env,
}

/** Ctrl-C ends the command that runs now; then Ceph is taken down. */
const interruption = new AbortController()
process.on('SIGINT', () => interruption.abort())
process.on('SIGTERM', () => interruption.abort())

/**
 * Runs a command to its end and gives its exit code; what it prints goes on.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, timeoutMs?: number, signal?: AbortSignal }} [options]
 * @returns {Promise<number>}
 */
function run(command, args, options = {}) {
  const { env = environment, timeoutMs: timeout, signal = interruption.signal } = options
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: 'inherit', timeout, signal })
    child.on('error', () => {
      // Of a command that was interrupted, the end is still to come.
      if (child.pid === undefined) resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

/** @param {readonly string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<number>} */
function vitest(args, env) {
  const program = path.join(root, 'node_modules', 'vitest', 'vitest.mjs')
  return run(process.execPath, [program, 'run', ...patience, ...args], { env })
}

/** Why there can be no Ceph here; undefined where there can be one. */
function obstacle() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs root on Linux'
  try {
    accessSync('/etc/debian_version')
    return undefined
  } catch {
    return 'it needs Debian, whose packages of Ceph it installs'
  }
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** The first of so many free ports. @param {number} count @returns {Promise<number>} */
async function freePorts(count) {
  // Below the ports that the kernel gives to connections on their way out.
  for (let first = 20_000; first + count < 32_000; first += count) {
    const ports = Array.from({ length: count }, (_, index) => isFree(first + index))
    if ((await Promise.all(ports)).every(Boolean)) return first
  }
  throw new Error('there are no free ports')
}

/** What the script says of the cluster. @returns {Promise<NodeJS.ProcessEnv>} */
async function clusterVariables() {
  const child = spawn(script, ['env'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  const lines = [...text.matchAll(/^export ([A-Z_]+)=(.*)$/gm)]
  return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]))
}

/** Further reports stand beside that of the suite. @param {string} name */
function reportOf(name) {
  return environment['STOWAGE_TEST_REPORT']?.replace(/(\.json)?$/, `-${name}.json`)
}

/**
 * What one client writes to the cluster, the others read: see test/interop.
 *
 * @param {NodeJS.ProcessEnv} cluster @returns {Promise<number>}
 */
async function meetOnCluster(cluster) {
  const folder = path.join(root, 'test', 'interop')
  const installed = await run('npm', ['ci', '--prefix', folder])
  if (installed !== 0) return installed
  const env = {
    ...environment,
    INTEROP_ENDPOINT: cluster['CEPH_ENDPOINT'],
    INTEROP_ACCESS_KEY: cluster['CEPH_ACCESS_KEY'],
    INTEROP_SECRET_KEY: cluster['CEPH_SECRET_KEY'],
  }
  const report = reportOf('clients')
  const reporters =
    report === undefined ? [] : ['--reporter=json', '--reporter=default', `--outputFile=${report}`]
  return run('npm', ['run', 'test:endpoint', '--prefix', folder, '--', ...reporters], { env })
}

/** @param {readonly string[]} vitestArguments @returns {Promise<number>} */
async function testCluster(vitestArguments) {
  const cluster = await clusterVariables()
  /** @type {NodeJS.ProcessEnv} */
  const env = {
    ...environment,
    ...cluster,
    CEPH_SCRIPT: script,
    CONFORMANCE_TARGETS: 'ceph',
  }
  // Some files beside the cases of targets have tests of their own.
  const cases = vitestArguments.includes('-t') ? [] : ['-t', '^Ceph ']
  const suite = await vitest(['test/conformance', ...cases, ...vitestArguments], env)
  const meeting = vitestArguments.length === 0 ? await meetOnCluster(cluster) : 0
  // Alone: it takes the gateway away.
  env['STOWAGE_TEST_REPORT'] = reportOf('outage')
  const outage = await vitest(['test/engines', ...vitestArguments], env)
  return suite || meeting || outage
}

/** @param {readonly string[]} args @returns {Promise<number>} */
async function main(args) {
  const why = obstacle()
  if (why !== undefined) {
    process.stdout.write(`Ceph is skipped: ${why}.\n`)
    return 0
  }
  const at = args.indexOf('--release')
  const release = at < 0 ? 'trixie' : (args[at + 1] ?? '')
  const vitestArguments = at < 0 ? args : args.toSpliced(at, 2)
  const ofRelease = ['--release', release]
  if ((await run(script, ['install', ...ofRelease], { timeoutMs: installTimeoutMs })) !== 0) {
    process.stdout.write('Ceph is skipped: its packages could not be installed; see above.\n')
    return 0
  }
  const port = await freePorts(internalPorts + 2)
  const ports = ['--port', `${port}`, '--tls-port', `${port + 1}`, '--mon-port', `${port + 2}`]
  try {
    const up = await run(script, ['up', ...ofRelease, ...ports])
    return up === 0 ? await testCluster(vitestArguments) : up
  } finally {
    // A signal of its own: also behind an interruption.
    await run(script, ['down'], { signal: new AbortController().signal })
  }
}

process.exitCode = await main(process.argv.slice(2))
