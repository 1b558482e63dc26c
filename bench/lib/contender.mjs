/**
 * One client library under measurement. The module imports its library inside `create`, so that
 * the program that starts the workers can read the list of contenders at no cost.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {'node' | 'bun'} runtime
 * @property {string | undefined} package   npm package whose version is shown
 * @property {Partial<Record<string, number>>} [counts]
 *   fewer operations for a workload that this contender is very slow at
 * @property {readonly string[]} [only]     the workloads that a variant is of interest for
 * @property {(target: import('./target.mjs').Target) => Promise<ConnectedClient>} create
 */

/**
 * Each method uses the library as its own documentation shows, with the library's own defaults.
 *
 * @typedef {object} ConnectedClient
 * @property {(key: string, body: Buffer) => Promise<unknown>} put
 * @property {(key: string) => Promise<ArrayBuffer | Uint8Array>} get    the whole object
 * @property {(key: string) => Promise<number | undefined>} stat         size in bytes
 * @property {(prefix: string) => Promise<number>} list                  number of keys iterated
 * @property {(key: string) => Promise<string> | string} presign         URL for GET, one hour
 * @property {(key: string, path: string) => Promise<unknown>} uploadFile
 * @property {(key: string, path: string) => Promise<unknown>} downloadFile
 * @property {(key: string) => Promise<number>} read   number of bytes iterated, each piece dropped
 * @property {(key: string, chunks: AsyncGenerator<Buffer>) => Promise<unknown>} uploadStream
 *   of a length that nobody knows
 * @property {() => Promise<void> | void} close
 */

/**
 * Reads to the end and keeps nothing.
 *
 * @param {AsyncIterable<Uint8Array>} pieces
 * @returns {Promise<number>} number of bytes
 */
export async function countBytes(pieces) {
  let bytes = 0
  for await (const piece of pieces) bytes += piece.byteLength
  return bytes
}

/** Validity of a presigned URL. */
export const EXPIRY_SECONDS = 3600
