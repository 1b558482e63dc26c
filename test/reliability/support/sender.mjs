// A thread that sends bytes to a server and tells the status that it answers, so that the thread of
// the server does nothing else.
import { connect } from 'node:net'
import { parentPort } from 'node:worker_threads'

/** @param {{ readonly port: number, readonly bytes: Uint8Array }} message */
function send({ port, bytes }) {
  const socket = connect({ host: '127.0.0.1', port })
  let head = ''
  socket.on('data', (chunk) => {
    if (head.length < 64) head += chunk.toString('latin1', 0, 64)
  })
  socket.on('error', () => undefined)
  socket.on('close', () => parentPort?.postMessage(head.slice(9, 12), []))
  socket.write(bytes)
}

parentPort?.on('message', send)
