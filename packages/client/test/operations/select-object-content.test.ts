import { setTimeout as delay } from 'node:timers/promises'
import { encodeMessage } from '@stowage/protocol'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import {
  IntegrityError,
  InvalidArgumentError,
  InvalidResponseError,
  isS3Error,
  TransportError,
} from '../../src/errors.ts'
import type { SelectOptions } from '../../src/operations/select-object-content.ts'
import type { SelectCounts } from '../../src/results/select-counts.ts'
import { sseC } from '../../src/request/sse.ts'
import {
  end,
  errorReply,
  httpHead,
  httpReply,
  reset,
  ScriptedServer,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import { clientOf, failureOf } from '../support/assembled.ts'

const query: SelectOptions = {
  expression: 'SELECT * FROM S3Object',
  input: { csv: {} },
  output: { csv: {} },
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of source) all.push(one)
  return all
}

function event(type: string, payload: string | Uint8Array = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : payload
  const headers = [
    [':message-type', 'event'],
    [':event-type', type],
  ] as const
  return Buffer.from(encodeMessage(headers, bytes))
}

const counts = (scanned: string): string =>
  `<BytesScanned>${scanned}</BytesScanned><BytesProcessed>20</BytesProcessed>` +
  '<BytesReturned>30</BytesReturned>'
const stats = event('Stats', `<Stats xmlns="">${counts('10')}</Stats>`)
/** As MinIO closes it. */
const progress = event('Progress', `<?xml version="1.0"?><Progress>${counts('-1')}</Stats>`)
const done = event('End')

const text = 'id,größe\n1,€\n2,😀\n'
const bytes = Buffer.from(text, 'utf8')
/** Frames that cut characters and lines in two. */
const result = Buffer.concat([
  event('Cont'),
  event('Records', bytes.subarray(0, 6)),
  event('Records'),
  progress,
  event('Records', bytes.subarray(6, 13)),
  event('SomethingNew', 'x'),
  event('Records', bytes.subarray(13)),
  stats,
  done,
])

