import { describe, expect, it } from 'vitest'
import { vectors } from '../../../../test/support/vectors.ts'
import {
  errorReply,
  httpReply,
  ScriptedServer,
  type Script,
} from '../../../../test/support/scripted-server.ts'
import type { Client } from '../../src/client.ts'
import { InvalidResponseError, S3Error } from '../../src/errors.ts'
import { clientOf, failureOf } from '../support/assembled.ts'

type Call = (client: Client) => Promise<unknown>
const stat: Call = (client) => client.statObject('bkt', 'k')
const get: Call = (client) => client.getObject('bkt', 'k')
const put: Call = (client) => client.putObject('bkt', 'k', 'x')
const list: Call = (client) => client.listObjectsV2('bkt').toArray()
const listBuckets: Call = (client) => client.listBuckets().toArray()
const removeBucket: Call = (client) => client.removeBucket('bkt')

async function failure(script: Script, call: Call): Promise<unknown> {
  await using server = await ScriptedServer.start(script)
  await using client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
  return await failureOf(call(client))
}

async function s3Failure(script: Script, call: Call): Promise<S3Error> {
  const error = await failure(script, call)
  if (!(error instanceof S3Error)) throw error
  return error
}

describe('an error document', () => {
  it('gives code, ids, region, bucket, key, status', async () => {
    const reply = errorReply(403, 'AccessDenied', {
      RequestId: 'R1',
      HostId: 'H1',
      Region: 'eu-west-3',
    })
    expect(await s3Failure([reply], put)).toMatchObject({
      name: 'S3Error',
      code: 'AccessDenied',
      status: 403,
      operation: 'PutObject',
      bucket: 'bkt',
      key: 'k',
      requestId: 'R1',
      hostId: 'H1',
      region: 'eu-west-3',
      attempts: 1,
      retryable: false,
    })
  })

  it('has its gaps filled from the headers', async () => {
    const headers = {
      'x-amz-request-id': 'R2',
      'x-amz-id-2': 'H2',
      'x-amz-bucket-region': 'eu-west-2',
    }
    expect(await s3Failure([errorReply(404, 'NoSuchKey', {}, headers)], get)).toMatchObject({
      code: 'NoSuchKey',
      requestId: 'R2',
      hostId: 'H2',
      region: 'eu-west-2',
    })
  })

  it.each([
    'text/xml',
    'application/xml; charset=utf-8',
    'text/html',
    'application/octet-stream',
    'nonsense',
  ])('counts whatever the content type, %s', async (type) => {
    const reply = errorReply(409, 'BucketNotEmpty', {}, { 'content-type': type })
    expect(await s3Failure([reply], removeBucket)).toMatchObject({ code: 'BucketNotEmpty' })
  })

  it.each([
    [
      'a namespace',
      '<Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Code>X</Code></Error>',
    ],
    ['no declaration', '<Error><Code>X</Code></Error>'],
    ['a byte order mark', '\ufeff<?xml version="1.0"?><Error><Code>X</Code></Error>'],
    ['white space before', '\n \n<Error><Code>X</Code></Error>'],
    ['hostile names', '<Error><__proto__><a>1</a></__proto__><Code>X</Code></Error>'],
  ])('is read with %s', async (_case, document) => {
    expect(await s3Failure([httpReply(400, {}, document)], put)).toMatchObject({ code: 'X' })
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false)
  })

  it('gives a separate error each time', async () => {
    await using server = await ScriptedServer.start([errorReply(403, 'AccessDenied')])
    await using client = clientOf(server.endpoint)
    expect(await failureOf(put(client))).not.toBe(await failureOf(put(client)))
  })
})

