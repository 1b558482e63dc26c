import { stat } from 'node:fs/promises'
import { downloadPath, uploadPath } from './files.mjs'
import { bulkKey, BYTES_PER_MIB, CHUNK_BYTES } from './payload.mjs'

// One small object before the measurement loads the code and opens a connection, and takes none
// of the memory that a large one takes.
const common = { unit: 'MiB', time: /** @type {const} */ ('ms'), warmUp: 1 }

/**
 * One large object, whose size is the number of units.
 *
 * @type {Record<string, import('./workloads.mjs').Workload>}
 */
export const bulkWorkloads = {
  'file-up': {
    ...common,
    title: 'one large file up',
    sendsFile: true,
    sends: true,
    async run(client, mib, folder) {
      await client.uploadFile(bulkKey(mib), uploadPath(folder, mib))
      return mib
    },
  },
  'file-down': {
    ...common,
    title: 'one large object down to a file',
    async run(client, mib, folder) {
      const path = downloadPath(folder)
      await client.downloadFile(bulkKey(mib), path)
      return wholeMib((await stat(path)).size, mib)
    },
  },
  'stream-down': {
    ...common,
    title: 'one large object down, read and dropped',
    run: async (client, mib) => wholeMib(await client.read(bulkKey(mib)), mib),
  },
  'unknown-up': {
    ...common,
    title: 'one large stream of unknown length up',
    sends: true,
    async run(client, mib) {
      await client.uploadStream(bulkKey(mib), chunks(mib))
      return mib
    },
  },
}

/**
 * Each piece is a new buffer, as it is when it comes from a file or from the network: who keeps
 * pieces, keeps memory.
 *
 * @param {number} mib
 */
async function* chunks(mib) {
  const pattern = Buffer.alloc(CHUNK_BYTES, 'stowage ')
  const count = (mib * BYTES_PER_MIB) / CHUNK_BYTES
  for (let index = 0; index < count; index++) yield Buffer.from(pattern)
}

/**
 * @param {number} bytes
 * @param {number} mib  what they should be
 */
function wholeMib(bytes, mib) {
  if (bytes !== mib * BYTES_PER_MIB) throw new Error(`${mib} MiB came as ${bytes} bytes`)
  return mib
}
