import { createReadStream } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { httpReply, ScriptedServer } from '../../../../test/support/scripted-server.ts'
import type { ObjectData } from '../../src/request/source-body.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { withoutLeaks } from '../support/leaks.ts'

const stored = httpReply(200, { etag: '"e"' })
const abc = (): Uint8Array => Buffer.from('abc')

interface Upload {
  readonly outcome: unknown
  /** All bytes of all requests. */
  readonly receivedBytes: number
  readonly bodies: readonly string[]
  readonly complete: boolean
}

async function upload(data: ObjectData, length?: number): Promise<Upload> {
  await using server = await ScriptedServer.start([stored])
  const client = clientOf(server.endpoint)
  let outcome: unknown
  await withoutLeaks(server, client, async () => {
    outcome = await client
      .putObject('bkt', 'k', data, { length })
      .catch((error: unknown) => ({ failure: error }))
  })
  return {
    outcome,
    receivedBytes: server.receivedBytes,
    bodies: server.requests.map(({ body }) => body.toString()),
    complete: server.requests.some(({ complete }) => complete),
  }
}

async function* generate(...chunks: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  for (const chunk of chunks) {
    await pause(1)
    yield chunk
  }
}

function webStream(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift()
      if (chunk) controller.enqueue(chunk)
      else controller.close()
    },
  })
}

describe('what can be uploaded', () => {
  const view = new Uint8Array(Buffer.from('xxabcyy')).subarray(2, 5)
  it.each<[string, () => ObjectData, number | undefined]>([
    ['text', () => 'abc', undefined],
    ['bytes', abc, undefined],
    ['bytes with their length', abc, 3],
    ['a view with an offset', () => view, undefined],
    ['an ArrayBuffer', () => new Uint8Array(abc()).buffer, undefined],
    ['a Blob', () => new Blob(['a', 'bc']), undefined],
    ['a stream of Node', () => Readable.from([Buffer.from('a'), Buffer.from('bc')]), 3],
    ['a byte stream of Node', () => new PassThrough().end('abc'), 3],
    ['a web stream', () => webStream(Buffer.from('a'), Buffer.from('bc')), 3],
    ['a byte stream of the web', () => new Blob(['abc']).stream(), 3],
    ['a list', () => ['a', Buffer.from('bc')], 3],
    ['a stream of Node of unknown length', () => Readable.from(['a', 'bc']), undefined],
    [
      'a web stream of unknown length',
      () => webStream(Buffer.from('a'), abc().subarray(1)),
      undefined,
    ],
    ['an async generator of unknown length', () => generate('', 'a', 'bc', ''), undefined],
    [
      'a generator',
      () =>
        (function* () {
          yield 'a'
          yield 'bc'
        })(),
      3,
    ],
    ['an async generator', () => generate('a', '', abc().subarray(1)), 3],
    ['a stream of unknown length', () => Readable.from([Buffer.from('abc')]), undefined],
    ['a web stream of unknown length', () => webStream(abc()), undefined],
    ['a generator of unknown length', () => generate('ab', 'c'), undefined],
  ])('%s', async (_name, data, length) => {
    const { outcome, bodies } = await upload(data(), length)
    expect(outcome).toMatchObject({ etag: 'e' })
    expect(bodies).toEqual(['abc'])
  })

  it.each<[string, () => ObjectData, number | undefined]>([
    ['text', () => '', undefined],
    ['bytes', () => new Uint8Array(0), undefined],
    ['a Blob', () => new Blob([]), undefined],
    ['a list', () => [], 0],
    ['a stream of Node', () => Readable.from([]), 0],
    ['a web stream', () => webStream(), 0],
  ])('%s without a byte', async (_name, data, length) => {
    const { outcome, bodies, complete } = await upload(data(), length)
    expect(outcome).toMatchObject({ etag: 'e' })
    expect(bodies).toEqual([''])
    expect(complete).toBe(true)
  })

  it('text beyond ASCII counts in bytes', async () => {
    expect((await upload('é😀')).bodies).toEqual(['é😀'])
    expect((await upload(['é', '😀'], 6)).bodies).toEqual(['é😀'])
  })

  it('many pieces, in order', async () => {
    const chunks = Array.from({ length: 2000 }, (_, index) => `${index},`)
    const text = chunks.join('')
    const { bodies } = await upload(
      Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
      text.length,
    )
    expect(bodies).toEqual([text])
  })
})

