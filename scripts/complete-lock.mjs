// Adds to a lock file the platform packages that npm left out of it.
//
//   node scripts/complete-lock.mjs [package-lock.json ...]
//
// npm writes only the optional packages it could load into the lock (npm/cli#4828), and then
// `npm ci` refuses that very lock: "Missing: @oxfmt/binding-darwin-arm64". Native packages name
// their platform, and their owner pins their exact version, so the entries can be written here.
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * @typedef {{
 *   version?: string,
 *   dev?: boolean,
 *   optional?: boolean,
 *   os?: string[],
 *   cpu?: string[],
 *   libc?: string[],
 *   optionalDependencies?: Record<string, string>,
 * }} Entry
 * @typedef {{ packages: Record<string, Entry> }} Lock
 */

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']

/**
 * What `…/binding-linux-arm-musleabihf` says of the machine it is for.
 *
 * @param {string} name
 * @returns {Pick<Entry, 'os' | 'cpu' | 'libc'> | undefined}
 */
function platformOf(name) {
  const words = name.split(/[/-]/)
  const os = systems.filter((system) => words.includes(system))
  const cpu = processors.filter((processor) => words.includes(processor))
  if (os.length !== 1 || cpu.length !== 1) return undefined
  if (os[0] !== 'linux') return { os, cpu }
  if (name.includes('musl')) return { os, cpu, libc: ['musl'] }
  return name.includes('gnu') ? { os, cpu, libc: ['glibc'] } : { os, cpu }
}

/** @param {Lock['packages']} packages @returns {[string, Entry][]} */
function missingEntries(packages) {
  /** @type {[string, Entry][]} */
  const missing = []
  for (const owner of Object.values(packages)) {
    for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
      const path = `node_modules/${name}`
      const platform = platformOf(name)
      if (path in packages || platform === undefined || !/^\d/.test(version)) continue
      const dev = owner.dev === true ? { dev: true } : {}
      missing.push([path, { version, ...dev, optional: true, ...platform }])
    }
  }
  return missing
}

/** @param {string} path */
function completeLock(path) {
  /** @type {Lock} */
  const lock = JSON.parse(readFileSync(path, 'utf8'))
  const missing = missingEntries(lock.packages)
  const all = [...Object.entries(lock.packages), ...missing]
  lock.packages = Object.fromEntries(all.toSorted(([a], [b]) => a.localeCompare(b, 'en')))
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
  process.stdout.write(`${path}: ${missing.length} platform packages added\n`)
}

const named = process.argv.slice(2)
for (const path of named.length > 0 ? named : ['package-lock.json']) completeLock(path)
