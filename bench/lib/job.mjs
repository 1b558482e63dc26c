import { mkdir } from 'node:fs/promises'
import { downloadFolder, makeUploadFile, removeDownloads } from './files.mjs'
import { BYTES_PER_MIB } from './payload.mjs'
import { receivedBytes } from './received-bytes.mjs'
import { runWorker } from './worker-process.mjs'
import { workloadNamed } from './workloads.mjs'

/**
 * How much work there is, where, and with whom.
 *
 * @typedef {object} Surroundings
 * @property {import('./target.mjs').Target} target
 * @property {string} folder   for temporary files
 * @property {number} divisor  what the counts are divided by
 * @property {number} mib      size of large objects
 */

/**
 * @param {import('./contender.mjs').Contender} contender
 * @param {string} workload
 * @param {Surroundings} surroundings
 * @returns {import('../worker.mjs').Job}
 */
export function jobFor(contender, workload, { target, folder, divisor, mib }) {
  const { warmUp, count } = workloadNamed(workload)
  const ownCount = contender.counts?.[workload] ?? count
  return {
    contender: contender.name,
    workload,
    warmUp: Math.ceil(warmUp / divisor),
    count: ownCount === undefined ? mib : Math.ceil(ownCount / divisor),
    target,
    folder,
  }
}

/**
 * Runs one job in a process of its own, with the files that it needs, and checks what the server
 * has received.
 *
 * @param {import('../worker.mjs').Job} job
 * @param {'node' | 'bun'} runtime
 */
export async function runJob(job, runtime) {
  const { workload, warmUp, count, target, folder } = job
  const { sendsFile, sends } = workloadNamed(workload)
  if (sendsFile) for (const mib of [warmUp, count]) await makeUploadFile(folder, mib)
  await mkdir(downloadFolder(folder), { recursive: true })
  const before = sends ? await receivedBytes(target) : 0
  try {
    const measurement = await runWorker(job, runtime)
    const sent = sends ? (await receivedBytes(target)) - before : 0
    if (sends && sent < (warmUp + count) * BYTES_PER_MIB) {
      throw new Error(`the server received no more than ${sent} bytes`)
    }
    return measurement
  } finally {
    await removeDownloads(folder)
  }
}