const sources: Readonly<Record<string, (...chunks: Uint8Array[]) => ObjectData>> = {
  'a stream of Node': (...chunks) => Readable.from(chunks),
  'a web stream': webStream,
  'a list': (...chunks) => chunks,
  'an async generator': generate,
}

describe.each(Object.entries(sources))('%s of another length', (_name, source) => {
  it.each([
    ['too short', [abc()], 4],
    ['empty', [], 1],
    ['too long by a piece', [abc(), abc()], 3],
    ['too long within a piece', [abc(), abc()], 5],
    ['not empty', [abc()], 0],
  ])('%s: is an IntegrityError, and nothing is stored', async (_case, chunks, length) => {
    const { outcome, complete, bodies } = await upload(source(...chunks), length)
    expect(outcome).toMatchObject({ failure: { name: 'IntegrityError' } })
    expect(complete).toBe(false)
    expect(bodies.join('').length).toBeLessThanOrEqual(length)
  })
})

describe('a source that fails', () => {
  const failure = new Error('the disk is gone')

  it.each<[string, () => ObjectData]>([
    [
      'a stream of Node',
      () =>
        Readable.from(
          (async function* () {
            yield abc()
            throw failure
          })(),
        ),
    ],
    [
      'a stream of Node that is destroyed',
      () => {
        const stream = new PassThrough()
        stream.write('abc')
        setTimeout(() => stream.destroy(failure), 10)
        return stream
      },
    ],
    [
      'a stream that failed before',
      () => {
        const stream = new PassThrough()
        stream.on('error', () => {})
        return stream.destroy(failure)
      },
    ],
    [
      'a web stream',
      () => {
        let pulls = 0
        return new ReadableStream<Uint8Array>({
          pull(controller) {
            if (pulls++ === 0) controller.enqueue(abc())
            else throw failure
          },
        })
      },
    ],
    [
      'an async generator',
      () =>
        (async function* () {
          yield abc()
          throw failure
        })(),
    ],
    [
      'a generator',
      () =>
        (function* () {
          yield abc()
          throw failure
        })(),
    ],
    [
      'one that fails at once',
      () =>
        (async function* () {
          if (failure) throw failure
          yield abc()
        })(),
    ],
    [
      'one that fails when all bytes are there',
      () =>
        (async function* () {
          yield abc()
          yield abc()
          throw failure
        })(),
    ],
  ])('%s: its own failure is what the caller gets', async (_name, data) => {
    const { outcome, complete } = await upload(data(), 6)
    expect(outcome).toEqual({ failure })
    expect(complete).toBe(false)
  })

  it('a file that is not there', async () => {
    const { outcome, bodies } = await upload(createReadStream('/nowhere/nothing'), 10)
    expect(outcome).toMatchObject({ failure: { code: 'ENOENT' } })
    expect(bodies).toEqual([])
  })

  it('a file that is not there, while credentials are awaited', async () => {
    await using server = await ScriptedServer.start([stored])
    await using client = clientOf(server.endpoint, {
      accessKey: undefined,
      secretKey: undefined,
      credentials: async () => {
        await pause(20)
        return undefined
      },
    })
    const upload = client.putObject('bkt', 'k', createReadStream('/nowhere/nothing'), { length: 1 })
    expect(await failureOf(upload)).toMatchObject({ code: 'ENOENT' })
  })

  it('a stream that was destroyed before, without a reason', async () => {
    const { outcome, bodies } = await upload(new PassThrough().destroy(), 3)
    expect(outcome).toMatchObject({ failure: { code: 'ERR_STREAM_PREMATURE_CLOSE' } })
    expect(bodies).toEqual([])
  })

  it.each<[string, () => unknown]>([
    ['objects', () => Readable.from([{ a: 1 }])],
    ['numbers', () => [1, 2, 3]],
    ['null', () => [null]],
  ])('pieces that are %s', async (_name, data) => {
    // The types forbid it; object streams get there all the same.
    const { outcome, complete } = await upload(data() as ObjectData, 3)
    expect(outcome).toMatchObject({ failure: { name: 'InvalidArgumentError', argument: 'data' } })
    expect(complete).toBe(false)
  })
})

