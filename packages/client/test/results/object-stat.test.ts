import { describe, expect, it } from 'vitest'
import {
  end,
  httpHead,
  httpReply,
  ScriptedServer,
} from '../../../../test/support/scripted-server.ts'
import type { ObjectStat } from '../../src/results/object-stat.ts'
import { clientOf, failureOf } from '../support/assembled.ts'

async function statBy(headers: Readonly<Record<string, string>>): Promise<ObjectStat> {
  await using server = await ScriptedServer.start([[httpHead(200, headers)]])
  await using client = clientOf(server.endpoint)
  return await client.statObject('bkt', 'k')
}

describe('the headers of an object', () => {
  it('are all read', async () => {
    const stat = await statBy({
      'content-length': '5497558138880',
      etag: '"0123456789abcdef0123456789abcdef-7"',
      'last-modified': 'Thu, 29 Feb 2024 10:00:00 GMT',
      'content-type': 'text/x-a',
      'content-encoding': 'gzip',
      'content-disposition': 'attachment; filename="a.txt"',
      'content-language': 'de',
      'cache-control': 'no-store',
      expires: 'Wed, 21 Oct 2065 07:28:00 GMT',
      'x-amz-meta-Colour': '=?UTF-8?B?Z3LDvG4=?=',
      'x-amz-meta-empty': '',
      'x-amz-version-id': 'null',
      'x-amz-storage-class': 'GLACIER',
      'x-amz-tagging-count': '3',
      'x-amz-mp-parts-count': '7',
      'x-amz-restore': 'ongoing-request="false", expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"',
      'x-amz-expiration': 'expiry-date="Fri, 23 Dec 2029 00:00:00 GMT", rule-id="r"',
      'x-amz-replication-status': 'COMPLETED',
      'x-amz-website-redirect-location': '/elsewhere',
      'x-amz-object-lock-mode': 'GOVERNANCE',
      'x-amz-object-lock-retain-until-date': '2030-01-02T03:04:05.678Z',
      'x-amz-object-lock-legal-hold': 'ON',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'arn:key',
      'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=',
      'x-amz-checksum-type': 'FULL_OBJECT',
    })
    expect({ ...stat, metadata: { ...stat.metadata } }).toEqual({
      bucket: 'bkt',
      object: 'k',
      sizeBytes: 5_497_558_138_880,
      etag: '0123456789abcdef0123456789abcdef-7',
      lastModified: new Date('2024-02-29T10:00:00Z'),
      contentType: 'text/x-a',
      metadata: { colour: 'grün', empty: '' },
      versionId: 'null',
      isDeleteMarker: false,
      contentEncoding: 'gzip',
      contentDisposition: 'attachment; filename="a.txt"',
      contentLanguage: 'de',
      cacheControl: 'no-store',
      expires: 'Wed, 21 Oct 2065 07:28:00 GMT',
      storageClass: 'GLACIER',
      tagCount: 3,
      partsCount: 7,
      restore: 'ongoing-request="false", expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"',
      expiration: 'expiry-date="Fri, 23 Dec 2029 00:00:00 GMT", rule-id="r"',
      replicationStatus: 'COMPLETED',
      websiteRedirectLocation: '/elsewhere',
      objectLockMode: 'GOVERNANCE',
      objectLockRetainUntil: new Date('2030-01-02T03:04:05.678Z'),
      objectLockLegalHold: 'ON',
      sseAlgorithm: 'aws:kms',
      sseKmsKeyId: 'arn:key',
      sseCustomerAlgorithm: undefined,
      checksums: { crc64nvme: 'AAAAAAAAAAA=' },
      checksumType: 'FULL_OBJECT',
    })
  })

  it('may all be missing but for one by which the store can be told', async () => {
    const { bucket, object, sizeBytes, isDeleteMarker, metadata, checksums, ...rest } =
      await statBy({ 'x-amz-request-id': 'R1' })
    expect([bucket, object, sizeBytes, isDeleteMarker]).toEqual(['bkt', 'k', 0, false])
    expect([{ ...metadata }, checksums]).toEqual([{}, {}])
    expect(new Set(Object.values(rest))).toEqual(new Set([undefined]))
  })

  it('are not believed where they are nonsense', async () => {
    const stat = await statBy({
      'content-length': '5',
      'last-modified': 'yesterday',
      'x-amz-tagging-count': '-1',
      'x-amz-mp-parts-count': '1e3',
      'x-amz-object-lock-retain-until-date': '2030-13-01',
    })
    expect(stat).toMatchObject({
      sizeBytes: 5,
      lastModified: undefined,
      tagCount: undefined,
      partsCount: undefined,
      objectLockRetainUntil: undefined,
    })
  })
})

describe('an identifier that could not go into another request', () => {
  it.each(['etag', 'x-amz-version-id'])('makes the answer invalid: %s', async (name) => {
    const headers = { 'content-length': '3', etag: '"e"', [name]: '"0123\xe5567"' }
    const failure = { name: 'InvalidResponseError', operation: 'HeadObject' }
    expect(await failureOf(statBy(headers))).toMatchObject(failure)
    await using server = await ScriptedServer.start([[httpHead(200, headers)]])
    await using client = clientOf(server.endpoint)
    const download = client.fGetObject('bkt', 'k', '/nowhere/to/be/found')
    expect(await failureOf(download)).toMatchObject(failure)
  })
})

describe('one part of an object', () => {
  const bytes = Buffer.from('abc')
  const answer = (status: number, headers: Record<string, string>) =>
    httpReply(status, { etag: '"e-2"', ...headers }, bytes)
  const read = async (reply: ReturnType<typeof httpReply>, partNumber: number): Promise<string> => {
    await using server = await ScriptedServer.start([reply])
    await using client = clientOf(server.endpoint)
    const text = await (await client.getObject('bkt', 'k', { partNumber })).text()
    expect(server.onlyRequest.target).toBe(`/bkt/k?partNumber=${partNumber}`)
    return text
  }

  it('is what the store says it is', async () => {
    expect(await read(answer(206, { 'content-range': 'bytes 5-7/8' }), 2)).toBe('abc')
    expect(await read(answer(200, { etag: '"e"' }), 1)).toBe('abc')
  })

  it.each([
    ['the whole instead', 1, answer(200, {})],
    ['the whole instead of a part that is not there', 2, answer(200, { etag: '"e"' })],
    ['no range', 2, answer(206, {})],
    ['a range of another length', 2, answer(206, { 'content-range': 'bytes 5-8/9' })],
  ])('is an error where a store sends %s', async (_case, partNumber, reply) => {
    expect(await failureOf(read(reply, partNumber))).toMatchObject({ name: 'InvalidResponseError' })
  })

  it('that is cut is continued by its range', async () => {
    const cut = { etag: '"e-2"', 'content-range': 'bytes 5-7/8', 'content-length': '3' }
    const rest = { etag: '"e-2"', 'content-range': 'bytes 6-7/8' }
    await using server = await ScriptedServer.start([
      [httpHead(206, cut), 'a', { pauseMs: 1 }, end],
      httpReply(206, rest, bytes.subarray(1)),
    ])
    await using client = clientOf(server.endpoint)
    const reader = await client.getObject('bkt', 'k', { partNumber: 2 })
    expect(await reader.text()).toBe('abc')
    const [, second] = server.requests
    expect([second?.target, second?.header('range')]).toEqual(['/bkt/k', 'bytes=6-7'])
  })
})
