// Adds to a lock file the platform packages that npm left out of it.
//
//   node scripts/complete-lock.mjs [package-lock.json ...]
//
// npm writes only the optional packages it could load into the lock (npm/cli#4828), and then
// `npm ci` refuses that very lock: "Missing: @oxfmt/binding-darwin-arm64". Native packages name
// their platform, and their owner pins their exact version, so the entries can be written here.
import { readFileSync, writeFileSync } from 'node:fs'

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']
const musl = /musl/
const glibc = /gnu/

/** What `…/binding-linux-arm-musleabihf` says of the machine it is for. */
function platformOf(name) {
  const words = name.split(/[/-]/)
  const os = systems.filter((system) => words.includes(system))
  const cpu = processors.filter((processor) => words.includes(processor))
  if (os.length !== 1 || cpu.length !== 1) return undefined
  const libc = musl.test(name) ? ['musl'] : glibc.test(name) ? ['glibc'] : undefined
  return { os, cpu, ...(libc !== undefined && os[0] === 'linux' ? { libc } : {}) }
}

function missingEntries(packages) {
  const missing = []
  for (const owner of Object.values(packages)) {
    for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
      const path = `node_modules/${name}`
      const platform = platformOf(name)
      if (path in packages || platform === undefined || !/^\d/.test(version)) continue
      missing.push([
        path,
        { version, ...(owner.dev ? { dev: true } : {}), optional: true, ...platform },
      ])
    }
  }
  return missing
}

const lockFiles = process.argv.slice(2)
for (const path of lockFiles.length > 0 ? lockFiles : ['package-lock.json']) {
  const lock = JSON.parse(readFileSync(path, 'utf8'))
  const missing = missingEntries(lock.packages)
  const all = [...Object.entries(lock.packages), ...missing]
  all.sort(([a], [b]) => a.localeCompare(b, 'en'))
  lock.packages = Object.fromEntries(all)
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
  process.stdout.write(`${path}: ${missing.length} platform packages added\n`)
}
