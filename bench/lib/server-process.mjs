import { fork } from 'node:child_process'
import { once } from 'node:events'
import { targetAt } from './target.mjs'

/**
 * Starts the server of this run.
 *
 * @param {boolean} [partMd5]  whether what is put gets its MD5 for an ETag
 * @returns {Promise<{ target: import('./target.mjs').Target, stop: () => void }>}
 */
export async function startServerProcess(partMd5 = false) {
  const child = fork(new URL('../server.mjs', import.meta.url), partMd5 ? ['--part-md5'] : [])
  const [message] = await Promise.race([once(child, 'message'), failWhenItEnds(child)])
  return { target: targetAt(message.port), stop: () => child.disconnect() }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<never>}
 */
async function failWhenItEnds(child) {
  const [code] = await once(child, 'exit')
  throw new Error(`the server ended with ${code} before it listened`)
}
