import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  end,
  errorReply,
  httpHead,
  httpReply,
  reset,
  ScriptedServer,
  type RecordedRequest,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import type { Client } from '../../src/client.ts'
import type { GetObjectOptions } from '../../src/operations/get-object.ts'
import type { ObjectReader } from '../../src/results/object-reader.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { temporaryFolder } from '../support/folder.ts'
import { withoutLeaks } from '../support/leaks.ts'

const size = 1000
const content = Array.from({ length: 250 }, (_, index) => String(index).padStart(4)).join('')
const facts = { etag: '"e"', 'x-amz-version-id': 'v1' }

/** What a request asks for: the first and the last byte. */
function askedFor(request: RecordedRequest): readonly [number, number] {
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.header('range') ?? 'bytes=0-')
  const [, first = '', last = ''] = range ?? []
  if (first === '') return [size - Number(last), size - 1]
  return [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)]
}

interface Lie {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The answer that is due, with something changed. */
function answer(request: RecordedRequest, lie: Lie = {}): readonly Step[] {
  const [first, last] = askedFor(request)
  const ranged = request.header('range') !== undefined
  const range = ranged ? { 'content-range': `bytes ${first}-${last}/${size}` } : {}
  return httpReply(
    lie.status ?? (ranged ? 206 : 200),
    { ...facts, ...range, ...lie.headers },
    lie.body ?? content.slice(first, last + 1),
  )
}

/** The answer that is due, in chunks. */
function chunked(request: RecordedRequest, body: string): readonly Step[] {
  const [first, last] = askedFor(request)
  const range = { 'content-range': `bytes ${first}-${last}/${size}` }
  const head = httpHead(206, { ...facts, ...range, 'transfer-encoding': 'chunked' })
  return [`${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`]
}

type Refusal = (request: RecordedRequest) => readonly Step[]

const shifted: Refusal = (request) => {
  const [first, last] = askedFor(request)
  const range = `bytes ${first - 1}-${last - 1}/${size}`
  return answer(request, { headers: { 'content-range': range } })
}

/** What a store can answer to the request for the rest, besides the rest. */
const refusals: Readonly<Record<string, Refusal>> = {
  'an internal error': () => errorReply(500, 'InternalError'),
  'an overload': () => errorReply(503, 'SlowDown'),
  'a damaged answer of a gateway': () => httpReply(502, {}, '<html>Bad gateway</html>'),
  'that the object was replaced': () => errorReply(412, 'PreconditionFailed'),
  'that nothing was modified': () => [httpHead(304, facts)],
  'that the range is not there': () =>
    errorReply(416, 'InvalidRange', {}, { 'content-range': 'bytes */400' }),
  'that the object is gone': () => errorReply(404, 'NoSuchKey'),
  'that access is denied': () => errorReply(403, 'AccessDenied'),
  'a redirect': () => [httpHead(301, { location: 'http://127.0.0.1:9/', 'content-length': '0' })],
  'no content': () => [httpHead(204, facts)],
  'the whole object': () => httpReply(200, facts, content),
  'the whole object as a range': () =>
    httpReply(206, { ...facts, 'content-range': `bytes 0-999/${size}` }, content),
  'the rest without its range': (request) => answer(request, { status: 200 }),
  'a range without Content-Range': (request) =>
    httpReply(206, facts, content.slice(askedFor(request)[0])),
  'an error as a success': (request) => answer(request, { body: '<Error><Code>X</Code></Error>' }),
  'a page of a portal': () => httpReply(200, { 'content-type': 'text/html' }, '<html>'),
  'nothing, as a success': () => httpReply(200, facts),
  'a range one byte before': shifted,
  'the range of a longer object': (request) => {
    const [first, last] = askedFor(request)
    return answer(request, { headers: { 'content-range': `bytes ${first}-${last}/2000` } })
  },
  'the range of a shorter object': (request) => {
    const [first, last] = askedFor(request)
    const range = `bytes ${first}-${last - 1}/${last}`
    const body = content.slice(first, last)
    return answer(request, { headers: { 'content-range': range }, body })
  },
  'a range that is longer than asked for': (request) => {
    const [first, last] = askedFor(request)
    const range = `bytes ${first}-${last + 1}/${size + 1}`
    const body = `${content.slice(first, last + 1)}!`
    return answer(request, { headers: { 'content-range': range }, body })
  },
  'more bytes than the range, in chunks': (request) => {
    const [first, last] = askedFor(request)
    return chunked(request, `${content.slice(first, last + 1)}surplus`)
  },
  'another ETag': (request) => answer(request, { headers: { etag: '"f"' } }),
  'another version': (request) => answer(request, { headers: { 'x-amz-version-id': 'v2' } }),
  'no ETag': (request) => {
    const [first, last] = askedFor(request)
    const range = { 'content-range': `bytes ${first}-${last}/${size}` }
    return httpReply(206, range, content.slice(first, last + 1))
  },
}

const typed = ['S3Error', 'InvalidResponseError', 'IntegrityError', 'TransportError']

const reads: readonly (readonly [string, GetObjectOptions, number, number])[] = [
  ['the whole', {}, 0, 1000],
  ['a range', { offset: 100, length: 700 }, 100, 800],
  ['the rest', { offset: 200 }, 200, 1000],
  ['the end', { suffixLength: 800 }, 200, 1000],
]

/** Collects what a reader gives, until it fails or ends. */
async function collect(
  reader: ObjectReader,
  chunks: Uint8Array[],
  form: 'read' | 'iterator' | 'stream' | 'nodeStream',
): Promise<void> {
  if (form === 'read') {
    for (let chunk = await reader.read(); chunk; chunk = await reader.read()) chunks.push(chunk)
    return
  }
  const source: AsyncIterable<Uint8Array> = form === 'iterator' ? reader : reader[form]()
  for await (const chunk of source) chunks.push(chunk)
}

async function using(
  script: (request: RecordedRequest, index: number) => readonly Step[],
  test: (client: Client, server: ScriptedServer) => Promise<void>,
): Promise<void> {
  await using server = await ScriptedServer.start(script)
  const client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
  await withoutLeaks(server, client, () => test(client, server))
}

/** The answer, cut after so many bytes of its body. */
function cutAfter(bytes: number, [head = '', body = '']: readonly Step[]): readonly Step[] {
  if (typeof head !== 'string' || !(body instanceof Uint8Array)) throw new Error('no body')
  return [head, body.subarray(0, bytes), bytes % 2 === 0 ? end : reset]
}

describe('a body that is cut and whose rest is answered with something else', () => {
  it.each(Object.entries(refusals))('fails: %s', async (_what, refuse) => {
    for (const [, options, first, last] of reads) {
      for (const [bytes, cuts] of [
        [400, 1],
        [1, 1],
        [100, 3],
      ] as const) {
        for (const form of ['read', 'iterator', 'stream', 'nodeStream'] as const) {
          const script = (request: RecordedRequest, index: number): readonly Step[] =>
            index < cuts ? cutAfter(bytes, answer(request)) : refuse(request)
          await using(script, async (client) => {
            const reader = await client.getObject('bkt', 'k', options)
            const chunks: Uint8Array[] = []
            const failure = await failureOf(collect(reader, chunks, form))
            expect(typed).toContain(failure instanceof Error ? failure.name : failure)
            const got = Buffer.concat(chunks).toString()
            expect(content.slice(first, last).startsWith(got)).toBe(true)
            expect(got.length).toBeLessThan(last - first)
          })
        }
      }
    }
  })

  it.each(Object.entries(refusals))(
    'fails for good: read again after %s, it gives no end',
    async (_what, refuse) => {
      const script = (request: RecordedRequest, index: number): readonly Step[] =>
        index === 0 ? cutAfter(400, answer(request)) : refuse(request)
      await using(script, async (client) => {
        const reader = await client.getObject('bkt', 'k')
        await failureOf(collect(reader, [], 'read'))
        for (let again = 0; again < 5; again++) {
          const failure = await failureOf(reader.read())
          expect(typed).toContain(failure instanceof Error ? failure.name : failure)
        }
      })
    },
  )

  it.each(Object.entries(refusals))('leaves no file: %s', async (_what, refuse) => {
    for (const resume of [false, true]) {
      await using(
        (request, index) => {
          if (request.method === 'HEAD') {
            return [httpHead(200, { ...facts, 'content-length': String(size) })]
          }
          return index === 1 ? cutAfter(400, answer(request)) : refuse(request)
        },
        async (client) => {
          await using folder = await temporaryFolder()
          const path = join(folder.path, 'file')
          const failure = await failureOf(client.fGetObject('bkt', 'k', path, { resume }))
          expect(typed).toContain(failure instanceof Error ? failure.name : failure)
          expect(existsSync(path)).toBe(false)
          if (!resume) expect(readdirSync(folder.path)).toEqual([])
        },
      )
    }
  })
})
