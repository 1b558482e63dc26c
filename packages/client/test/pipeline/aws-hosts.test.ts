import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import { verifyRequest } from '@stowage/protocol'
import type { Client } from '../../src/client.ts'
import type { ClientOptions } from '../../src/options.ts'
import {
  errorReply,
  httpReply,
  reset,
  ScriptedServer,
  type RecordedRequest,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import { clientOf, failureOf, keys } from '../support/assembled.ts'

/** Where the buckets of this AWS are. */
const homes: ReadonlyMap<string, string> = new Map([
  ['here', 'us-east-1'],
  ['there', 'eu-west-1'],
  ['do.ts', 'eu-west-1'],
])

interface Place {
  readonly bucket: string
  /** Of the host that was asked. */
  readonly region: string
}

function placeOf(request: RecordedRequest): Place {
  const host = request.header('host') ?? ''
  const [, label, region = ''] = /^(?:(.+)\.)?s3\.([a-z0-9-]+)\.amazonaws\.com$/.exec(host) ?? []
  return { region, bucket: label ?? /^\/([^/?]*)/.exec(request.target)?.[1] ?? '' }
}

/** How a host of one region refuses a bucket of another one. */
type Refusal = (region: string, bucket: string) => readonly Step[]

const named: Refusal = (region) =>
  errorReply(301, 'PermanentRedirect', {}, { 'x-amz-bucket-region': region })

/** The way of AWS around the world: by host, and with signatures for the host's region alone. */
function aws(refusal: Refusal = named, question?: Refusal) {
  return (request: RecordedRequest): readonly Step[] => {
    const { bucket, region } = placeOf(request)
    const home = homes.get(bucket)
    if (home === undefined) return errorReply(404, 'NoSuchBucket')
    const now = new Date()
    const verdict = verifyRequest(request, { region, now, credentialsFor: () => keys })
    if (verdict.kind !== 'signed') {
      return errorReply(400, 'AuthorizationHeaderMalformed', { Region: region })
    }
    if (request.target.endsWith('?location=')) {
      const constraint = `<LocationConstraint>${home}</LocationConstraint>`
      return question?.(home, bucket) ?? httpReply(200, {}, constraint)
    }
    return region === home ? httpReply(200, { etag: '"e"' }) : refusal(home, bucket)
  }
}

/** A client whose hosts all lead to one server. */
function clientAt(
  server: ScriptedServer,
  options: Partial<ClientOptions> = {},
  host = 's3.amazonaws.com',
): Client & AsyncDisposable {
  const dispatcher = new Agent({
    connect: (_options, callback) => {
      const socket = connect(server.port, '127.0.0.1')
      socket.once('connect', () => callback(null, socket))
      socket.once('error', (error) => callback(error, null))
    },
  })
  const client = clientOf(`http://${host}`, { dispatcher, ...options })
  return Object.assign(client, {
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await dispatcher.destroy()
    },
  })
}

const hostsOf = (server: ScriptedServer): unknown[] =>
  server.requests.map((request) => request.header('host'))

describe('a bucket in another region than the client takes for its own', () => {
  it('is found at the host of its region, with a signature for that', async () => {
    await using server = await ScriptedServer.start(aws())
    await using client = clientAt(server)
    await client.statObject('there', 'k')
    await client.putObject('there', 'k', Readable.from([Buffer.from('da'), Buffer.from('ta')]))
    await client.statObject('here', 'k')
    expect(hostsOf(server)).toEqual([
      'there.s3.us-east-1.amazonaws.com',
      'there.s3.eu-west-1.amazonaws.com',
      'there.s3.eu-west-1.amazonaws.com',
      'here.s3.us-east-1.amazonaws.com',
    ])
    expect(server.requests[2]?.body.toString()).toBe('data')
  })

  it('takes a body that can be read but once, although its first host refuses it', async () => {
    await using server = await ScriptedServer.start(aws())
    await using client = clientAt(server)
    await client.putObject('there', 'k', Readable.from([Buffer.from('da'), Buffer.from('ta')]))
    expect(server.requests.map(({ body }) => body.toString())).toEqual(['data', 'data'])
  })

  it('never sees the signature for another host, nor does the host of a Location', async () => {
    await using other = await ScriptedServer.start([httpReply(200, { etag: '"e"' })])
    const elsewhere: Refusal = (region) =>
      errorReply(
        307,
        'TemporaryRedirect',
        {},
        {
          'x-amz-bucket-region': region,
          location: `${other.endpoint}/there/k`,
        },
      )
    await using server = await ScriptedServer.start(aws(elsewhere))
    await using client = clientAt(server)
    await client.putObject('there', 'k', 'data')
    const [first, second] = server.requests.map((request) => request.header('authorization'))
    expect(server.requests).toHaveLength(2)
    expect(first).not.toBe(second)
    expect(other.connections).toBe(0)
  })

  it.each([301, 400])(
    'is asked for at its own path after a HEAD %i without a word',
    async (status) => {
      await using server = await ScriptedServer.start(aws(() => httpReply(status)))
      await using client = clientAt(server)
      await client.statObject('there', 'k')
      expect(server.requests.map(({ target }) => target)).toEqual(['/k', '/there?location=', '/k'])
      expect(hostsOf(server)[1]).toBe('s3.us-east-1.amazonaws.com')
    },
  )

  it('is not chased around the world', async () => {
    let hop = 0
    await using server = await ScriptedServer.start(aws(() => named(`eu-x-${++hop}`, '')))
    await using client = clientAt(server)
    const failure = await failureOf(client.statObject('there', 'k'))
    expect(failure).toMatchObject({ status: 301, attempts: 2 })
    expect(server.requests).toHaveLength(2)
  })
})

