import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import { InvalidArgumentError, isS3Error, isTransportError } from '../../src/errors.ts'
import type { Hooks, RequestEvent, ResponseEvent, RetryEvent } from '../../src/hooks.ts'
import type { ClientOptions } from '../../src/options.ts'
import { maskRequestHeaders, maskResponseHeaders, maskUrl } from '../../src/pipeline/masking.ts'
import { sseC } from '../../src/request/sse.ts'
import {
  errorReply,
  httpReply,
  reset,
  ScriptedServer,
} from '../../../../test/support/scripted-server.ts'
import { clientOf, failureOf, keys } from '../support/assembled.ts'

const sessionToken = 'canary-session/token+='
const customerKey = Buffer.from('canary-customer-key-of-32-bytes!')

class Recorder implements Hooks {
  readonly events: (readonly [string, RequestEvent | ResponseEvent | RetryEvent])[] = []
  readonly onRequest = (event: RequestEvent): void => void this.events.push(['request', event])
  readonly onResponse = (event: ResponseEvent): void => void this.events.push(['response', event])
  readonly onRetry = (event: RetryEvent): void => void this.events.push(['retry', event])
}

/** Collects what is written. */
class Sink {
  text = ''
  write(text: string): void {
    this.text += text
  }
}

const quick: Partial<ClientOptions> = { retry: { maxAttempts: 2 } }
const inTrouble = errorReply(500, 'InternalError')

describe('hooks', () => {
  it('see each attempt, its end and the retry between', async () => {
    await using server = await ScriptedServer.start([
      [reset],
      httpReply(200, { etag: '"e"', 'x-amz-request-id': 'R' }),
    ])
    const recorder = new Recorder()
    const { onRequest, onResponse, onRetry } = recorder
    await using client = clientOf(server.endpoint, { ...quick, onRequest, onResponse, onRetry })
    await client.putObject('bucket', 'a b', 'body')
    const call = { callId: 1, operation: 'PutObject', bucket: 'bucket', object: 'a b' }
    const error = expect.objectContaining({ name: 'TransportError', kind: 'reset' })
    expect(recorder.events).toMatchObject([
      ['request', { ...call, attempt: 1, method: 'PUT', url: `${server.endpoint}/bucket/a%20b` }],
      ['response', { ...call, attempt: 1, status: undefined, headers: {}, error }],
      ['retry', { ...call, attempt: 1, error, pauseMs: expect.any(Number) }],
      ['request', { ...call, attempt: 2 }],
      [
        'response',
        { ...call, attempt: 2, status: 200, headers: { etag: '"e"' }, error: undefined },
      ],
    ])
    await client.putObject('bucket', 'c', 'body')
    expect(recorder.events.at(-1)?.[1]).toMatchObject({ callId: 2, attempt: 1 })
  })

  it('see refusals and streams by their answers', async () => {
    await using server = await ScriptedServer.start([
      inTrouble,
      errorReply(404, 'NoSuchKey'),
      httpReply(200, {}, 'content'),
    ])
    const recorder = new Recorder()
    const { onRequest, onResponse, onRetry } = recorder
    await using client = clientOf(server.endpoint, { ...quick, onRequest, onResponse, onRetry })
    expect(isS3Error(await failureOf(client.getObject('bucket', 'key')), 'NoSuchKey')).toBe(true)
    expect(await (await client.getObject('bucket', 'key')).text()).toBe('content')
    const seen = recorder.events.map(([kind, event]) =>
      'status' in event ? `${kind} ${event.status}` : kind,
    )
    expect(seen).toEqual([
      'request',
      'response 500',
      'retry',
      'request',
      'response 404',
      'request',
      'response 200',
    ])
  })

  it('never break a request', async () => {
    await using server = await ScriptedServer.start([inTrouble, httpReply(200, { etag: '"e"' })])
    const fail = (): never => {
      throw new Error('hook')
    }
    const onRetry = (): Promise<void> => Promise.reject(new Error('hook'))
    // A hook that gives a promise is wrong, but must do no harm.
    const hooks = { onRequest: fail, onResponse: fail, onRetry: onRetry as () => void }
    await using client = clientOf(server.endpoint, { ...quick, ...hooks })
    client.traceTo({ write: fail })
    await client.putObject('bucket', 'key', 'x')
    expect(server.requests).toHaveLength(2)
  })

  it.each(['onRequest', 'onResponse', 'onRetry'])('must be functions: %s', (argument) => {
    const options = { [argument]: 'console.log' }
    expect(() => clientOf('http://127.0.0.1:1', options)).toThrow(
      expect.objectContaining({ argument }),
    )
  })
})

