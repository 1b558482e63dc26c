import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { errorReply, httpReply, ScriptedServer } from '../../../test/support/scripted-server.ts'
import { LinkedSignal, offAbort, onAbort } from '../src/abort.ts'
import type { Client } from '../src/client.ts'
import type { CallOptions } from '../src/options.ts'
import { clientOf, failureOf } from './support/assembled.ts'

const page = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
const answers = ({ method, target }: { readonly method: string; readonly target: string }) => {
  if (target.includes('busy')) return errorReply(503, 'SlowDown')
  return httpReply(200, { etag: '"e"' }, method === 'GET' ? page : '')
}

const warnings: Error[] = []
const onWarning = (warning: Error): void => {
  warnings.push(warning)
}
beforeEach(() => {
  warnings.length = 0
  process.on('warning', onWarning)
})
afterEach(() => {
  process.off('warning', onWarning)
})

type Call = (client: Client, options: CallOptions) => Promise<unknown>

const calls: Readonly<Record<string, Call>> = {
  stat: (client, options) => client.statObject('bkt', 'k', options),
  put: (client, options) => client.putObject('bkt', 'k', 'x', options),
  'put of a stream': (client, options) => client.putObject('bkt', 'k', ['a', 'b'], options),
  get: async (client, options) => (await client.getObject('bkt', 'k', options)).text(),
  'a get that is cancelled': async (client, options) =>
    (await client.getObject('bkt', 'k', options)).cancel(),
  list: (client, options) => client.listObjectsV2('bkt', options).toArray(),
  'a refusal that is tried again': (client, options) =>
    failureOf(client.statObject('busy', 'k', options)),
}

describe('one signal for many calls', () => {
  it.each(Object.entries(calls))('is listened to once at a time: %s', async (_name, call) => {
    await using server = await ScriptedServer.start(answers)
    await using client = clientOf(server.endpoint, { retry: { maxAttempts: 2 } })
    const { signal } = new AbortController()
    for (const timeout of [undefined, 60_000]) {
      const options = timeout === undefined ? { signal } : { signal, timeout }
      const all = Promise.all(Array.from({ length: 40 }, () => call(client, options)))
      expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1)
      await all
      expect(getEventListeners(signal, 'abort')).toEqual([])
    }
    await new Promise((resolve) => void setImmediate(resolve))
    expect(warnings).toEqual([])
  })

  it('makes no signals that stay with it', async () => {
    const any = vi.spyOn(AbortSignal, 'any')
    await using server = await ScriptedServer.start(answers)
    await using client = clientOf(server.endpoint, { retry: { maxAttempts: 2 } })
    const { signal } = new AbortController()
    for (const call of Object.values(calls)) await call(client, { signal, timeout: 60_000 })
    expect(any).not.toHaveBeenCalled()
    any.mockRestore()
  })

  it('ends a body that is still read, also where the call has a deadline', async () => {
    await using server = await ScriptedServer.start([
      ['HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: "e"\r\n\r\n12345'],
    ])
    await using client = clientOf(server.endpoint)
    const controller = new AbortController()
    const { signal } = controller
    const reader = await client.getObject('bkt', 'k', { signal, timeout: 60_000 })
    await reader.read()
    const rest = reader.read()
    controller.abort(new Error('enough'))
    expect(await failureOf(rest)).toMatchObject({ message: 'enough' })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('listeners of one signal', () => {
  it('are called by one listener, but those that have stopped', () => {
    const controller = new AbortController()
    const called: number[] = []
    const listeners = Array.from({ length: 100 }, (_, index) => () => void called.push(index))
    for (const listener of listeners) onAbort(controller.signal, listener)
    for (const listener of listeners.slice(1, 99)) offAbort(controller.signal, listener)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    controller.abort()
    expect(called).toEqual([0, 99])
  })

  it('leave nothing behind, 200,000 times', () => {
    const { signal } = new AbortController()
    for (let count = 0; count < 200_000; count++) new LinkedSignal(signal).release()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('hold a linked signal until the last one stops', () => {
    const { signal } = new AbortController()
    const link = new LinkedSignal(signal, undefined)
    const listener = (): void => {}
    onAbort(link.signal, listener)
    link.release()
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    offAbort(link.signal, listener)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('take over the reason of whichever signal fires, or has fired', () => {
    const [first, second] = [new AbortController(), new AbortController()]
    const link = new LinkedSignal(first.signal, second.signal)
    second.abort('late')
    first.abort('later')
    expect([link.signal.reason, new LinkedSignal(second.signal).signal.reason]).toEqual([
      'late',
      'late',
    ])
  })
})
