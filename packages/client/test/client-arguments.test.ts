import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Client } from '../src/client.ts'
import { checkCall } from '../src/pipeline/call-check.ts'
import { sseC } from '../src/request/sse.ts'
import { clientOf, failureOf, keys } from './support/assembled.ts'

describe('customer keys over plain http', () => {
  const sse = sseC(new Uint8Array(32))
  /** More than one part takes. */
  const inParts = (): Uint8Array[] => [new Uint8Array(17 * 1024 ** 2)]
  const calls: readonly ((client: Client) => Promise<unknown>)[] = [
    (client) => client.putObject('bkt', 'k', 'x', { sse, timeout: 20 }),
    (client) => client.getObject('bkt', 'k', { sse, timeout: 20 }),
    (client) => client.statObject('bkt', 'k', { sse, timeout: 20 }),
    (client) => client.statObject('bkt', 'k', { requestHeaders: sse.headers(), timeout: 20 }),
    (client) => client.objectExists('bkt', 'k', { sse, timeout: 20 }),
    (client) => client.putObject('bkt', 'k', inParts(), { sse, timeout: 20 }),
    (client) => client.fPutObject('bkt', 'k', import.meta.filename, { sse, timeout: 20 }),
    (client) => client.fGetObject('bkt', 'k', `${import.meta.filename}/none`, { sse, timeout: 20 }),
    (client) => client.copyObject('bkt', 'k', 'bkt/source', { sse, timeout: 20 }),
    (client) => client.copyObject('bkt', 'k', 'bkt/source', { sourceSse: sse, timeout: 20 }),
    (client) =>
      client.selectObjectContent('bkt', 'k', {
        expression: 'SELECT * FROM S3Object',
        input: { csv: {} },
        output: { csv: {} },
        sse,
        timeout: 20,
      }),
  ]

  it.each(calls)('are refused (%#)', async (send) => {
    await using client = clientOf('http://192.0.2.1')
    expect(await failureOf(send(client))).toMatchObject({ argument: 'sse' })
  })

  it.each(['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1', 'https://192.0.2.1'])(
    'are no matter for %s',
    async (endpoint) => {
      await using client = clientOf(endpoint, { retry: { maxAttempts: 1 } })
      for (const send of calls)
        expect(await failureOf(send(client))).toMatchObject({ name: 'TransportError' })
    },
  )

  it('go where the caller insists', async () => {
    await using client = clientOf('http://192.0.2.1', { allowInsecureSseC: true })
    for (const send of calls)
      expect(await failureOf(send(client))).toMatchObject({ name: 'TransportError' })
  })
})

describe('options that have another name here', () => {
  it.each([
    'Prefix',
    'start_after',
    'versionID',
    'content-type',
    'metaData',
    'numParallelUploads',
    'expiresIn',
    'Tagging',
  ])('%s is refused', async (argument) => {
    await using client = clientOf('http://192.0.2.1')
    const options = { [argument]: 'x' }
    const refusal = { name: 'InvalidArgumentError', argument }
    expect(await failureOf(client.removeObject('bkt', 'k', options))).toMatchObject(refusal)
    expect(await failureOf(client.putObject('bkt', 'k', 'x', options))).toMatchObject(refusal)
    expect(await failureOf(client.presignedGetObject('bkt', 'k', options))).toMatchObject(refusal)
    expect(() => client.listObjectsV2('bkt', options)).toThrow(expect.objectContaining(refusal))
  })

  it('are no names that nobody uses: an entry of a listing may stand for its version', async () => {
    await using client = clientOf('http://127.0.0.1:1', { retry: { maxAttempts: 1 } })
    const unknown = { sse2: 'x', range: undefined, Prefix: undefined }
    const entry = { object: 'k', versionId: 'v', etag: 'e', sizeBytes: 1, ...unknown }
    expect(await failureOf(client.removeObject('bkt', 'k', entry))).toMatchObject({
      name: 'TransportError',
    })
  })

  it('are known, all of them', () => {
    const api = readFileSync(new URL('../../../etc/client.api.md', import.meta.url), 'utf8')
    const others =
      /^(?:AssumeRole|AwsConfig|Certificate|Checksum|ClientGrants|Client|Iam|IdentityToken|Ldap|McConfig|Retry|Sts|StsRole|Tls|WebIdentity)Options$/
    const ofCalls = [...api.matchAll(/^export interface (\w+Options)\b([\s\S]*?)^\}/gm)]
      .filter(([, name = '']) => !others.test(name))
      .flatMap(([, , body = '']) => [...body.matchAll(/^    readonly (\w+)\?:/gm)])
      .map(([, option = '']) => option)
    expect(ofCalls.length).toBeGreaterThan(50)
    for (const option of ofCalls) {
      const misspelt = { [`${option}_`]: 'x' }
      expect(() => checkCall(misspelt), option).toThrow(
        expect.objectContaining({ argument: `${option}_` }),
      )
    }
  })
})

