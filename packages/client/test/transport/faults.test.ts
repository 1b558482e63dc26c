import { setTimeout as pause } from 'node:timers/promises'
import { createServer } from 'node:net'
import { getEventListeners, once } from 'node:events'
import { describe, expect, it } from 'vitest'
import {
  end,
  errorReply,
  httpHead,
  httpReply,
  reset,
  ScriptedServer,
  type RecordedRequest,
  type Script,
  type ScriptedReply,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import type { Client } from '../../src/client.ts'
import type { ClientOptions } from '../../src/options.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { withoutLeaks } from '../support/leaks.ts'

const once1 = { retry: { maxAttempts: 1 } } as const
const body = 'x'.repeat(1000)
// Without an ETag: a body that has one is continued, which is a test of its own below.
const whole = `${httpHead(200, { 'content-length': '1000' })}${body}`
const headBytes = whole.length - body.length

async function using(
  script: Script,
  options: Partial<ClientOptions>,
  test: (client: Client, server: ScriptedServer) => Promise<void>,
): Promise<void> {
  await using server = await ScriptedServer.start(script)
  const client = clientOf(server.endpoint, options)
  await withoutLeaks(server, client, () => test(client, server))
}

const read = async (client: Client): Promise<Uint8Array> =>
  (await client.getObject('bkt', 'k')).bytes()

async function drain(reader: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _chunk of reader);
}

/** Never answers. */
const silence: readonly Step[] = []
/** Never answers, however often it is asked for a connection-level answer. */
const hang: ScriptedReply = { after: 'head', steps: [] }

describe('a connection that is refused', () => {
  it('is a TransportError that says that nothing was sent', async () => {
    const placeholder = createServer().listen(0, '127.0.0.1')
    await once(placeholder, 'listening')
    const address = placeholder.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    placeholder.close()
    await once(placeholder, 'close')
    await using client = clientOf(`http://127.0.0.1:${port}`, once1)
    expect(await failureOf(client.putObject('bkt', 'k', 'x'))).toMatchObject({
      name: 'TransportError',
      kind: 'connect',
      requestSent: false,
      responseStarted: false,
      operation: 'PutObject',
    })
  })

  it('is a TransportError for a name that does not exist', async () => {
    await using client = clientOf('http://name.invalid', once1)
    expect(await failureOf(client.statObject('bkt', 'k'))).toMatchObject({ kind: 'dns' })
  })
})