describe('an answer that is no document', () => {
  const page = '<html><body><h1>502 Bad Gateway</h1></body></html>'
  it.each([
    ['HTML', 'text/html', page],
    ['JSON', 'application/json', '{"error":"x"}'],
    ['garbage', 'application/xml', '\u0000\u0001<<<'],
    ['a cut document', 'application/xml', '<Error><Code>AccessDe'],
    ['another root', 'application/xml', '<Oops><Code>Evil</Code></Oops>'],
    ['a document type', 'application/xml', '<!DOCTYPE x [<!ENTITY e "v">]><Error>&e;</Error>'],
    ['nothing', 'text/plain', ''],
    ['1 MB of HTML', 'text/html', page.repeat(20_000)],
  ])('%s is judged by its status', async (_case, type, body) => {
    const reply = httpReply(403, { 'content-type': type }, body)
    for (const call of [put, get]) {
      const error = await s3Failure([reply], call)
      expect(error).toMatchObject({ code: 'AccessDenied', status: 403 })
      expect(error.message.length).toBeLessThan(400)
      expect(error.message).not.toMatch(/[^\x20-\x7e…]/)
    }
  })

  it.each([
    [301, 'PermanentRedirect', stat],
    [304, 'NotModified', stat],
    [307, 'TemporaryRedirect', put],
    [403, 'AccessDenied', stat],
    [404, 'NoSuchKey', stat],
    [404, 'NoSuchBucket', removeBucket],
    [405, 'MethodNotAllowed', stat],
    [409, 'OperationAborted', removeBucket],
    [412, 'PreconditionFailed', stat],
    [416, 'InvalidRange', get],
    [418, 'Http418', put],
    [429, 'TooManyRequests', put],
    [500, 'InternalError', stat],
    [501, 'NotImplemented', put],
    [503, 'ServiceUnavailable', stat],
    [599, 'Http599', get],
  ])('an empty %i is %s', async (status, code, call) => {
    const reply = httpReply(status, { 'content-length': '0' })
    expect(await s3Failure([reply], call)).toMatchObject({ code, status, attempts: 1 })
  })

  it('of HEAD says why in headers of MinIO', async () => {
    const headers = {
      'x-minio-error-code': 'XMinioServerNotInitialized',
      'x-minio-error-desc': '"a"',
    }
    expect(await s3Failure([httpReply(503, headers)], stat)).toMatchObject({
      code: 'XMinioServerNotInitialized',
      retryable: true,
    })
  })

  it('bucketExists: 404 is no, everything else throws', async () => {
    await using server = await ScriptedServer.start([
      httpReply(404),
      httpReply(200),
      httpReply(403),
    ])
    await using client = clientOf(server.endpoint)
    expect(await client.bucketExists('bkt')).toBe(false)
    expect(await client.bucketExists('bkt')).toBe(true)
    await expect(client.bucketExists('bkt')).rejects.toMatchObject({ code: 'AccessDenied' })
  })
})

describe('a success that is none', () => {
  it.each<[string, string, Call]>([
    ['a captive portal', '<html><body>Log in</body></html>', list],
    ['another document', '<ListAllMyBucketsResult/>', list],
    ['nothing', '', list],
    ['a cut document', '<ListBucketResult><Contents><Key>a</Key>', list],
    ['JSON', '{}', listBuckets],
    ['an error', '<Error><Code>AccessDenied</Code></Error>', listBuckets],
    [
      'half a number',
      '<ListBucketResult><Contents><Key>a</Key><Size>1e3</Size></Contents></ListBucketResult>',
      list,
    ],
    ['no ETag', '', put],
  ])('%s is an InvalidResponseError', async (_case, body, call) => {
    expect(await failure([httpReply(200, {}, body)], call)).toBeInstanceOf(InvalidResponseError)
  })
})

interface MockReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: readonly string[]
}

/** Answers of aws-c-s3's mock server, those that operations of this client may get. */
const mocks: readonly (readonly [file: string, call: Call, expected: object])[] = [
  ['GetObject/default', get, { code: 'NoSuchKey', status: 404 }],
  ['GetObject/get_object_error_part', get, { code: 'AccessDenied', status: 403 }],
  ['GetObject/get_object_long_error', get, { name: 'S3Error' }],
  ['GetObject/get_object_modified_failure', get, { code: 'BadRequest', status: 400 }],
  [
    'GetObject/get_object_invalid_response_missing_content_range',
    (client) => client.getObject('bkt', 'k', { length: 10 }),
    { name: 'InvalidResponseError' },
  ],
  ['UploadPart/throttle', put, { name: 'S3Error', retryable: true }],
  ['UploadPart/upload_part_error', put, { name: 'S3Error' }],
  ['UploadPart/missing_etag', put, { name: 'InvalidResponseError' }],
  ['CreateMultipartUpload/request_timeout', put, { code: 'RequestTimeout', retryable: true }],
  ['CreateMultipartUpload/request_time_too_skewed', put, { code: 'RequestTimeTooSkewed' }],
]

describe.each(mocks)('the published answer %s', (file, call, expected) => {
  const mock = vectors<MockReply>(`mock-responses-aws-c-s3/${file}.json`)
  it.skipIf(mock === undefined)('is understood', async () => {
    const { status = 0, headers = {}, body = [] } = mock ?? {}
    const reply = httpReply(status, headers, body.join('\n'))
    expect(await failure([reply], call)).toMatchObject(expected)
  })
})