describe('a presigned URL of AWS, which no refusal can correct', () => {
  it('has the region of the bucket, asked for once by any number of callers', async () => {
    await using server = await ScriptedServer.start(aws())
    await using client = clientAt(server)
    const urls = await Promise.all(
      Array.from({ length: 10 }, (_, index) => client.presignedGetObject('there', `k${index}`)),
    )
    for (const url of urls) {
      expect(url).toMatch(/^http:\/\/there\.s3\.eu-west-1\.amazonaws\.com\/k\d\?/)
      expect(url).toContain('%2Feu-west-1%2Fs3%2F')
    }
    await client.presignedPutObject('there', 'again')
    expect(server.onlyRequest.target).toBe('/there?location=')
  })

  it.each<[string, Refusal, string]>([
    ['an element', (region) => errorReply(403, 'AccessDenied', { Region: region }), 'eu-west-1'],
    [
      'a header',
      (region) => errorReply(403, 'AccessDenied', {}, { 'x-amz-bucket-region': region }),
      'eu-west-1',
    ],
    ['nothing', () => errorReply(403, 'AccessDenied'), 'us-east-1'],
  ])('is made although the question is denied, with %s', async (_case, question, region) => {
    await using server = await ScriptedServer.start(aws(named, question))
    await using client = clientAt(server)
    expect(await client.presignedGetObject('there', 'k')).toContain(`there.s3.${region}.amazonaws`)
  })

  it.each<[string, readonly Step[], object]>([
    ['connection is cut', [reset], { name: 'TransportError', kind: 'reset' }],
    ['store is out of order', errorReply(503, 'ServiceUnavailable'), { status: 503 }],
    ['keys are wrong', errorReply(403, 'SignatureDoesNotMatch'), { status: 403 }],
    ['answer is no region', httpReply(200, {}, '<html/>'), { name: 'InvalidResponseError' }],
  ])('fails when the question is not answered, since the %s', async (_case, answer, expected) => {
    await using server = await ScriptedServer.start(aws(named, () => answer))
    await using client = clientAt(server, { retry: { maxAttempts: 2 } })
    expect(await failureOf(client.presignedGetObject('there', 'k'))).toMatchObject(expected)
  })

  it('waits no longer than its caller wants', async () => {
    const never = new Promise<void>(() => {})
    await using server = await ScriptedServer.start(aws(named, () => [{ until: () => never }]))
    await using client = clientAt(server)
    const late = client.presignedGetObject('there', 'k', { timeout: 100 })
    expect(await failureOf(late)).toMatchObject({ name: 'TransportError', kind: 'deadline' })
    const reason = new Error('enough')
    const aborted = client.presignedGetObject('there', 'k', { signal: AbortSignal.timeout(50) })
    expect(await failureOf(aborted)).toMatchObject({ name: 'TimeoutError' })
    const early = client.presignedGetObject('there', 'k', { signal: AbortSignal.abort(reason) })
    expect(await failureOf(early)).toBe(reason)
  })

  it.each<[string, string, Partial<ClientOptions>]>([
    ['a fixed region', 's3.amazonaws.com', { region: 'eu-west-1' }],
    ['a region in the endpoint', 's3.eu-west-1.amazonaws.com', {}],
  ])('takes no request with %s', async (_case, host, options) => {
    await using server = await ScriptedServer.start(aws())
    await using client = clientAt(server, options, host)
    const url = await client.presignedGetObject('there', 'k')
    expect(url).toContain('//there.s3.eu-west-1.amazonaws.com/k?')
    expect(server.requests).toHaveLength(0)
    await client.statObject('there', 'k')
    expect(server.requests).toHaveLength(1)
  })
})

describe('the form of addresses', () => {
  it('has buckets in the path where they are made or asked for their region', async () => {
    await using server = await ScriptedServer.start([httpReply(200, { etag: '"e"' })])
    await using client = clientAt(server, { region: 'eu-west-1' })
    await client.makeBucket('made')
    await client.putObject('made', 'k', 'x')
    await client.removeBucket('made')
    const lines = server.requests.map(
      (request) => `${request.method} ${request.header('host')} ${request.target}`,
    )
    expect(lines).toEqual([
      'PUT s3.eu-west-1.amazonaws.com /made',
      'PUT made.s3.eu-west-1.amazonaws.com /k',
      'DELETE made.s3.eu-west-1.amazonaws.com /',
    ])
  })
})
