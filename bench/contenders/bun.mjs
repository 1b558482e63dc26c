import { countBytes, EXPIRY_SECONDS } from '../lib/contender.mjs'

/** The client built into the Bun runtime. @type {import('../lib/contender.mjs').Contender} */
export const bun = {
  name: 'bun',
  runtime: 'bun',
  package: 'bun',
  async create({ endpoint, accessKey, secretKey, region, bucket }) {
    // @ts-expect-error exists in Bun only
    const Bun = globalThis.Bun
    const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey }
    const client = new Bun.S3Client({ endpoint, region, bucket, ...credentials })
    return {
      put: (key, body) => client.write(key, body),
      get: (key) => client.file(key).arrayBuffer(),
      async stat(key) {
        const { size } = await client.stat(key)
        return size
      },
      async list(prefix) {
        let keys = 0
        /** @type {string | undefined} */
        let continuationToken
        do {
          const page = await client.list({ prefix, continuationToken })
          for (const { key } of page.contents ?? []) if (key.length > 0) keys++
          continuationToken = page.nextContinuationToken
        } while (continuationToken)
        return keys
      },
      presign: (key) => client.presign(key, { expiresIn: EXPIRY_SECONDS }),
      uploadFile: (key, path) => client.write(key, Bun.file(path)),
      downloadFile: (key, path) => Bun.write(path, client.file(key)),
      read: (key) => countBytes(client.file(key).stream()),
      async uploadStream(key, chunks) {
        const writer = client.file(key).writer()
        for await (const chunk of chunks) {
          await writer.write(chunk)
          await writer.flush()
        }
        await writer.end()
      },
      close() {},
    }
  },
}