const secrets = [keys.accessKey, keys.secretKey, sessionToken, customerKey.toString('utf8')]
const encodings: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  encodeURIComponent,
  (secret) => Buffer.from(secret).toString('base64'),
  (secret) => Buffer.from(secret).toString('hex'),
]
const forbidden = secrets.flatMap((secret) => encodings.map((encode) => encode(secret)))

/** Calls that carry every secret, in every place. */
async function tellEverything(client: Client, server: ScriptedServer): Promise<void> {
  const sse = sseC(customerKey)
  await client.putObject('bucket', 'key', 'the canary body', { sse })
  await client.statObject('bucket', 'key', { sse })
  const url = await client.presignedUrl('GET', 'bucket', 'key')
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1))
  await client.statObject('bucket', 'key', { extraQueryParams: [...query] })
  await client.statObject('bucket', 'key', {
    requestHeaders: { cookie: sessionToken, 'proxy-authorization': sessionToken },
  })
  for (const request of server.requests) {
    forbidden.push(
      /Signature=([0-9a-f]{64})/.exec(request.header('authorization') ?? '')?.[1] ?? '-',
    )
  }
  forbidden.push(query.get('X-Amz-Signature') ?? '-')
}

describe('secrets', () => {
  it('appear in no trace and no event', async () => {
    const location = `http://elsewhere/?X-Amz-Signature=${keys.accessKey}&x=1`
    await using server = await ScriptedServer.start((request) =>
      httpReply(200, {
        etag: '"e"',
        location,
        'set-cookie': sessionToken,
        'x-amz-server-side-encryption-customer-key-md5':
          request.header('x-amz-server-side-encryption-customer-key-md5') ?? '-',
      }),
    )
    const recorder = new Recorder()
    const { onRequest, onResponse, onRetry } = recorder
    const hooks = { onRequest, onResponse, onRetry }
    await using client = clientOf(server.endpoint, { ...hooks, sessionToken })
    const sink = new Sink()
    client.traceTo(sink)
    await tellEverything(client, server)
    const everything =
      sink.text +
      inspect(recorder.events, { depth: 9, showHidden: true, maxStringLength: null }) +
      inspect(client, { depth: 9, showHidden: true })
    for (const secret of forbidden) expect(everything).not.toContain(secret)
    const md5 = server.requests[0]?.header('x-amz-server-side-encryption-customer-key-md5')
    expect(everything).not.toContain(md5)
    expect(everything).not.toContain('canary body')
    expect(sink.text).toContain(
      '> 1 authorization: AWS4-HMAC-SHA256 Credential=***, SignedHeaders=',
    )
    expect(sink.text).toContain('X-Amz-Signature=***')
    expect(sink.text).toContain('< 1 location: http://elsewhere/?X-Amz-Signature=***&x=1')
  })

  it('are masked in whatever form they come', () => {
    expect(maskRequestHeaders({ authorization: 'Basic Zm9vOmJhcg==' })).toEqual({
      authorization: '***',
    })
    const hostile =
      'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b/2/3, SignedHeaders=host, Signature=c'
    expect(maskRequestHeaders({ authorization: hostile })).toEqual({
      authorization: 'AWS4-HMAC-SHA256 Credential=***, SignedHeaders=host, Signature=***',
    })
    expect(maskResponseHeaders({ 'set-cookie': ['a', 'b'], x: undefined })).toEqual({
      'set-cookie': ['***', '***'],
      x: undefined,
    })
    const own = Object.fromEntries([['__proto__', 'x']])
    expect(Object.entries(maskResponseHeaders(own))).toEqual([['__proto__', 'x']])
    expect(maskUrl('/a?Signature=x&%58-Amz-Credential=y&%zz=1&a&x-amz-security-token=z')).toBe(
      '/a?Signature=***&%58-Amz-Credential=***&%zz=1&a&x-amz-security-token=***',
    )
    expect(maskUrl('/a')).toBe('/a')
  })
})

