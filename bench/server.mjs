// The one server of a run, in a process of its own: started by lib/server-process.mjs, tells its
// port over the channel to its parent, and ends with it.
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { bulkReplyTo, sendGenerated } from './lib/bulk-replies.mjs'
import { RECEIVED_BYTES_PATH } from './lib/received-bytes.mjs'
import { replyTo, serialize } from './lib/replies.mjs'
import { RequestReader } from './lib/request-reader.mjs'

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

/** Costs more than all the rest, so only on demand. */
const hashesBodies = process.argv.includes('--part-md5')
let receivedBytes = 0

/** @param {import('node:net').Socket} socket */
function serve(socket) {
  socket.setNoDelay(true)
  let hash = createHash('md5')
  let sending = false
  const reader = new RequestReader(
    (request, bodyBytes) => {
      receivedBytes += bodyBytes
      const bodyMd5 = hashesBodies ? hash.digest('hex') : undefined
      if (hashesBodies) hash = createHash('md5')
      // Only a client that pipelines asks again before it has the answer, and none of them does.
      if (sending) {
        socket.destroy()
        return
      }
      sending = true
      answer(socket, request, bodyMd5, () => {
        sending = false
        if (request.closes) socket.end()
      })
    },
    () => socket.write(CONTINUE),
    hashesBodies ? (bytes) => hash.update(bytes) : undefined,
  )
  socket.on('data', (bytes) => reader.push(bytes))
  // A client that ends its process resets its idle connections: nothing to tell anybody.
  socket.on('error', () => socket.destroy())
}

/**
 * @param {import('node:net').Socket} socket
 * @param {import('./lib/request-reader.mjs').RequestHead} request
 * @param {string | undefined} bodyMd5
 * @param {() => void} onEnd  called when the socket has taken the whole answer
 */
function answer(socket, request, bodyMd5, onEnd) {
  const { method, target } = request
  const bulk = bulkReplyTo(request, bodyMd5)
  if (bulk !== undefined) {
    socket.write(bulk.head)
    sendGenerated(socket, bulk.bodyBytes, onEnd)
    return
  }
  socket.write(target === RECEIVED_BYTES_PATH ? receivedReply() : replyTo(method, target))
  onEnd()
}

function receivedReply() {
  const body = Buffer.from(String(receivedBytes))
  return serialize('200 OK', { 'content-length': body.length }, body, new Date())
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  process.send?.({ port: address.port })
})
process.on('disconnect', () => process.exit())
