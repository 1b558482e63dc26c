// Installs the contenders when the lock has changed since the last time, and says what it does.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
// Inside node_modules, so that an install that begins (and removes the folder) also removes it.
const stampPath = `${folder}node_modules/.stowage-bench`

const lock = readFileSync(`${folder}package-lock.json`)
const stamp = createHash('sha256').update(lock).update(`${process.platform} ${process.arch}`)
const wanted = stamp.digest('hex')
const installed = existsSync(stampPath) ? readFileSync(stampPath, 'utf8') : ''

if (installed === wanted) {
  console.error('bench: the installed contenders are up to date')
} else {
  console.error('bench: installing the contenders with npm ci')
  // npm tells its own path to the scripts that it runs; it is a shell script on some systems.
  const npm = process.env['npm_execpath']
  const [program, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm']
  execFileSync(program, [...first, 'ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  writeFileSync(stampPath, wanted)
}
