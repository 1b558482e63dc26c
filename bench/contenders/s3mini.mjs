import { createWriteStream, openAsBlob } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { countBytes, EXPIRY_SECONDS } from '../lib/contender.mjs'
import { KEYS_PER_PAGE } from '../lib/payload.mjs'

/** @type {import('../lib/contender.mjs').Contender} */
export const s3mini = {
  name: 's3mini',
  runtime: 'node',
  package: 's3mini',
  counts: { presign: 20_000 },
  async create({ endpoint, accessKey, secretKey, region, bucket }) {
    const { S3mini } = await import('s3mini')
    const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey }
    const client = new S3mini({ endpoint: `${endpoint}/${bucket}`, region, ...credentials })
    /** @param {string} key */
    const open = async (key) => {
      const reply = await client.getObjectResponse(key)
      if (!reply?.body) throw new Error('the reply has no body')
      return Readable.fromWeb(reply.body)
    }
    return {
      async put(key, body) {
        const reply = await client.putObject(key, body)
        // fetch keeps the connection to itself until the body of the reply is read.
        await reply.arrayBuffer()
      },
      async get(key) {
        const bytes = await client.getObjectArrayBuffer(key)
        if (bytes === null) throw new Error('no such object')
        return bytes
      },
      stat: (key) => client.getContentLength(key),
      async list(prefix) {
        let keys = 0
        /** @type {string | undefined} */
        let token
        do {
          // The first parameter is called delimiter, but is the path; a listing is always flat.
          const page = await client.listObjectsPaged('/', prefix, KEYS_PER_PAGE, token)
          for (const { Key } of page?.objects ?? []) if (Key.length > 0) keys++
          token = page?.nextContinuationToken
        } while (token)
        return keys
      },
      presign: (key) => client.getPresignedUrl('GET', key, EXPIRY_SECONDS),
      uploadFile: async (key, path) => client.putAnyObject(key, await openAsBlob(path)),
      downloadFile: async (key, path) => pipeline(await open(key), createWriteStream(path)),
      read: async (key) => countBytes(await open(key)),
      uploadStream: (key, chunks) => client.putAnyObject(key, ReadableStream.from(chunks)),
      close() {},
    }
  },
}
