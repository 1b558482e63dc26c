import { get } from 'node:http'
import { text } from 'node:stream/consumers'

/** No bucket can have this name. */
export const RECEIVED_BYTES_PATH = '/-/received-bytes'

/**
 * Bytes of all request bodies that the server has read to their end.
 *
 * @param {import('./target.mjs').Target} target
 * @returns {Promise<number>}
 */
export async function receivedBytes({ endpoint }) {
  /** @type {import('node:http').IncomingMessage} */
  const reply = await new Promise((resolve, reject) => {
    get(`${endpoint}${RECEIVED_BYTES_PATH}`, { agent: false }, resolve).once('error', reject)
  })
  return Number(await text(reply))
}
