// Every dependency is pinned, every package says its licence, and no lock file names a registry.
//
//   node scripts/check-locks.mjs
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * @typedef {Record<string, string>} Versions
 * @typedef {{
 *   license?: string,
 *   dependencies?: Versions,
 *   devDependencies?: Versions,
 *   optionalDependencies?: Versions,
 * }} Manifest
 * @typedef {{ version?: string, resolved?: string, license?: string, dev?: boolean }} LockEntry
 */

const exactVersion = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/
const localFile = /^(?:file:)?(?:\.\.?\/)*(?:packages|examples|test|bench|docs)\b|^file:\.\./

/** Licences that a package we ship to users may have. */
const shippedLicences = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
])

/** @param {string} file @returns {string[]} */
function manifestProblems(file) {
  /** @type {Manifest} */
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  const { dependencies, devDependencies, optionalDependencies } = manifest
  const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
  const loose = versions.filter(([, version]) => !exactVersion.test(version))
  return [
    ...(manifest.license === 'Apache-2.0' ? [] : ['"license" is not Apache-2.0']),
    ...loose
      .filter(([, version]) => !localFile.test(version))
      .map(([name, version]) => `${name}@${version} is not an exact version`),
  ]
}

/** @param {string} file @returns {string[]} */
function lockProblems(file) {
  /** @type {{ packages: Record<string, LockEntry> }} */
  const lock = JSON.parse(readFileSync(file, 'utf8'))
  return Object.entries(lock.packages).flatMap(([path, entry]) => [
    ...(/^https?:/.test(entry.resolved ?? '') ? [`${path} names the host of a registry`] : []),
    ...(file === 'package-lock.json' &&
    isShipped(path, entry) &&
    !shippedLicences.has(entry.license ?? '')
      ? [`${path} has the licence ${entry.license ?? '(none)'}`]
      : []),
  ])
}

// What a user of our packages gets: installed, and not for development alone. What other lock
// files name (benchmark, reference) never reaches a user.
/** @param {string} path @param {LockEntry} entry */
function isShipped(path, entry) {
  return (
    path.startsWith('node_modules/') && entry.dev !== true && !localFile.test(entry.resolved ?? '')
  )
}

/** @param {string} pattern @returns {string[]} */
function trackedFiles(pattern) {
  const list = execFileSync('git', ['ls-files', '-z', '--', pattern, `**/${pattern}`], {
    encoding: 'utf8',
  })
  return list.split('\0').filter(Boolean)
}

const manifests = trackedFiles('package.json')
const locks = trackedFiles('package-lock.json')
const problems = [
  ...manifests.flatMap((file) => manifestProblems(file).map((problem) => `${file}: ${problem}`)),
  ...locks.flatMap((file) => lockProblems(file).map((problem) => `${file}: ${problem}`)),
]
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.stdout.write(
  `locks: ${manifests.length} package.json, ${locks.length} lock files, ${problems.length} wrong\n`,
)
process.exitCode = problems.length > 0 ? 1 : 0
