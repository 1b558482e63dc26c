import { createHash, createHmac } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { finished, pipeline } from 'node:stream/promises'
import { KEYS_PER_PAGE, objectEtag, OBJECT_BYTES } from '../lib/payload.mjs'

/**
 * The floor: the bare HTTP request. Nothing is signed, nothing is parsed, nothing is retried.
 * A presigned URL costs at least one SHA-256 and one HMAC, so that is its floor.
 *
 * @type {import('../lib/contender.mjs').Contender}
 */
export const bare = {
  name: 'bare',
  runtime: 'node',
  package: 'undici',
  async create({ endpoint, bucket, secretKey }) {
    const { Agent, request } = await import('undici')
    const dispatcher = new Agent()
    const base = `${endpoint}/${bucket}`
    /**
     * @param {string} key
     * @param {Buffer | import('node:stream').Readable | AsyncGenerator<Buffer>} body
     * @param {Record<string, string>} headers
     */
    const send = async (key, body, headers) => {
      // undici takes any iterable of bytes, which its types do not say.
      const anyBody = /** @type {Buffer} */ (body)
      const options = { dispatcher, method: /** @type {const} */ ('PUT'), body: anyBody, headers }
      const reply = await request(`${base}/${key}`, options)
      await reply.body.dump()
    }
    return {
      put: (key, body) => send(key, body, {}),
      async get(key) {
        const reply = await request(`${base}/${key}`, { dispatcher })
        return reply.body.arrayBuffer()
      },
      async stat(key) {
        // undici closes the connection after a HEAD unless told otherwise.
        const options = { dispatcher, method: /** @type {const} */ ('HEAD'), reset: false }
        const reply = await request(`${base}/${key}`, options)
        await reply.body.dump()
        return Number(reply.headers['content-length'])
      },
      async list(prefix) {
        let keys = 0
        for await (const { object } of fixedEntries(request, dispatcher, base, prefix)) {
          if (object.length > 0) keys++
        }
        return keys
      },
      presign(key) {
        const hash = createHash('sha256').update(key).digest('hex')
        const signature = createHmac('sha256', secretKey).update(hash).digest('hex')
        return `${base}/${key}?X-Amz-Signature=${signature}`
      },
      async uploadFile(key, path) {
        const { size } = await stat(path)
        await send(key, createReadStream(path), { 'content-length': String(size) })
      },
      async downloadFile(key, path) {
        const reply = await request(`${base}/${key}`, { dispatcher })
        await pipeline(reply.body, createWriteStream(path))
      },
      async read(key) {
        const reply = await request(`${base}/${key}`, { dispatcher })
        let bytes = 0
        reply.body.on('data', (piece) => {
          bytes += piece.length
        })
        await finished(reply.body)
        return bytes
      },
      uploadStream: (key, chunks) => send(key, chunks, {}),
      close: () => dispatcher.close(),
    }
  },
}

/**
 * Fetches each page, and yields as many entries as the page is known to hold, unread.
 *
 * @param {typeof import('undici').request} request
 * @param {import('undici').Dispatcher} dispatcher
 * @param {string} base
 * @param {string} prefix  `pages-N/`
 */
async function* fixedEntries(request, dispatcher, base, prefix) {
  const pages = Number.parseInt(prefix.slice('pages-'.length), 10)
  const query = `list-type=2&max-keys=${KEYS_PER_PAGE}&prefix=${encodeURIComponent(prefix)}`
  for (let page = 0; page < pages; page++) {
    const token = `page-${String(page).padStart(6, '0')}`
    const reply = await request(`${base}?${query}&continuation-token=${token}`, { dispatcher })
    await reply.body.arrayBuffer()
    for (let index = 0; index < KEYS_PER_PAGE; index++) {
      yield { object: prefix, sizeBytes: OBJECT_BYTES, etag: objectEtag }
    }
  }
}
