// The one server of a run, in a process of its own: started by lib/server-process.mjs, tells its
// port over the channel to its parent, and ends with it.
import { createServer } from 'node:net'
import { replyTo } from './lib/replies.mjs'
import { RequestReader } from './lib/request-reader.mjs'

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

/** @param {import('node:net').Socket} socket */
function serve(socket) {
  socket.setNoDelay(true)
  const reader = new RequestReader(
    ({ method, target, closes }) => {
      socket.write(replyTo(method, target))
      if (closes) socket.end()
    },
    () => socket.write(CONTINUE),
  )
  socket.on('data', (bytes) => reader.push(bytes))
  // A client that ends its process resets its idle connections: nothing to tell anybody.
  socket.on('error', () => socket.destroy())
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  process.send?.({ port: address.port })
})
process.on('disconnect', () => process.exit())
