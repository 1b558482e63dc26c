import { EXPIRY_SECONDS } from '../lib/contender.mjs'

/**
 * Ours, as built in this repository.
 *
 * @type {import('../lib/contender.mjs').Contender}
 */
export const stowage = {
  name: 'stowage',
  runtime: 'node',
  package: undefined,
  async create({ bucket, ...options }) {
    const { Client } = await import('../../packages/client/dist/index.js')
    if (Client === undefined) throw new Error('packages/client exports no Client yet')
    const client = new Client(options)
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
      close: () => client.close(),
    }
  },
}