describe('new Client', () => {
  it.each<[string, object]>([
    ['accessKey', { accessKey: '', secretKey: 'x' }],
    ['accessKey', { accessKey: 'a b', secretKey: 'x' }],
    ['accessKey', { secretKey: 'x' }],
    ['secretKey', { accessKey: 'a' }],
    ['secretKey', { accessKey: 'a', secretKey: 'x\n' }],
    ['secretKey', { accessKey: 'a', secretKey: 5 }],
    ['sessionToken', { ...keys, sessionToken: 'a\r\nb' }],
    ['credentials', { ...keys, credentials: async () => undefined }],
    ['credentials', { credentials: {} }],
    ['region', { region: 'evil.example/#' }],
    ['region', { region: '' }],
    ['secure', { secure: 'no' }],
    ['addressing', { addressing: 'host' }],
    ['payloadSigning', { payloadSigning: true }],
    ['allowInsecureSseC', { allowInsecureSseC: 'yes' }],
    ['publicEndpoint', { publicEndpoint: 'http://a@b' }],
    ['dispatcher', { dispatcher: {} }],
    ['timeouts.connect', { timeouts: { connect: -1 } }],
    ['timeouts.firstByte', { timeouts: { firstByte: '5' } }],
    ['timeouts.total', { timeouts: { total: Number.NaN } }],
    ['retry.maxAttempts', { retry: { maxAttempts: 0 } }],
    ['retry.maxAttempts', { retry: { maxAttempts: '3' } }],
    ['retry', { retry: null }],
    ['timeouts', { timeouts: null }],
    ['timeouts.idle', { timeouts: { idle: 1.5 } }],
    ['tls', { tls: null }],
    ['tls', { tls: 'ca' }],
    ['tls.rejectUnauthorized', { tls: { rejectUnauthorized: 'no' } }],
    ['accessKey', { sessionToken: 'token' }],
    ['appInfo', { appInfo: null }],
    ['appInfo.name', { appInfo: { name: 'a b', version: '1' } }],
    ['appInfo.version', { appInfo: { name: 'a' } }],
    ['onRequest', { onRequest: 'x' }],
    ['onResponse', { onResponse: null }],
    ['onRetry', { onRetry: {} }],
    ['region', { region: null }],
    ['secure', { secure: null }],
    ['endPoint', { endPoint: 'host' }],
    ['useSSL', { useSSL: false }],
    ['forcePathStyle', { forcePathStyle: true }],
    ['accessKeyId', { accessKeyId: 'a' }],
    ['secretAccessKey', { secretAccessKey: 'a' }],
    ['endpoint', { endpoint: undefined }],
    ['endpoint', { endpoint: 'http://user@host' }],
    ['endpoint', { endpoint: 'host:0' }],
    ['endpoint', { endpoint: 'host:65536' }],
    ['endpoint', { endpoint: 'host?x' }],
    ['endpoint', { endpoint: ' host' }],
  ])('refuses %s', (argument, options) => {
    expect(() => new Client({ endpoint: 'host', ...options })).toThrow(
      expect.objectContaining({ name: 'InvalidArgumentError', argument }),
    )
  })

  it.each([undefined, null, 1, 'host', []])('refuses %j for its options', (options) => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => new Client(options)).toThrow(
      expect.objectContaining({ name: 'InvalidArgumentError', argument: 'options' }),
    )
  })
})
