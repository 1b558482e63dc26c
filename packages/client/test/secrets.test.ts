import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  end,
  errorReply,
  httpReply,
  reset,
  ScriptedServer,
  type ScriptedReply,
  type Step,
} from '../../../test/support/scripted-server.ts'
import { Client } from '../src/client.ts'
import { chainCredentials } from '../src/credentials/chain-credentials.ts'
import { envAwsCredentials } from '../src/credentials/env-credentials.ts'
import { staticCredentials } from '../src/credentials/static-credentials.ts'
import { sseC } from '../src/request/sse.ts'
import { clientOf } from './support/assembled.ts'

const secretKey = 'canary-Secret/Key+0123456789='
const sessionToken = 'canary-Session/Token+0123456789='
const customerKey = Buffer.from('canary-customer-key-32-bytes-xx!')
const md5OfNothing = customerKey.toString('base64')

/** Each secret in every form in which it might slip out. */
const canaries = [secretKey, sessionToken, customerKey.toString('latin1')].flatMap((secret) => {
  const bytes = Buffer.from(secret, 'latin1')
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('hex'),
    // How inspect shows a Buffer.
    (bytes.toString('hex').slice(0, 20).match(/../g) ?? []).join(' '),
  ]
})

function expectNoSecret(value: unknown): void {
  const shown = [
    inspect(value, {
      depth: 9,
      showHidden: true,
      getters: true,
      maxStringLength: null,
      maxArrayLength: null,
    }),
    String(value),
    JSON.stringify(value) ?? '',
    value instanceof Error ? (value.stack ?? '') : '',
  ].join('\n')
  for (const canary of canaries) expect(shown.includes(canary)).toBe(false)
}

const secrets = { accessKey: 'AKID', secretKey, sessionToken } as const

