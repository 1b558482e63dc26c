import { bulkWorkloads } from './bulk-workloads.mjs'
import { KEYS_PER_PAGE, listingPrefix, objectBody, OBJECT_BYTES } from './payload.mjs'

/** Operations in flight at a time, for every contender. */
export const CONCURRENCY = 8

/**
 * @typedef {object} Workload
 * @property {string} title
 * @property {string} unit    what the figures are per
 * @property {'ms'} [time]    what the figures are in; microseconds if it does not say
 * @property {number} warmUp  units of work before the measurement begins
 * @property {number} [count] units of work that are measured; without it, what `--mib` says
 * @property {true} [sendsFile]  `run` finds a file of so many MiB in the folder, see `files.mjs`
 * @property {true} [sends]   the server must have received so many MiB in the end
 * @property {(client: import('./contender.mjs').ConnectedClient, count: number, folder: string) =>
 *   Promise<number>} run
 *   does so much work and returns how many operations that was; throws when an answer is wrong
 */

/** @type {Record<string, Workload>} */
export const workloads = {
  put: {
    title: 'put, 4 KiB',
    unit: 'request',
    warmUp: 2_000,
    count: 20_000,
    run: (client, count) => inFlight(count, (key) => client.put(key, objectBody)),
  },
  get: {
    title: 'get, 4 KiB, read whole',
    unit: 'request',
    warmUp: 2_000,
    count: 20_000,
    run: (client, count) =>
      inFlight(count, async (key) => expectSize((await client.get(key)).byteLength)),
  },
  stat: {
    title: 'stat',
    unit: 'request',
    warmUp: 2_000,
    count: 20_000,
    run: (client, count) => inFlight(count, async (key) => expectSize(await client.stat(key))),
  },
  list: {
    title: `list, pages of ${KEYS_PER_PAGE} keys, each key visited`,
    unit: 'key',
    // After 20 pages V8 is still compiling what fetches them: even the floor takes twice as long.
    warmUp: 500,
    count: 500,
    async run(client, pages) {
      const keys = await client.list(listingPrefix(pages))
      if (keys !== pages * KEYS_PER_PAGE) throw new Error(`${pages} pages gave ${keys} keys`)
      return keys
    },
  },
  presign: {
    title: 'presign GET, one after another',
    unit: 'URL',
    warmUp: 2_000,
    count: 200_000,
    async run(client, count) {
      for (let index = 0; index < count; index++) {
        const url = await client.presign(keyAt(index))
        if (!url.includes('X-Amz-Signature=')) throw new Error(`no signature in ${url}`)
      }
      return count
    },
  },
  ...bulkWorkloads,
}

/** @param {string} name */
export function workloadNamed(name) {
  const workload = Object.hasOwn(workloads, name) ? workloads[name] : undefined
  if (workload === undefined) throw new RangeError(`no workload is called ${name}`)
  return workload
}

/**
 * Calls `once` with so many keys, a bounded number at a time.
 *
 * @param {number} count
 * @param {(key: string) => Promise<unknown>} once
 */
async function inFlight(count, once) {
  let started = 0
  const lane = async () => {
    while (started < count) await once(keyAt(started++))
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, lane))
  return count
}

/** @param {number} index */
function keyAt(index) {
  return `folder/object-${index}.bin`
}

/** @param {number | undefined} size */
function expectSize(size) {
  if (size !== OBJECT_BYTES) throw new Error(`an object of ${OBJECT_BYTES} bytes came as ${size}`)
}