const chunk = (data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')])
const chunkedHead = httpHead(200, { 'transfer-encoding': 'chunked' })
const chunkedEnd = '0\r\n\r\n'

async function withResult<T>(
  steps: readonly Step[],
  use: (client: Client, server: ScriptedServer) => Promise<T>,
): Promise<T> {
  await using server = await ScriptedServer.start([steps])
  await using client = clientOf(server.endpoint)
  return await use(client, server)
}

describe('selectObjectContent', () => {
  it('describes the query in its document', async () => {
    await using server = await ScriptedServer.start([httpReply(200, {}, done)])
    await using client = clientOf(server.endpoint)
    const reader = await client.selectObjectContent('bucket', 'a b.csv', {
      expression: `SELECT * FROM S3Object s WHERE s.a < '"&'`,
      input: {
        csv: { fileHeaderInfo: 'USE', recordDelimiter: '\r\n', quoteCharacter: '"', comments: '' },
        compression: 'GZIP',
      },
      output: { json: { recordDelimiter: '\n' } },
      scanRange: { start: 1, end: 99 },
      progress: true,
      sse: sseC(Buffer.alloc(32, 7)),
    })
    expect(await reader.text()).toBe('')
    const request = server.onlyRequest
    expect(`${request.method} ${request.target}`).toBe(
      'POST /bucket/a%20b.csv?select=&select-type=2',
    )
    expect(request.header('x-amz-server-side-encryption-customer-algorithm')).toBe('AES256')
    expect(request.body.toString('utf8').replace(/^<\?xml.*\?>\s*/, '')).toBe(
      '<SelectObjectContentRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
        "<Expression>SELECT * FROM S3Object s WHERE s.a &lt; '&quot;&amp;'</Expression>" +
        '<ExpressionType>SQL</ExpressionType>' +
        '<RequestProgress><Enabled>true</Enabled></RequestProgress>' +
        '<InputSerialization><CompressionType>GZIP</CompressionType><CSV>' +
        '<FileHeaderInfo>USE</FileHeaderInfo><RecordDelimiter>&#13;&#10;</RecordDelimiter>' +
        '<QuoteCharacter>&quot;</QuoteCharacter><Comments></Comments></CSV></InputSerialization>' +
        '<OutputSerialization><JSON><RecordDelimiter>&#10;</RecordDelimiter></JSON>' +
        '</OutputSerialization><ScanRange><Start>1</Start><End>99</End></ScanRange>' +
        '</SelectObjectContentRequest>',
    )
  })

  it.each<[string, Partial<Record<keyof SelectOptions, unknown>>]>([
    ['expression', { expression: '' }],
    ['input', { input: {} }],
    ['input', { input: { csv: {}, json: { type: 'LINES' } } }],
    ['input.csv', { input: { csv: 'x' } }],
    ['input.csv.comments', { input: { csv: { comments: '\ud800' } } }],
    ['input.compression', { input: { parquet: {}, compression: 'GZIP' } }],
    ['output', { output: { csv: {}, json: {} } }],
    ['scanRange', { scanRange: {} }],
    ['scanRange.end', { scanRange: { start: 5, end: 4 } }],
    ['maxMessageBytes', { maxMessageBytes: 1 }],
  ])('refuses a wrong %s before it sends anything', async (argument, wrong) => {
    await withResult([], async (client, server) => {
      // Wrong on purpose.
      const options = { ...query, ...wrong } as SelectOptions
      const error = await failureOf(client.selectObjectContent('bucket', 'key', options))
      expect(error).toBeInstanceOf(InvalidArgumentError)
      expect(error).toMatchObject({ argument })
      expect(server.requests).toHaveLength(0)
    })
  })

  it('gives the same records wherever the stream is cut', async () => {
    await using server = await ScriptedServer.start((_, index) => [
      chunkedHead,
      chunk(result.subarray(0, index + 1)),
      { until: () => new Promise(setImmediate) },
      chunk(result.subarray(index + 1)),
      chunkedEnd,
    ])
    await using client = clientOf(server.endpoint)
    for (let at = 1; at < result.length; at++) {
      const seen: SelectCounts[] = []
      const onProgress = (one: SelectCounts): void => void seen.push(one)
      const reader = await client.selectObjectContent('bucket', 'key', { ...query, onProgress })
      expect(reader.stats).toBeUndefined()
      expect(await reader.text()).toBe(text)
      const asMinio = { bytesScanned: undefined, bytesProcessed: 20, bytesReturned: 30 }
      expect(seen).toEqual([asMinio])
      expect(reader.progress).toEqual(asMinio)
      expect(reader.stats).toEqual({ bytesScanned: 10, bytesProcessed: 20, bytesReturned: 30 })
    }
  })

  it('is read in every form', async () => {
    await withResult(httpReply(200, {}, result), async (client) => {
      const open = () => client.selectObjectContent('bucket', 'key', query)
      const pieces: Uint8Array[] = []
      for await (const piece of await open()) pieces.push(piece)
      expect(Buffer.concat(pieces)).toEqual(bytes)
      expect(await (await open()).bytes()).toEqual(bytes)
      expect(Buffer.concat(await collect((await open()).stream()))).toEqual(bytes)
      expect(Buffer.concat(await (await open()).nodeStream().toArray())).toEqual(bytes)
      expect(await collect((await open()).lines())).toEqual(['id,größe', '1,€', '2,😀'])
      expect(await failureOf(collect((await open()).records()))).toBeInstanceOf(
        InvalidResponseError,
      )
    })
  })

  it('parses the records of a JSON output', async () => {
    const records = Buffer.concat([
      event('Records', '{"a":1};{"a"'),
      event('Records', ':"é"};'),
      done,
    ])
    await withResult(httpReply(200, {}, records), async (client) => {
      const reader = await client.selectObjectContent('bucket', 'key', {
        ...query,
        output: { json: { recordDelimiter: ';' } },
      })
      expect(await collect(reader.records())).toEqual([{ a: 1 }, { a: 'é' }])
    })
  })

  it('finds every flipped bit', async () => {
    const short = Buffer.concat([event('Records', 'a€'), stats, done])
    await using server = await ScriptedServer.start((_, index) => {
      const damaged = Buffer.from(short)
      damaged[index >> 3] = (damaged[index >> 3] ?? 0) ^ (1 << (index & 7))
      return httpReply(200, {}, damaged)
    })
    await using client = clientOf(server.endpoint)
    for (let bit = 0; bit < short.length * 8; bit++) {
      const reader = await client.selectObjectContent('bucket', 'key', query)
      const error = await failureOf(reader.text())
      expect(error).toBeInstanceOf(IntegrityError)
      expect(await failureOf(reader.read())).toBe(error)
      expect(reader.stats).toBeUndefined()
    }
  })

  it.each([
    ['orderly', end],
    ['by a reset', reset],
  ])('is an error when it is cut %s at any byte', async (_, closing) => {
    await using server = await ScriptedServer.start((_request, index) => [
      httpHead(200, { connection: 'close' }),
      result.subarray(0, result.length - 1 - index * 9),
      { pauseMs: 1 },
      closing,
    ])
    await using client = clientOf(server.endpoint)
    for (let cut = 0; cut * 9 < result.length; cut++) {
      const reader = await client.selectObjectContent('bucket', 'key', query)
      const error = await failureOf(reader.bytes())
      expect(error).toBeInstanceOf(TransportError)
    }
  })

  it('delivers what came before an error of the store', async () => {
    const failed = encodeMessage(
      [
        [':message-type', 'error'],
        [':error-code', 'CastFailed'],
        [':error-message', 'Attempt to convert failed'],
      ],
      new Uint8Array(0),
    )
    const body = Buffer.concat([event('Records', 'first\n'), failed])
    const head = { 'x-amz-request-id': 'R1' }
    await withResult(httpReply(200, head, body), async (client) => {
      const reader = await client.selectObjectContent('bucket', 'key', query)
      expect(Buffer.from((await reader.read()) ?? []).toString()).toBe('first\n')
      const error = await failureOf(reader.read())
      expect(isS3Error(error, 'CastFailed')).toBe(true)
      expect(error).toMatchObject({ requestId: 'R1', bucket: 'bucket', key: 'key', attempts: 1 })
    })
  })

  it('is refused before it begins, and tried again when that helps', async () => {
    await using server = await ScriptedServer.start([
      errorReply(500, 'InternalError'),
      errorReply(400, 'ParseUnexpectedToken'),
    ])
    await using client = clientOf(server.endpoint)
    const error = await failureOf(client.selectObjectContent('bucket', 'key', query))
    expect(isS3Error(error, 'ParseUnexpectedToken')).toBe(true)
    expect(server.requests).toHaveLength(2)
  })

  it('pauses the socket when nobody reads', async () => {
    const piece = chunk(event('Records', Buffer.alloc(64 * 1024, 'x')))
    let sent = 0
    const steps: Step[] = [chunkedHead]
    for (let i = 0; i < 512; i++) {
      steps.push(piece, { until: () => Promise.resolve(sent++) })
    }
    await withResult([...steps, chunk(done), chunkedEnd], async (client) => {
      const reader = await client.selectObjectContent('bucket', 'key', query)
      await reader.read()
      await delay(200)
      const early = sent
      await delay(100)
      expect(sent).toBe(early)
      expect(early).toBeLessThan(500)
      let total = 64 * 1024
      for await (const each of reader) total += each.length
      expect(total).toBeGreaterThan(30 * 1024 * 1024)
    })
  })

  it.each<[string, (client: Client) => Promise<void>]>([
    [
      'cancel',
      async (client) => {
        const reader = await client.selectObjectContent('bucket', 'key', query)
        const pending = reader.read().then(() => reader.read())
        reader.cancel()
        await pending
      },
    ],
    [
      'leaving a loop',
      async (client) => {
        for await (const _ of await client.selectObjectContent('bucket', 'key', query)) break
      },
    ],
    [
      'leaving the lines',
      async (client) => {
        const reader = await client.selectObjectContent('bucket', 'key', query)
        for await (const _ of reader.lines()) break
      },
    ],
    [
      'destroying the Node stream',
      async (client) => {
        const stream = (await client.selectObjectContent('bucket', 'key', query)).nodeStream()
        stream.read(0)
        stream.destroy()
      },
    ],
    [
      'cancelling the web stream',
      async (client) => {
        const stream = (await client.selectObjectContent('bucket', 'key', query)).stream()
        await stream.cancel()
      },
    ],
    [
      'disposal',
      async (client) => {
        await using _ = await client.selectObjectContent('bucket', 'key', query)
      },
    ],
    [
      'an abort',
      async (client) => {
        const abort = new AbortController()
        const options = { ...query, signal: abort.signal }
        const reader = await client.selectObjectContent('bucket', 'key', options)
        const pending = reader.bytes()
        abort.abort(new Error('enough'))
        expect(await failureOf(pending)).toMatchObject({ message: 'enough' })
      },
    ],
  ])('frees the connection at once by %s', async (_, leave) => {
    const never = { until: () => new Promise(() => {}) }
    const steps = [chunkedHead, chunk(event('Records', 'a\nb\n')), never]
    await withResult(steps, async (client, server) => {
      await leave(client)
      await server.quiet()
    })
  })

  it('gives the connection back after the end', async () => {
    await withResult([chunkedHead, chunk(result), chunkedEnd], async (client, server) => {
      for (let i = 0; i < 3; i++) {
        const reader = await client.selectObjectContent('bucket', 'key', query)
        expect(await reader.text()).toBe(text)
        await delay(5)
      }
      expect(server.connections).toBe(1)
    })
  })

  it('bounds the size of a message', async () => {
    const large = httpReply(200, {}, Buffer.concat([event('Records', Buffer.alloc(5000)), done]))
    await withResult(large, async (client) => {
      const options = { ...query, maxMessageBytes: 4096 }
      const reader = await client.selectObjectContent('bucket', 'key', options)
      expect(await failureOf(reader.bytes())).toBeInstanceOf(InvalidResponseError)
    })
  })
})