describe('secrets', () => {
  it('are found by this test where they are', () => {
    expect(() => expectNoSecret({ a: secretKey })).toThrow()
    expect(() => expectNoSecret(new Error('x', { cause: { token: sessionToken } }))).toThrow()
    expect(() => expectNoSecret({ headers: { key: md5OfNothing } })).toThrow()
    expect(() => expectNoSecret({ key: customerKey })).toThrow()
  })

  it('are not shown by a client, its providers and its keys', async () => {
    await using server = await ScriptedServer.start([httpReply(200, { etag: '"e"' })])
    const environment = {
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_SESSION_TOKEN: sessionToken,
    }
    const providers = [
      staticCredentials('AKID', secretKey, sessionToken),
      envAwsCredentials(environment),
      chainCredentials(envAwsCredentials(environment)),
    ]
    for (const credentials of providers) {
      await using client = new Client({ endpoint: server.endpoint, credentials })
      const sse = sseC(customerKey)
      const result = await client.putObject('bkt', 'k', 'x', { sse })
      const reader = await client.getObject('bkt', 'k', { sse })
      const listing = client.listObjectsV2('bkt')
      for (const value of [client, credentials, sse, result, reader, listing]) expectNoSecret(value)
    }
  })

  it('are not in the error for credentials that cannot be right', () => {
    for (const options of [
      { ...secrets, accessKey: 'a b' },
      { ...secrets, secretKey: `${secretKey}\n` },
      { ...secrets, sessionToken: `${sessionToken}\n` },
    ]) {
      let failure: unknown
      try {
        void new Client({ endpoint: 'host', ...options })
      } catch (error) {
        failure = error
      }
      expect(failure).toMatchObject({ name: 'InvalidArgumentError' })
      expectNoSecret(failure)
    }
  })

  const chatty = errorReply(403, 'SignatureDoesNotMatch', {
    AWSAccessKeyId: 'AKID',
    StringToSign: secretKey,
    CanonicalRequest: `x-amz-security-token:${sessionToken}`,
    SecurityToken: sessionToken,
  })
  const troubles: Readonly<Record<string, ScriptedReply | readonly Step[]>> = {
    'a refusal': errorReply(403, 'AccessDenied'),
    'a refusal that repeats the request': chatty,
    'a page of HTML': httpReply(502, {}, '<html>'),
    'a success that is none': httpReply(200, {}, '{}'),
    'a reset': [reset],
    'a cut answer': ['HTTP/1.1 200 OK\r\ncontent-le', end],
    'what is not HTTP': ['hello', end],
    'a flood of headers': [`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`],
    silence: { after: 'head', steps: [] },
  }
  it.each(Object.entries(troubles))('are not in the errors after %s', async (_case, reply) => {
    await using server = await ScriptedServer.start([reply])
    await using client = clientOf(server.endpoint, {
      ...secrets,
      retry: { maxAttempts: 1 },
      timeouts: { total: 100 },
    })
    const sse = sseC(customerKey)
    const outcomes = await Promise.allSettled([
      client.putObject('bkt', 'k', 'x', { sse }),
      client.putObject('bkt', 'k', ['ab'], { length: 3, sse }),
      client.getObject('bkt', 'k', { sse, length: 5 }),
      client.statObject('bkt', 'k', { sse }),
      client.removeObject('bkt', 'k'),
      client.listObjectsV2('bkt').toArray(),
      client.listBuckets().toArray(),
      client.makeBucket('bkt'),
    ])
    const failures = outcomes.filter(({ status }) => status === 'rejected')
    expect(failures.length).toBeGreaterThan(2)
    for (const failure of failures) expectNoSecret(failure)
  })

  const echoes = [
    secretKey,
    sessionToken,
    customerKey.toString('base64'),
    customerKey.toString('latin1'),
    customerKey.toString('hex'),
    encodeURIComponent(secretKey),
    Buffer.from(secretKey).toString('base64'),
    Buffer.from(sessionToken).toString('hex').toUpperCase(),
    // In the midst of other bytes, base64 has other letters.
    Buffer.from(`a${secretKey}`).toString('base64').slice(2),
    Buffer.from(`ab${secretKey}`).toString('base64url').slice(4),
    encodeURIComponent(encodeURIComponent(secretKey)),
    secretKey.replaceAll(/./g, (one) => `%${one.charCodeAt(0).toString(16)}`),
    secretKey.replaceAll(/./g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`),
    secretKey.replaceAll('/', '\\/'),
  ]
  const repeated: readonly (readonly [string, (secret: string) => readonly Step[]])[] = [
    ['a message', (secret) => errorReply(403, 'AccessDenied', { Message: `is ${secret}, wrong` })],
    ['a code', (secret) => errorReply(403, secret)],
    ['ids', (secret) => errorReply(403, 'AccessDenied', { RequestId: secret, HostId: secret })],
    [
      'references to characters',
      (secret) =>
        errorReply(403, 'AccessDenied', {
          Message: secret.replaceAll(/./gs, (one) => `&#${one.charCodeAt(0)};`),
        }),
    ],
    ['headers', (secret) => httpReply(403, { 'x-minio-error-desc': secret, 'x-amz-id-2': secret })],
    ['a page that is cut', (secret) => httpReply(502, {}, `${'x'.repeat(185)}${secret}`)],
    ['what is no JSON', (secret) => httpReply(200, {}, secret)],
    ['the root of a document', (secret) => httpReply(200, {}, `<a>${secret}</a>`)],
  ]
  it.each(repeated)('that a store repeats in %s are masked', async (_where, answer) => {
    for (const secret of echoes) {
      const told: unknown[] = []
      const tell = (event: unknown): void => void told.push(event)
      await using server = await ScriptedServer.start([answer(secret)])
      await using client = clientOf(server.endpoint, {
        ...secrets,
        retry: { maxAttempts: 1 },
        onResponse: tell,
        onRetry: tell,
      })
      client.traceTo({ write: tell })
      const sse = sseC(customerKey)
      const outcomes = await Promise.allSettled([
        client.putObject('bkt', 'k', 'x', { sse }),
        client.getObject('bkt', 'k', { sse, length: 5 }),
        client.statObject('bkt', 'k', { sse }),
        client.copyObject('bkt', 'k', 'bkt/s', { sourceSse: sse }),
      ])
      expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true)
      for (const one of [...outcomes, ...told]) {
        const shown = inspect(one, { depth: 9, showHidden: true, maxStringLength: null })
        expect(shown.toLowerCase().includes(secret.toLowerCase())).toBe(false)
        // Nor a part of it, where a message ends.
        expect(shown.includes(secret.slice(0, 12))).toBe(false)
      }
    }
  })

  const splits: readonly (readonly [string, string])[] = [
    ['lines', '\r\n'],
    ['indented lines', '\n    '],
    ['references to line ends', '&#10;'],
  ]
  it.each(splits)('that a store repeats, split over %s, are masked', async (_how, separator) => {
    for (const secret of [secretKey, Buffer.from(secretKey).toString('base64')]) {
      const parts = secret.match(/.{1,7}/g) ?? []
      const Message = parts.join(separator)
      await using server = await ScriptedServer.start([
        errorReply(403, 'AccessDenied', { Message }),
      ])
      await using client = clientOf(server.endpoint, secrets)
      const failure = await client
        .listBuckets()
        .toArray()
        .catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'AccessDenied' })
      for (const part of parts.slice(0, -1)) expect(inspect(failure)).not.toContain(part)
    }
  })

  it('that a store repeats for single keys are masked, and the keys stay', async () => {
    const failed = (key: string): string =>
      `<Error><Key>${key}</Key><Code>${secretKey}</Code><Message>x${sessionToken}</Message></Error>`
    const answer = `<DeleteResult>${failed('a')}${failed(secretKey)}${failed('b')}</DeleteResult>`
    await using server = await ScriptedServer.start([httpReply(200, {}, answer)])
    await using client = clientOf(server.endpoint, secrets)
    const errors = []
    for await (const error of client.removeObjects('bkt', ['a', 'b'])) errors.push(error)
    expect(errors.map(({ object }) => object)).toEqual(['a', '***', 'b'])
    expectNoSecret(errors)
  })

  it('that a store repeats in what is not HTTP, or no event, are not in the errors', async () => {
    const answers: readonly (readonly Step[])[] = [
      [`${secretKey} ${sessionToken}\r\n\r\n`, end],
      [`HTTP/1.1 200 OK\r\n${secretKey}\x00: ${sessionToken}\r\n\r\n`, end],
      httpReply(200, { 'x-amz-request-id': '1' }, `${secretKey}\n`),
      httpReply(200, { 'x-amz-request-id': '1' }, `{"Records":[${secretKey}\n`),
    ]
    for (const answer of answers) {
      await using server = await ScriptedServer.start([answer])
      await using client = clientOf(server.endpoint, { ...secrets, retry: { maxAttempts: 1 } })
      const listen = async (): Promise<void> => {
        for await (const _event of client.listenBucketNotification('bkt')) return
      }
      for (const call of [listen, () => client.statObject('bkt', 'k')]) {
        const failure = await call().catch((error: unknown) => error)
        const shown = inspect(failure, { depth: 9, showHidden: true, maxStringLength: null })
        expect(shown).not.toContain(secretKey.slice(0, 10))
        expect(shown).not.toContain(sessionToken.slice(0, 10))
      }
    }
  })

  it('that a store repeats are masked also where others sign for nothing: policies', async () => {
    await using server = await ScriptedServer.start([httpReply(200, {}, secretKey)])
    await using client = clientOf(server.endpoint, secrets)
    const failure = await client.getBucketPolicy('bkt').catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'InvalidResponseError' })
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain(secretKey.slice(0, 6))
  })
})
