// What a user would install is well formed: publint and "are the types wrong" on each package.
//
//   node scripts/check-packages.mjs        (after `tsc -b`)
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Folders of the packages that are published. */
const packages = ['protocol', 'client', 'server', 'cli'].map((name) => `packages/${name}`)

/** @param {string} folder @returns {readonly (readonly string[])[]} */
function commandsFor(folder) {
  return [
    ['publint', folder, '--strict'],
    ['attw', '--pack', folder, '--profile', 'esm-only', '--no-color'],
  ]
}

/** @param {readonly string[]} command @returns {Promise<boolean>} whether it found nothing */
async function passes(command) {
  const [tool = '', ...rest] = command
  try {
    await run(`node_modules/.bin/${tool}`, rest, { shell: process.platform === 'win32' })
    return true
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? error.stdout : error
    process.stderr.write(`${command.join(' ')}\n${String(output)}\n`)
    return false
  }
}

let failed = 0
for (const folder of packages) {
  const results = await Promise.all(commandsFor(folder).map(passes))
  failed += results.filter((passed) => !passed).length
}
process.stdout.write(`packages: ${packages.length} packages, ${failed} reports\n`)
process.exitCode = failed > 0 ? 1 : 0
