import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

import { requestsIn, type RecordedRequest } from '../../support/recorded-request.ts'

/** Stands between a client and a server and keeps what the client sends, byte for byte. */
export interface RecordingProxy {
  readonly port: number
  /** The requests of all connections so far. */
  requests(): readonly RecordedRequest[]
  close(): Promise<void>
}

export async function startRecordingProxy(serverPort: number): Promise<RecordingProxy> {
  const recordings: Buffer[][] = []
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const recording: Buffer[] = []
    recordings.push(recording)
    const server = connect({ host: '127.0.0.1', port: serverPort })
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => undefined)
    }
    client.on('data', (bytes) => recording.push(bytes))
    client.pipe(server).pipe(client)
  })
  await new Promise<void>((resolve) => proxy.listen({ host: '127.0.0.1', port: 0 }, resolve))
  return {
    port: (proxy.address() as AddressInfo).port,
    requests: () => recordings.flatMap((recording) => requestsIn(Buffer.concat(recording))),
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => proxy.close(() => resolve()))
    },
  }
}
