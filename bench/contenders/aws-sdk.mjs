import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { countBytes, EXPIRY_SECONDS } from '../lib/contender.mjs'

/** @type {import('../lib/contender.mjs').Contender} */
export const awsSdk = {
  name: 'aws-sdk',
  runtime: 'node',
  package: '@aws-sdk/client-s3',
  counts: { presign: 20_000 },
  async create({ endpoint, accessKey, secretKey, region, bucket }) {
    const sdk = await import('@aws-sdk/client-s3')
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
    const { Upload } = await import('@aws-sdk/lib-storage')
    const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey }
    const client = new sdk.S3Client({ endpoint, region, credentials, forcePathStyle: true })
    /** @param {string} Key */
    const open = async (Key) => {
      const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key }))
      if (!(Body instanceof Readable)) throw new Error('the reply has no body')
      return Body
    }
    /**
     * @param {string} Key
     * @param {Readable} Body
     */
    const upload = (Key, Body) =>
      new Upload({ client, params: { Bucket: bucket, Key, Body } }).done()
    return {
      put: (Key, Body) => client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key, Body })),
      async get(Key) {
        const reply = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key }))
        if (reply.Body === undefined) throw new Error('the reply has no body')
        return reply.Body.transformToByteArray()
      },
      async stat(Key) {
        const reply = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key }))
        return reply.ContentLength
      },
      async list(prefix) {
        let keys = 0
        const pages = sdk.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })
        for await (const page of pages) {
          for (const { Key } of page.Contents ?? []) if (Key) keys++
        }
        return keys
      },
      presign(Key) {
        const command = new sdk.GetObjectCommand({ Bucket: bucket, Key })
        return getSignedUrl(client, command, { expiresIn: EXPIRY_SECONDS })
      },
      uploadFile: (key, path) => upload(key, createReadStream(path)),
      downloadFile: async (key, path) => pipeline(await open(key), createWriteStream(path)),
      read: async (key) => countBytes(await open(key)),
      uploadStream: (key, chunks) => upload(key, Readable.from(chunks)),
      close: () => client.destroy(),
    }
  },
}
