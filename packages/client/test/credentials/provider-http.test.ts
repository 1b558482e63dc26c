import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { splitHttpUrl, hostOf, originOf } from '../../src/credentials/http-url.ts'
import { exchange } from '../../src/credentials/provider-http.ts'
import { isTransportError } from '../../src/errors.ts'
import { failureOf, VirtualClock } from './support.ts'

test('an answer that drips is given up at the deadline, once', async () => {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
    const drip = setInterval(() => socket.write('x'), 20)
    socket.on('error', () => {}).on('close', () => clearInterval(drip))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // It listens at a port.
  const url = { secure: false, hostname: '127.0.0.1', port: `:${port}`, target: '/' }
  const timeouts = { connect: 1000, firstByte: 1000, total: 150 }
  const connection = { timeouts, proxied: false }
  try {
    const request = { url, method: 'GET', headers: {}, connection } as const
    const error = await failureOf(exchange(request, new VirtualClock()))
    expect(isTransportError(error, 'deadline')).toBe(true)
    expect(connections).toBe(1)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})

test.each([
  ['http://host', 'http://host', '/'],
  ['http://host:80/', 'http://host', '/'],
  ['https://host:443/a/../b?c=%2E', 'https://host', '/a/../b?c=%2E'],
  ['https://[::1]:8443/x', 'https://[::1]:8443', '/x'],
])('%s is split without changing its target', (text, origin, target) => {
  const url = splitHttpUrl(text)
  if (!url) expect.unreachable()
  expect([originOf(url), url.target]).toEqual([origin, target])
  expect(origin.endsWith(hostOf(url))).toBe(true)
})

test.each([
  '',
  'host',
  'http://',
  'http://a@b',
  'http://a:0',
  'http://a:65536',
  'http://a/ b',
  'http://a/#b',
  'HTTP://a',
  'http://a\r\n',
])('%j is no URL', (text) => {
  expect(splitHttpUrl(text)).toBeUndefined()
})