describe('a connection that is cut', () => {
  const cuts: readonly (readonly [string, number])[] = [
    ['before the answer', 0],
    ['in the status line', 1],
    ['in the status line', 9],
    ['after the status line', 17],
    ['in a header', 30],
    ['in the empty line', headBytes - 2],
    ['before the empty line ends', headBytes - 1],
  ]
  it.each(cuts)('%s (%i bytes): a read is sent again', async (_where, bytes) => {
    for (const cut of [reset, end]) {
      await using([[whole.slice(0, bytes), cut], [whole]], {}, async (client, server) => {
        expect(await read(client)).toHaveLength(1000)
        expect(server.requests).toHaveLength(2)
      })
    }
  })

  const forms = ['bytes', 'text', 'stream', 'nodeStream', 'iterator'] as const

  async function textOf(client: Client, form: (typeof forms)[number]): Promise<string> {
    const reader = await client.getObject('bkt', 'k')
    if (form === 'bytes' || form === 'text') return Buffer.from(await reader[form]()).toString()
    const chunks: Uint8Array[] = []
    const source = form === 'iterator' ? reader : reader[form]()
    for await (const chunk of source as AsyncIterable<Uint8Array>) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }

  /** Serves the range that is asked for, of a body whose bytes are all different enough. */
  const counted = Array.from({ length: 250 }, (_, index) => String(index).padStart(4)).join('')
  const countedHead = httpHead(200, { 'content-length': '1000', etag: '"e"' })
  function rest(request: RecordedRequest, headers: Readonly<Record<string, string>> = {}): Step[] {
    const range = request.header('range') ?? ''
    const start = Number(/^bytes=([0-9]+)-999$/.exec(range)?.[1])
    const contentRange = `bytes ${start}-999/1000`
    const all = { 'content-range': contentRange, etag: '"e"', ...headers }
    return [...httpReply(206, all, counted.slice(start))]
  }

  it.each([0, 1, 500, 999])('in the body after %i bytes is continued from there', async (bytes) => {
    for (const cut of [reset, end]) {
      const script: Script = (request, index) =>
        index === 0 ? [countedHead + counted.slice(0, bytes), cut] : rest(request)
      await using(script, once1, async (client, server) => {
        expect(await textOf(client, 'bytes')).toBe(counted)
        expect(server.requests).toHaveLength(2)
        expect(server.requests[1]?.header('if-match')).toBe('"e"')
      })
    }
  })

  it.each(forms)('in the body, twice: %s() gives the whole', async (form) => {
    const script: Script = (request, index) => {
      if (index === 0) return [countedHead + counted.slice(0, 10), end]
      const [head = '', body = ''] = rest(request)
      return index === 1
        ? [head, Buffer.from(body as Uint8Array).subarray(0, 20), end]
        : [head, body]
    }
    await using(script, once1, async (client, server) => {
      expect(await textOf(client, form)).toBe(counted)
      expect(server.requests).toHaveLength(3)
    })
  })

  const stretches: readonly [string, object, number, number][] = [
    ['the whole', {}, 0, 999],
    ['a range', { offset: 100, length: 500 }, 100, 599],
    ['the rest', { offset: 300 }, 300, 999],
    ['the end', { suffixLength: 400 }, 600, 999],
  ]
  /** Serves what is asked for, and cuts each answer after so many bytes of its body. */
  const inCuts = (everyBytes: number, version: (index: number) => string): Script => {
    return (request, index) => {
      const range = request.header('range')
      const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range ?? 'bytes=0-999') ?? []
      const start = first === '' ? 1000 - Number(last) : Number(first)
      const stop = first === '' || last === '' ? 999 : Number(last)
      const body = version(index).slice(start, stop + 1)
      const head = httpHead(range === undefined ? 200 : 206, {
        'content-length': String(body.length),
        ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${stop}/1000` }),
        etag: version(index) === counted ? '"e"' : '"f"',
      })
      if (body.length <= everyBytes) return [head, body]
      return [head, body.slice(0, everyBytes), index % 2 === 0 ? end : reset]
    }
  }

  it.each(stretches)('every few bytes: %s is whole', async (_what, range, start, last) => {
    for (const everyBytes of [7, 64, 333, 399]) {
      const script = inCuts(everyBytes, () => counted)
      await using(script, once1, async (client) => {
        const reader = await client.getObject('bkt', 'k', range)
        expect(await reader.text()).toBe(counted.slice(start, last + 1))
      })
    }
  })

  const other = counted.replaceAll('1', '8')
  it.each(stretches)(
    'every few bytes, and replaced in between by a store that heeds no condition: %s is no success',
    async (_what, range, start, last) => {
      for (const replacedAt of [1, 2, 3]) {
        const script = inCuts(90, (index) => (index < replacedAt ? counted : other))
        await using(script, once1, async (client, server) => {
          const reader = await client.getObject('bkt', 'k', range)
          const got: Uint8Array[] = []
          const failure = await failureOf(
            (async () => {
              for await (const chunk of reader) got.push(chunk)
            })(),
          )
          expect(failure).toMatchObject({ name: 'IntegrityError' })
          // What came before is of the first object alone.
          const text = Buffer.concat(got).toString()
          expect(text).toBe(counted.slice(start, last + 1).slice(0, 90 * replacedAt))
          expect(server.requests).toHaveLength(replacedAt + 1)
        })
      }
    },
  )

  it('again and again without a byte is given up', async () => {
    const script: Script = (request, index) => {
      const [head = ''] = index === 0 ? [countedHead] : rest(request)
      return [head, end]
    }
    await using(script, once1, async (client, server) => {
      expect(await failureOf(read(client))).toMatchObject({ name: 'TransportError' })
      expect(server.requests).toHaveLength(4)
    })
  })

  const lies: readonly [string, (request: RecordedRequest) => readonly Step[], object][] = [
    [
      'a refusal: the object was replaced',
      () => errorReply(412, 'PreconditionFailed'),
      { name: 'S3Error', code: 'PreconditionFailed' },
    ],
    ['that it is gone', () => errorReply(404, 'NoSuchKey'), { code: 'NoSuchKey' }],
    ['the whole again', () => [whole], { name: 'InvalidResponseError' }],
    [
      'another range',
      (request) => rest(request, { 'content-range': 'bytes 499-998/1000' }),
      { name: 'InvalidResponseError' },
    ],
    ['another object', (request) => rest(request, { etag: '"f"' }), { name: 'IntegrityError' }],
    [
      'a range without an ETag',
      () => httpReply(206, { 'content-range': 'bytes 500-999/1000' }, counted.slice(500)),
      { name: 'IntegrityError' },
    ],
    ['garbage', () => ['what?\r\n\r\n', end], { name: 'TransportError', kind: 'protocol' }],
    ['nothing', () => [end], { name: 'TransportError', kind: 'reset' }],
  ]
  it.each(lies)(
    'in the body, and then answered by %s, is no success',
    async (_answer, reply, failure) => {
      const cut: Step[] = [countedHead + counted.slice(0, 500), end]
      for (const form of forms) {
        await using(
          (request, index) => (index === 0 ? cut : reply(request)),
          once1,
          async (client) => {
            expect(await failureOf(textOf(client, form))).toMatchObject(failure)
          },
        )
      }
    },
  )

  it('in a body without an ETag is not continued: nothing tells whose the rest is', async () => {
    const head = httpHead(200, { 'content-length': '1000' })
    await using([[head + counted.slice(0, 500), end]], once1, async (client, server) => {
      for (const form of forms) {
        const failure = await failureOf(textOf(client, form))
        expect(failure).toMatchObject({ name: 'TransportError', responseStarted: true })
      }
      expect(server.requests).toHaveLength(forms.length)
    })
  })

  const chunked = httpHead(200, { 'transfer-encoding': 'chunked', etag: '"e"' })
  it.each([
    ['in the size of a chunk', '4'],
    ['after the size of a chunk', '4\r\n'],
    ['in a chunk', '4\r\nab'],
    ['after a chunk', '4\r\nabcd'],
    ['between chunks', '4\r\nabcd\r\n'],
    ['in the last chunk', '4\r\nabcd\r\n0'],
    ['in the trailer', '4\r\nabcd\r\n0\r\nx: y'],
    ['before the last line end', '4\r\nabcd\r\n0\r\n'],
  ])('%s is no success', async (_where, part) => {
    await using([[chunked + part, end]], once1, async (client) => {
      expect(await failureOf(read(client))).toMatchObject({ name: 'TransportError' })
    })
  })

  it('in the answer of a listing: the page is asked for again', async () => {
    const document =
      '<ListBucketResult><CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes></ListBucketResult>'
    const head = httpHead(200, { 'content-length': String(document.length) })
    await using(
      [[head, document.slice(0, -5), end], httpReply(200, {}, document)],
      {},
      async (client) => {
        expect(await client.listObjectsV2('bkt').toArray()).toHaveLength(1)
      },
    )
  })

  it('before anything was read of a request', async () => {
    await using([{ after: 'connect', steps: [reset] }, [whole]], {}, async (client) => {
      expect(await read(client)).toHaveLength(1000)
    })
  })

  it('in the middle of the request line', async () => {
    await using([{ after: 'first-byte', steps: [reset] }, [whole]], {}, async (client) => {
      expect(await read(client)).toHaveLength(1000)
    })
  })
})

describe('a body that lies', () => {
  const get = (reply: readonly Step[], call: (client: Client) => Promise<unknown>) =>
    using([reply], once1, async (client) => {
      expect(await failureOf(call(client))).toMatchObject({
        name: expect.stringMatching(/^(InvalidResponse|Transport)Error$/),
      })
    })
  const ranged = (range: object) => async (client: Client) =>
    (await client.getObject('bkt', 'k', range)).bytes()

  it('without any length could be cut unseen', () =>
    get([httpHead(200, { etag: '"e"' }), 'abc', end], read))
  it('without any length from HTTP/1.0', () => get(['HTTP/1.0 200 OK\r\n\r\n', 'abc', end], read))
  it('with two lengths', () =>
    get(['HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'], read))
  it('with length and chunks', () =>
    get(
      [
        'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      ],
      read,
    ))
  it('with a negative length', () =>
    get(['HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nabc', end], read))
  it('with a bad chunk size', () =>
    get(['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nabc'], read))
  it('is not the protocol', () => get(['SSH-2.0-OpenSSH_9.6\r\n', end], read))
  it('is HTTP/0.9', () => get(['hello', end], read))

  it.each([
    ['200 for a range', httpReply(200, {}, 'abc'), { offset: 1 }],
    ['no Content-Range', httpReply(206, {}, 'bc'), { offset: 1 }],
    ['another start', httpReply(206, { 'content-range': 'bytes 0-1/3' }, 'ab'), { offset: 1 }],
    [
      'an earlier end',
      httpReply(206, { 'content-range': 'bytes 1-1/9' }, 'b'),
      { offset: 1, length: 2 },
    ],
    [
      'a later end',
      httpReply(206, { 'content-range': 'bytes 1-3/9' }, 'bcd'),
      { offset: 1, length: 2 },
    ],
    [
      'an end that is missing',
      httpReply(206, { 'content-range': 'bytes 1-4/9' }, 'bcde'),
      { offset: 1 },
    ],
    ['more than the end', httpReply(206, { 'content-range': 'bytes 1-2/3' }, 'bcd'), { offset: 1 }],
    [
      'fewer than the range',
      httpReply(206, { 'content-range': 'bytes 1-2/3' }, 'b'),
      { offset: 1 },
    ],
    [
      'an end behind the object',
      httpReply(206, { 'content-range': 'bytes 1-9/3' }, 'b'),
      { offset: 1 },
    ],
    [
      'another suffix',
      httpReply(206, { 'content-range': 'bytes 0-1/3' }, 'ab'),
      { suffixLength: 2 },
    ],
    [
      'a longer suffix',
      httpReply(206, { 'content-range': 'bytes 0-2/3' }, 'abc'),
      { suffixLength: 2 },
    ],
    ['other units', httpReply(206, { 'content-range': 'lines 1-2/3' }, 'bc'), { offset: 1 }],
    [
      'several ranges',
      httpReply(206, { 'content-type': 'multipart/byteranges; boundary=x' }, '--x--'),
      { offset: 1 },
    ],
    ['206 where nothing was asked', httpReply(206, { 'content-range': 'bytes 0-1/3' }, 'ab'), {}],
    ['204 where a body was asked', httpReply(204, { 'content-length': '0' }), {}],
  ])('%s', (_case, reply, range) => get(reply, ranged(range)))

  it.each([
    [{ offset: 1 }, 'bytes 1-2/3', 'bc'],
    [{ offset: 1, length: 5 }, 'bytes 1-2/3', 'bc'],
    [{ offset: 1, length: 2 }, 'bytes 1-2/9', 'bc'],
    [{ offset: 1, length: 2 }, 'bytes 1-2/*', 'bc'],
    [{ length: 2 }, 'bytes 0-1/9', 'ab'],
    [{ suffixLength: 2 }, 'bytes 1-2/3', 'bc'],
    [{ suffixLength: 9 }, 'bytes 0-2/3', 'abc'],
  ])('that does not: %j gets %s', async (range, contentRange, content) => {
    await using(
      [httpReply(206, { 'content-range': contentRange }, content)],
      once1,
      async (client) => {
        expect(Buffer.from(await ranged(range)(client)).toString()).toBe(content)
      },
    )
  })

  it('in chunks that end before the range does', async () => {
    const head = httpHead(206, { 'content-range': 'bytes 1-2/3', 'transfer-encoding': 'chunked' })
    await using([[head, '1\r\nb\r\n0\r\n\r\n']], once1, async (client) => {
      expect(await failureOf(ranged({ offset: 1 })(client))).toMatchObject({ kind: 'truncated' })
      const reader = await client.getObject('bkt', 'k', { offset: 1 })
      expect(await failureOf(drain(reader))).toMatchObject({ kind: 'truncated' })
    })
  })

  it('is given as it is stored, gzip or not', async () => {
    const gzip = Buffer.from('1f8b08000000000000034b04000043beb7e801000000', 'hex')
    await using([httpReply(200, { 'content-encoding': 'gzip' }, gzip)], {}, async (client) => {
      expect(Buffer.from(await read(client)).equals(gzip)).toBe(true)
    })
  })
})

describe('time limits', () => {
  const timeouts = { connect: 150, firstByte: 150, idle: 150 }

  it('to the first byte', async () => {
    await using([hang], { ...once1, timeouts }, async (client) => {
      expect(await failureOf(read(client))).toMatchObject({ kind: 'first-byte-timeout' })
    })
  })

  it('in the headers', async () => {
    await using([['HTTP/1.1 200 OK\r\nx: y']], { ...once1, timeouts }, async (client) => {
      expect(await failureOf(read(client))).toMatchObject({ kind: 'first-byte-timeout' })
    })
  })

  it('between two pieces of the body', async () => {
    await using([[whole.slice(0, -5)]], { ...once1, timeouts }, async (client) => {
      expect(await failureOf(read(client))).toMatchObject({ kind: 'idle-timeout' })
    })
    // What can be continued is, and then stands still again, three times.
    const taggedHead = httpHead(200, { 'content-length': '1000', etag: '"e"' })
    const script: Script = (request) => {
      if (request.header('range') === undefined) return [taggedHead, body.slice(0, -5)]
      const headers = { 'content-length': '5', 'content-range': 'bytes 995-999/1000', etag: '"e"' }
      return [httpHead(206, headers)]
    }
    await using(script, { ...once1, timeouts }, async (client, server) => {
      expect(await failureOf(read(client))).toMatchObject({ kind: 'idle-timeout' })
      expect(server.requests).toHaveLength(4)
    })
  })

  it('of the whole call', async () => {
    await using([hang], {}, async (client) => {
      const started = performance.now()
      const failure = await failureOf(client.statObject('bkt', 'k', { timeout: 100 }))
      expect(failure).toMatchObject({ kind: 'deadline' })
      expect(performance.now() - started).toBeLessThan(400)
    })
    await using([hang], { timeouts: { total: 100 } }, async (client, server) => {
      expect(await failureOf(client.statObject('bkt', 'k'))).toMatchObject({ kind: 'deadline' })
      expect(server.requests).toHaveLength(1)
    })
  })

  it('do not end a body that moves, however slowly', async () => {
    const drip: Step[] = [whole.slice(0, headBytes)]
    for (let at = 0; at < 10; at++) drip.push({ pauseMs: 50 }, body.slice(at * 100, (at + 1) * 100))
    await using([drip], { ...once1, timeouts }, async (client) => {
      expect(await read(client)).toHaveLength(1000)
    })
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 31])('refuse %s', async (value) => {
    expect(() => clientOf('host', { timeouts: { idle: value } })).toThrow(
      expect.objectContaining({ argument: 'timeouts.idle' }),
    )
    expect(() => clientOf('host', { timeouts: { total: value } })).toThrow(
      expect.objectContaining({ argument: 'timeouts.total' }),
    )
  })
})

describe('abort', () => {
  const reason = new Error('enough')

  async function aborted(
    script: Script,
    call: (client: Client, signal: AbortSignal) => Promise<unknown>,
    afterMs: number,
    options: Partial<ClientOptions> = {},
  ): Promise<ScriptedServer> {
    const controller = new AbortController()
    let reached!: ScriptedServer
    await using(script, options, async (client, server) => {
      reached = server
      let abortedAt = performance.now()
      if (afterMs === 0) controller.abort(reason)
      const timer = setTimeout(() => {
        abortedAt = performance.now()
        controller.abort(reason)
      }, afterMs)
      const failure = await failureOf(call(client, controller.signal))
      clearTimeout(timer)
      expect(failure).toBe(reason)
      expect(performance.now() - abortedAt).toBeLessThan(50)
    })
    return reached
  }

  it('before the call sends nothing', async () => {
    for (const call of [
      (client: Client, signal: AbortSignal) => client.statObject('bkt', 'k', { signal }),
      (client: Client, signal: AbortSignal) => client.getObject('bkt', 'k', { signal }),
      (client: Client, signal: AbortSignal) => client.putObject('bkt', 'k', 'x', { signal }),
      (client: Client, signal: AbortSignal) => client.listObjectsV2('bkt', { signal }).toArray(),
    ]) {
      expect((await aborted([silence], call, 0)).connections).toBe(0)
    }
  })

  it('while the head of the answer is awaited', async () => {
    await aborted([hang], (client, signal) => client.getObject('bkt', 'k', { signal }), 60)
    await aborted([hang], (client, signal) => client.statObject('bkt', 'k', { signal }), 60)
  })

  it('while a listing awaits its page', async () => {
    await aborted([hang], (client, signal) => client.listObjectsV2('bkt', { signal }).toArray(), 60)
  })

  it('while the body comes', async () => {
    await aborted(
      [[whole.slice(0, -5)]],
      async (client, signal) => (await client.getObject('bkt', 'k', { signal })).bytes(),
      60,
    )
  })

  it('while the body is being read by nobody', async () => {
    const controller = new AbortController()
    await using([[whole.slice(0, -5)]], {}, async (client, server) => {
      const reader = await client.getObject('bkt', 'k', { signal: controller.signal })
      controller.abort(reason)
      expect(await failureOf(reader.bytes())).toBe(reason)
      await server.quiet()
    })
  })

  it('while the request body is sent', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        await pause(2)
        yield new Uint8Array(1000)
      }
    }
    await aborted(
      [silence],
      (client, signal) => client.putObject('bkt', 'k', endless(), { length: 1e9, signal }),
      60,
    )
  })

  it('while the source of the body stands still', async () => {
    const standing = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) })
    await aborted(
      [silence],
      (client, signal) => client.putObject('bkt', 'k', standing, { length: 10, signal }),
      60,
    )
  })

  it('in the pause before another attempt', async () => {
    const server = await aborted(
      [errorReply(503, 'SlowDown', {}, { 'x-amz-retry-after': '4000' })],
      (client, signal) => client.putObject('bkt', 'k', 'x', { signal }),
      100,
    )
    expect(server.requests).toHaveLength(1)
  })

  it('while credentials are awaited', async () => {
    const server = await aborted(
      [silence],
      (client, signal) => client.putObject('bkt', 'k', 'x', { signal }),
      60,
      {
        accessKey: undefined,
        secretKey: undefined,
        credentials: () => new Promise(() => {}),
      },
    )
    expect(server.connections).toBe(0)
  })

  it('with a reason that is no error', async () => {
    await using([hang], {}, async (client) => {
      const controller = new AbortController()
      const call = client.statObject('bkt', 'k', { signal: controller.signal })
      controller.abort('because')
      expect(await failureOf(call)).toBe('because')
    })
  })

  it('leaves no listener on a signal that is shared by many calls', async () => {
    await using([httpReply(200, { etag: '"e"' })], {}, async (client) => {
      const { signal } = new AbortController()
      for (let count = 0; count < 20; count++) await client.statObject('bkt', 'k', { signal })
      expect(getEventListeners(signal, 'abort')).toEqual([])
    })
  })
})

describe('an answer during the upload', () => {
  const refusal = errorReply(403, 'AccessDenied', {}, { connection: 'close' })
  async function* large(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 512; count++) yield new Uint8Array(64 * 1024)
  }

  it('counts, although the connection is cut at once', async () => {
    for (let count = 0; count < 10; count++) {
      const reply: ScriptedReply = { after: 'head', steps: [...refusal, { pauseMs: 2 }, reset] }
      await using([reply], once1, async (client) => {
        const upload = client.putObject('bkt', 'k', new Uint8Array(8 * 1024 * 1024))
        expect(await failureOf(upload)).toMatchObject({ name: 'S3Error', code: 'AccessDenied' })
      })
    }
  })

  it('stops the source', async () => {
    await using([{ after: 'head', steps: [...refusal, end] }], once1, async (client) => {
      const source = large()
      const upload = client.putObject('bkt', 'k', source, { length: 512 * 64 * 1024 })
      expect(await failureOf(upload)).toMatchObject({ code: 'AccessDenied' })
      expect(await source.next()).toMatchObject({ done: true })
    })
  })

  it('is no success for bytes that the store did not take', async () => {
    const early: ScriptedReply = { after: 'head', steps: httpReply(200, { etag: '"e"' }) }
    await using([early], once1, async (client) => {
      const blob = new Blob([new Uint8Array(20)])
      blob.slice = () => blob
      blob.stream = () =>
        ReadableStream.from(
          (async function* () {
            yield new Uint8Array(10)
            await pause(50)
            yield new Uint8Array(10)
          })(),
        )
      const failure = await failureOf(client.putObject('bkt', 'k', blob))
      expect(failure).toMatchObject({ name: 'TransportError' })
    })
  })
})

describe('connections', () => {
  it('are used again; for HEAD, see surplus-bytes.test.ts', async () => {
    await using([httpReply(200, { etag: '"e"' })], {}, async (client, server) => {
      for (let count = 0; count < 10; count++) {
        await client.putObject('bkt', 'k', 'x')
        await (await client.getObject('bkt', 'k')).bytes()
      }
      // The pool opens another one when a call comes before the last one has left its own.
      expect(server.connections).toBeLessThan(4)
    })
  })

  it('that the store closed while they were idle cost no error', async () => {
    await using([httpReply(200, { etag: '"e"' })], once1, async (client, server) => {
      for (let count = 0; count < 20; count++) {
        await client.putObject('bkt', 'k', 'x')
        server.closeConnections()
        if (count % 2 === 0) await pause(count % 4)
      }
    })
  })

  it('that the store cuts at the moment of reuse cost no error', async () => {
    const script: Script = (_request, index) =>
      index % 2 === 1 ? [reset] : httpReply(200, { etag: '"e"' })
    await using(script, {}, async (client) => {
      for (let count = 0; count < 10; count++) await client.putObject('bkt', 'k', 'x')
    })
  })

  it('are not held by 100 small bodies that nobody reads', async () => {
    await using([[whole]], {}, async (client) => {
      const readers = []
      for (let count = 0; count < 100; count++) readers.push(await client.getObject('bkt', 'k'))
      expect(await client.bucketExists('bkt')).toBe(true)
      for (const reader of readers) expect(await reader.bytes()).toHaveLength(1000)
    })
  })

  it('are freed by 100 large bodies that are cancelled', async () => {
    const large = httpReply(200, {}, new Uint8Array(2 * 1024 * 1024))
    await using([large], {}, async (client) => {
      const results = Array.from({ length: 100 }, async (_, index) => {
        const reader = await client.getObject('bkt', 'k')
        if (index % 3 === 0) reader.cancel()
        else if (index % 3 === 1) await reader[Symbol.asyncDispose]()
        else for await (const _chunk of reader) break
      })
      await Promise.all(results)
    })
  })

  it('are freed by 200 errors, one after the other', async () => {
    await using([errorReply(404, 'NoSuchKey')], {}, async (client, server) => {
      for (let count = 0; count < 200; count++) {
        expect(await failureOf(client.getObject('bkt', 'k'))).toMatchObject({ code: 'NoSuchKey' })
      }
      expect(server.connections).toBeLessThan(201)
    })
  })

  it('are not held by the endless body of an error', async () => {
    const page = new Uint8Array(64 * 1024).fill(0x20)
    const endless: Step[] = [httpHead(403, { 'content-length': '1000000000000' })]
    for (let count = 0; count < 64; count++) endless.push(page)
    await using([endless], { ...once1, timeouts: { idle: 300 } }, async (client) => {
      expect(await failureOf(client.getObject('bkt', 'k'))).toMatchObject({ code: 'AccessDenied' })
    })
  })
})

describe('a large body', () => {
  const piece = new Uint8Array(64 * 1024)

  /** 64 MiB, and how much of it left the server. */
  function large(
    status: number,
    headers: Record<string, string>,
  ): { steps: Step[]; sent: () => number } {
    let sent = 0
    const steps: Step[] = [
      httpHead(status, { 'content-length': String(1024 * piece.length), ...headers }),
    ]
    for (let count = 0; count < 1024; count++) {
      steps.push(piece, { until: async () => sent++ })
    }
    return { steps, sent: () => sent * piece.length }
  }

  it('waits in the store while nobody reads it', async () => {
    const { steps, sent } = large(200, {})
    await using([steps], {}, async (client) => {
      const reader = await client.getObject('bkt', 'k')
      await pause(150)
      const held = sent()
      await pause(50)
      expect(sent()).toBe(held)
      expect(held).toBeLessThan(32 * 1024 * 1024)
      expect(await reader.bytes()).toHaveLength(1024 * piece.length)
    })
  })

  it.each([
    ['of an error', 403, {}],
    ['of another range', 206, { 'content-range': 'bytes 0-67108863/67108864' }],
  ])('%s is given up, and its connection with it', async (_case, status, headers) => {
    const { steps } = large(status, headers)
    await using([[...steps.slice(0, 40)]], once1, async (client, server) => {
      await failureOf(client.getObject('bkt', 'k', { offset: 1 }))
      await server.quiet()
    })
  })
})

describe('answers that go wrong', () => {
  it('HEAD with a body does not poison what follows', async () => {
    const evil = httpHead(200, { 'content-length': '0', etag: '"evil"' })
    const script: Script = (request) =>
      request.method === 'HEAD'
        ? [httpHead(200, { 'content-length': String(evil.length), etag: '"head"' }) + evil]
        : httpReply(200, { etag: '"good"' })
    await using(script, {}, async (client) => {
      for (let count = 0; count < 5; count++) {
        expect(await client.statObject('bkt', 'k')).toMatchObject({ etag: 'head' })
        expect(await client.putObject('bkt', 'k', 'x')).toMatchObject({ etag: 'good' })
      }
    })
  })

  it('two answers to one request: the second is nobody’s', async () => {
    const twice = [
      httpHead(200, { 'content-length': '0', etag: '"a"' }) +
        httpHead(200, { 'content-length': '0', etag: '"b"' }),
    ]
    await using([twice], {}, async (client) => {
      for (let count = 0; count < 5; count++) {
        expect(await client.putObject('bkt', 'k', 'x')).toMatchObject({ etag: 'a' })
      }
    })
  })

  it.each([204, 304])('%i with a body does not poison what follows', async (status) => {
    const script: Script = (_request, index) =>
      index === 0
        ? [`${httpHead(status, {})}HTTP/1.1 200 OK\r\netag: "evil"\r\ncontent-length: 0\r\n\r\n`]
        : httpReply(200, { etag: '"good"' })
    await using(script, {}, async (client) => {
      await client.removeObject('bkt', 'k').catch(() => {})
      expect(await client.putObject('bkt', 'k', 'x')).toMatchObject({ etag: 'good' })
    })
  })

  it('informational answers first are passed over', async () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n'
    await using([[early, { pauseMs: 5 }, early, whole]], once1, async (client) => {
      expect(await read(client)).toHaveLength(1000)
    })
  })

  it('informational answers without end end', async () => {
    const flood: Step[] = []
    for (let count = 0; count < 5000; count++)
      flood.push('HTTP/1.1 102 Processing\r\n\r\n', { pauseMs: 1 })
    await using([flood], { ...once1, timeouts: { firstByte: 300 } }, async (client, server) => {
      expect(await failureOf(read(client))).toMatchObject({ kind: 'protocol' })
      await server.quiet()
    })
  })

  it.each([
    ['10,000 headers', Array.from({ length: 10_000 }, (_, at) => `x-${at}: y\r\n`).join('')],
    ['a header of 1 MB', `x: ${'y'.repeat(1024 * 1024)}\r\n`],
  ])('%s are too many', async (_case, headers) => {
    const reply = [`HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${headers}\r\n`]
    await using([reply], once1, async (client) => {
      expect(await failureOf(client.statObject('bkt', 'k'))).toMatchObject({ kind: 'protocol' })
    })
  })

  it('a page that is larger than any page', async () => {
    const head = httpHead(200, { 'content-length': '100000000' })
    await using([[head, new Uint8Array(65 * 1024 * 1024)]], once1, async (client) => {
      expect(await failureOf(client.listObjectsV2('bkt').toArray())).toMatchObject({
        name: 'TransportError',
        kind: 'protocol',
      })
    })
  })
})

describe('close', () => {
  it('cuts off what is under way, and refuses what comes later', async () => {
    await using server = await ScriptedServer.start([hang])
    const client = clientOf(server.endpoint)
    const call = client.statObject('bkt', 'k')
    const failure = failureOf(call)
    while (server.requests.length === 0) await pause(2)
    await client.close()
    expect(await failure).toMatchObject({ name: 'TransportError' })
    expect(await failureOf(client.statObject('bkt', 'k'))).toMatchObject({ kind: 'closed' })
    await client.close()
    await server.quiet()
  })
})