/** A refusal of HEAD, without a body. */
const mute = httpReply(500, { 'x-minio-error-code': 'InternalError' })

describe('traceTo', () => {
  it('writes from now on until it is off', async () => {
    await using server = await ScriptedServer.start([httpReply(200), mute, httpReply(200)])
    await using client = clientOf(server.endpoint, quick)
    await client.bucketExists('before')
    const sink = new Sink()
    client.traceTo(sink)
    await client.bucketExists('during')
    client.traceOff()
    client.traceOff()
    await client.bucketExists('after')
    const lines = sink.text.split('\n').map((line) => line.replace(/\d+ ms/, 'N ms'))
    expect(lines[0]).toBe(`> 1 HEAD ${server.endpoint}/during (HeadBucket, attempt 1)`)
    expect(lines).toContain('< 1 HTTP 500 after N ms')
    expect(lines).toContain('! 1 retry in N ms because of S3Error InternalError')
    expect(lines).toContain(`> 1 HEAD ${server.endpoint}/during (HeadBucket, attempt 2)`)
    expect(lines.at(-2)).toBe('< 1 content-length: 0')
    expect(sink.text).not.toMatch(/before|after the|\/after/)
  })

  it('shows what steers terminals as text', async () => {
    const reply = httpReply(200, { 'x-evil': '\u009b2J' })
    await using server = await ScriptedServer.start([reply])
    await using client = clientOf(server.endpoint)
    const sink = new Sink()
    client.traceTo(sink)
    await client.bucketExists('bucket')
    expect(sink.text).toContain('x-evil: \\u{9b}2J')
    expect(sink.text).toMatch(/^[\x20-\x7e\n]*$/)
  })

  it('leaves a stream alone that has ended', async () => {
    await using server = await ScriptedServer.start([httpReply(200)])
    await using client = clientOf(server.endpoint)
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() })
    client.traceTo(stream)
    await client.bucketExists('bucket')
    stream.end()
    await client.bucketExists('bucket')
    expect(stream.errored).toBeNull()
  })

  it('needs something to write to', async () => {
    await using client = clientOf('http://127.0.0.1:1')
    for (const nothing of [null, undefined, 'stderr', {}]) {
      // Wrong on purpose.
      expect(() => client.traceTo(nothing as never)).toThrow(InvalidArgumentError)
    }
  })

  it('shows the failure of an attempt that had no answer', async () => {
    await using server = await ScriptedServer.start([[reset]])
    await using client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
    const sink = new Sink()
    client.traceTo(sink)
    expect(isTransportError(await failureOf(client.bucketExists('bucket')), 'reset')).toBe(true)
    expect(sink.text).toContain('< 1 TransportError reset after')
  })
})

describe('appInfo', () => {
  it('stands in the User-Agent once', async () => {
    await using server = await ScriptedServer.start([httpReply(200)])
    const appInfo = { name: 'my-app', version: '1.2.3+x' }
    await using client = clientOf(server.endpoint, { appInfo })
    await client.bucketExists('bucket')
    await client.bucketExists('bucket')
    for (const { headers } of server.requests) {
      const agents = headers.filter(([name]) => name === 'user-agent')
      expect(agents).toEqual([
        ['user-agent', expect.stringMatching(/^stowage\/\d+\.\d+\.\d+ my-app\/1\.2\.3\+x$/)],
      ])
    }
  })

  it.each<[string, unknown]>([
    ['appInfo.name', { version: '1' }],
    ['appInfo.version', { name: 'a' }],
    ['appInfo.name', { name: '', version: '1' }],
    ['appInfo.name', { name: 'a b', version: '1' }],
    ['appInfo.version', { name: 'a', version: '1\r\nx: y' }],
    ['appInfo.version', { name: 'a', version: 1 }],
    ['appInfo', 'app/1'],
    ['appInfo', null],
  ])('refuses a wrong %s', (argument, appInfo) => {
    // Wrong on purpose.
    const options = { appInfo } as Partial<ClientOptions>
    expect(() => clientOf('http://127.0.0.1:1', options)).toThrow(
      expect.objectContaining({ argument }),
    )
  })
})
