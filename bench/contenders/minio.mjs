import { Readable } from 'node:stream'
import { countBytes, EXPIRY_SECONDS } from '../lib/contender.mjs'

/** @type {import('../lib/contender.mjs').Contender} */
export const minio = {
  name: 'minio',
  runtime: 'node',
  package: 'minio',
  counts: { presign: 20_000 },
  async create({ endpoint, accessKey, secretKey, region, bucket }) {
    const { Client } = await import('minio')
    const { hostname, port } = new URL(endpoint)
    const address = { endPoint: hostname, port: Number(port), useSSL: false }
    const client = new Client({ ...address, accessKey, secretKey, region })
    return {
      put: (key, body) => client.putObject(bucket, key, body),
      async get(key) {
        const chunks = []
        for await (const chunk of await client.getObject(bucket, key)) chunks.push(chunk)
        return Buffer.concat(chunks)
      },
      async stat(key) {
        const { size } = await client.statObject(bucket, key)
        return size
      },
      async list(prefix) {
        let keys = 0
        for await (const entry of client.listObjectsV2(bucket, prefix, true)) {
          if (entry.name.length > 0) keys++
        }
        return keys
      },
      presign: (key) => client.presignedGetObject(bucket, key, EXPIRY_SECONDS),
      uploadFile: (key, path) => client.fPutObject(bucket, key, path),
      downloadFile: (key, path) => client.fGetObject(bucket, key, path),
      read: async (key) => countBytes(await client.getObject(bucket, key)),
      uploadStream: (key, chunks) => client.putObject(bucket, key, Readable.from(chunks)),
      close() {},
    }
  },
}
