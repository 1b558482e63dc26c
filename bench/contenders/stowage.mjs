import { countBytes, EXPIRY_SECONDS } from '../lib/contender.mjs'

/**
 * Ours, as built in this repository.
 *
 * @type {import('../lib/contender.mjs').Contender}
 */
export const stowage = {
  name: 'stowage',
  runtime: 'node',
  package: undefined,
  create: (target) => connect(target, {}),
}

/**
 * The same without SHA-256 over the payload: as over https, where TLS protects it.
 *
 * @type {import('../lib/contender.mjs').Contender}
 */
export const stowageUnsigned = {
  name: 'stowage-unsigned',
  runtime: 'node',
  package: undefined,
  only: ['file-up'],
  create: (target) => connect(target, { payloadSigning: 'never' }),
}

/**
 * @param {import('../lib/target.mjs').Target} target
 * @param {{ payloadSigning?: 'never' }} choices
 * @returns {Promise<import('../lib/contender.mjs').ConnectedClient>}
 */
async function connect({ bucket, ...address }, choices) {
  const { Client } = await import('../../packages/client/dist/index.js')
  const client = new Client({ ...address, ...choices })
  return {
    put: (key, body) => client.putObject(bucket, key, body),
    async get(key) {
      const reader = await client.getObject(bucket, key)
      return reader.bytes()
    },
    async stat(key) {
      const { sizeBytes } = await client.statObject(bucket, key)
      return sizeBytes
    },
    async list(prefix) {
      let keys = 0
      for await (const entry of client.listObjectsV2(bucket, { prefix, recursive: true })) {
        if (!entry.isPrefix && entry.object.length > 0) keys++
      }
      return keys
    },
    presign: (key) => client.presignedGetObject(bucket, key, { expirySeconds: EXPIRY_SECONDS }),
    uploadFile: (key, path) => client.fPutObject(bucket, key, path),
    downloadFile: (key, path) => client.fGetObject(bucket, key, path),
    read: async (key) => countBytes(await client.getObject(bucket, key)),
    uploadStream: (key, chunks) => client.putObject(bucket, key, chunks),
    close: () => client.close(),
  }
}
