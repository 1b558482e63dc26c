import { execFileSync } from 'node:child_process'
import path from 'node:path'

/**
 * Builds the server once, before all proofs: processes that are killed run what the build makes,
 * because Node 20 runs no TypeScript by itself.
 */
export function setup(): void {
  const root = path.join(import.meta.dirname, '../../..')
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, '-b', 'packages/server'], { cwd: root })
}