describe('data that can never be sent', () => {
  const locked = (): ReadableStream<Uint8Array> => {
    const stream = webStream(abc())
    stream.getReader()
    return stream
  }
  it.each<[string, unknown, number | undefined, string]>([
    ['nothing', undefined, undefined, 'data'],
    ['null', null, 3, 'data'],
    ['a number', 5, 1, 'data'],
    ['an object', {}, 3, 'data'],
    ['a promise', Promise.resolve('abc'), 3, 'data'],
    ['a function', () => 'abc', 3, 'data'],
    ['a locked stream', locked(), 3, 'data'],
    ['a promise without a length', Promise.resolve('abc'), undefined, 'data'],
    ['text of another length', 'abc', 4, 'length'],
    ['a length below 0', 'abc', -1, 'length'],
    ['half a byte', 'abc', 2.5, 'length'],
    ['no number', ['a'], Number.NaN, 'length'],
    ['more than an object has', ['a'], 1e15, 'length'],
    ['more than 10,000 parts carry', ['a'], 10_000 * 5 * 1024 ** 3 + 1, 'length'],
    ['bytes of another length', abc(), 2, 'length'],
    ['a Blob of another length', new Blob(['abc']), 4, 'length'],
  ])('%s', async (_name, data, length, argument) => {
    await using server = await ScriptedServer.start([stored])
    await using client = clientOf(server.endpoint)
    const call = client.putObject('bkt', 'k', data as ObjectData, { length })
    expect(await failureOf(call)).toMatchObject({ name: 'InvalidArgumentError', argument })
    expect(server.connections).toBe(0)
  })
})

describe('a source is given up with its call', () => {
  it.each(['a stream of Node', 'a web stream', 'a generator'])('%s', async (kind) => {
    await using server = await ScriptedServer.start([httpReply(403)])
    await using client = clientOf(server.endpoint)
    let stopped = false
    const stop = (): void => {
      stopped = true
    }
    const web = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(abc()),
      pull: () => new Promise(() => {}),
      cancel: stop,
    })
    const node = new PassThrough({
      destroy: (_error, done) => {
        stop()
        done(null)
      },
    })
    node.write('abc')
    const generator = (async function* () {
      try {
        for (;;) {
          await pause(1)
          yield abc()
        }
      } finally {
        stop()
      }
    })()
    const data = { 'a stream of Node': node, 'a web stream': web, 'a generator': generator }[kind]
    if (!data) throw new Error('no such source')
    const reason = new Error('enough')
    const controller = new AbortController()
    const upload = client.putObject('bkt', 'k', data, { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 20)
    expect(await failureOf(upload)).toBe(reason)
    await expect.poll(() => stopped).toBe(true)
    expect(server.connections).toBe(0)
  })

  it('which the store refuses', async () => {
    await using server = await ScriptedServer.start([httpReply(403)])
    await using client = clientOf(server.endpoint)
    let stopped = false
    const endless = (function* () {
      try {
        for (;;) yield new Uint8Array(1024 * 1024)
      } finally {
        stopped = true
      }
    })()
    const upload = client.putObject('bkt', 'k', endless, { partSize: 5 * 1024 * 1024 })
    expect(await failureOf(upload)).toMatchObject({ status: 403 })
    expect(stopped).toBe(true)
  })

  it.each(['a stream of Node', 'a web stream'])(
    '%s that stands still while the store refuses it',
    async (kind) => {
      const startedMs = performance.now()
      await using server = await ScriptedServer.start([{ after: 'head', steps: httpReply(403) }])
      await using client = clientOf(server.endpoint)
      let stopped = false
      const web = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(abc()),
        pull: () => new Promise(() => {}),
        cancel: () => {
          stopped = true
        },
      })
      const node = new PassThrough()
      node.write('abc')
      const data = kind === 'a web stream' ? web : node
      const upload = client.putObject('bkt', 'k', data, { length: 5 * 1024 ** 3 })
      expect(await failureOf(upload)).toMatchObject({ status: 403 })
      await expect.poll(() => stopped || node.destroyed).toBe(true)
      expect(performance.now() - startedMs).toBeLessThan(1000)
    },
  )
})
