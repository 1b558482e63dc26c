import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'

import {
  checksum,
  copyObjectDocument,
  encodeDigest,
  initiateMultipartUploadDocument,
  objectLockDocument,
  retentionDocument,
} from '@stowage/protocol'

import { documentOf, setVersioning, versionOf } from './support/documents.ts'
import type { RawClient, RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const day = 86_400_000
const start = Date.parse('2030-01-01T00:00:00Z')
let nowMs = start

function contentMd5(body: string): { 'content-md5': string } {
  return { 'content-md5': createHash('md5').update(body).digest('base64') }
}

function inDays(days: number): string {
  return new Date(start + days * day).toISOString()
}

const bypass = { 'x-amz-bypass-governance-retention': 'true' }

describeServers(
  'object lock',
  (fixture) => {
    const bucket = 'locked'
    let client: RawClient
    let keys = 0
    let key = ''

    beforeAll(async () => {
      nowMs = start
      client = fixture().client
      await makeLocked(bucket)
      await client.makeBucket('unlocked')
    })

    const makeLocked = (name: string): Promise<RawResponse> =>
      client.send({
        method: 'PUT',
        bucket: name,
        headers: { 'x-amz-bucket-object-lock-enabled': 'true' },
      })
    const put = (headers = {}, body = 'x'): Promise<RawResponse> => {
      keys += 1
      key = `key-${keys}`
      return client.put(bucket, key, body, { ...contentMd5(body), ...headers })
    }
    const setDocument = (
      parameter: string,
      body: string,
      query: Record<string, string> = {},
      headers = {},
    ): Promise<RawResponse> =>
      client.send({
        method: 'PUT',
        bucket,
        key,
        query: { [parameter]: '', ...query },
        body,
        headers: { ...contentMd5(body), ...headers },
      })
    const retention = (mode: string, until: string): string =>
      `<Retention><Mode>${mode}</Mode><RetainUntilDate>${until}</RetainUntilDate></Retention>`
    const remove = (versionId: string, headers = {}): Promise<RawResponse> =>
      client.send({ method: 'DELETE', bucket, key, query: { versionId }, headers })
    const lockHeaders = (mode: string, until: string): Record<string, string> => ({
      'x-amz-object-lock-mode': mode,
      'x-amz-object-lock-retain-until-date': until,
    })
    const configure = (name: string, rule: string): Promise<RawResponse> => {
      const body = `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`
      return client.send({
        method: 'PUT',
        bucket: name,
        query: { 'object-lock': '' },
        body,
        headers: contentMd5(body),
      })
    }
    const rule = (content: string): string =>
      `<Rule><DefaultRetention>${content}</DefaultRetention></Rule>`

    describe('of a bucket', () => {
      it('keeps all versions, and cannot be suspended', async () => {
        const versioning = await client.send({ bucket, query: { versioning: '' } })
        expect(versioning.text).toContain('<Status>Enabled<')
        expect((await setVersioning(client, bucket, 'Suspended')).code).toBe('InvalidBucketState')
        const excluded = '<ExcludeFolders>true</ExcludeFolders>'
        expect((await setVersioning(client, bucket, 'Enabled', excluded)).code).toBe(
          'InvalidBucketState',
        )
        expect((await setVersioning(client, bucket, 'Enabled')).status).toBe(200)
      })

      it('has a configuration', async () => {
        const get = (name: string): Promise<RawResponse> =>
          client.send({ bucket: name, query: { 'object-lock': '' } })
        expect((await get('unlocked')).code).toBe('ObjectLockConfigurationNotFoundError')
        expect(documentOf(objectLockDocument, await get(bucket))).toEqual({
          objectLockEnabled: 'Enabled',
        })
        await makeLocked('configured')
        const years = rule('<Mode>COMPLIANCE</Mode><Years>2</Years>')
        expect((await configure('configured', years)).status).toBe(200)
        expect(documentOf(objectLockDocument, await get('configured'))).toEqual({
          objectLockEnabled: 'Enabled',
          rule: { defaultRetention: { mode: 'COMPLIANCE', years: 2 } },
        })
      })

      it('comes later where all versions are kept', async () => {
        await client.makeBucket('later')
        expect((await configure('later', '')).code).toBe('InvalidBucketState')
        await setVersioning(client, 'later', 'Enabled')
        expect((await configure('later', '')).status).toBe(200)
        expect((await setVersioning(client, 'later', 'Suspended')).code).toBe('InvalidBucketState')
      })

      it.each([
        ['<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>', 'MalformedXML'],
        ['<Mode>GOVERNANCE</Mode>', 'MalformedXML'],
        ['<Days>1</Days>', 'MalformedXML'],
        ['<Mode>OTHER</Mode><Days>1</Days>', 'MalformedXML'],
        ['<Mode>GOVERNANCE</Mode><Days>0</Days>', 'InvalidArgument'],
        ['<Mode>GOVERNANCE</Mode><Days>-1</Days>', 'MalformedXML'],
        ['<Mode>GOVERNANCE</Mode><Years>101</Years>', 'InvalidArgument'],
      ])('is not %s', async (content, code) => {
        expect((await configure(bucket, rule(content))).code).toBe(code)
      })

      it('wants a checksum', async () => {
        const answer = await client.send({
          method: 'PUT',
          bucket,
          query: { 'object-lock': '' },
          body: '<ObjectLockConfiguration/>',
        })
        expect(answer.code).toBe('InvalidRequest')
      })

      it('cannot be removed by force', async () => {
        await makeLocked('forced')
        const headers = { 'x-minio-force-delete': 'true' }
        const forced = await client.send({ method: 'DELETE', bucket: 'forced', headers })
        expect(forced.code).toBe('MethodNotAllowed')
      })
    })

    it('gives new versions the retention of the bucket, or their own', async () => {
      await makeLocked('with-default')
      await configure('with-default', rule('<Mode>GOVERNANCE</Mode><Days>3</Days>'))
      await client.put('with-default', 'key', 'x')
      expect((await client.get('with-default', 'key')).headers).toMatchObject(
        lockHeaders('GOVERNANCE', inDays(3)),
      )
      const own = { ...contentMd5('x'), ...lockHeaders('COMPLIANCE', inDays(1)) }
      await client.put('with-default', 'own', 'x', own)
      expect((await client.get('with-default', 'own')).headers).toMatchObject(
        lockHeaders('COMPLIANCE', inDays(1)),
      )
      const copied = await client.send({
        method: 'PUT',
        bucket: 'with-default',
        key: 'copy',
        headers: { 'x-amz-copy-source': 'with-default/own' },
      })
      documentOf(copyObjectDocument, copied)
      expect((await client.get('with-default', 'copy')).headers).toMatchObject(
        lockHeaders('GOVERNANCE', inDays(3)),
      )
    })

    describe('protects', () => {
      it.each(['GOVERNANCE', 'COMPLIANCE'])('versions in %s mode until the date', async (mode) => {
        const id = versionOf(await put(lockHeaders(mode, inDays(1))))
        expect((await remove(id)).code).toBe('AccessDenied')
        const batch = `<Delete><Object><Key>${key}</Key><VersionId>${id}</VersionId></Object></Delete>`
        const many = await client.send({
          method: 'POST',
          bucket,
          query: { delete: '' },
          body: batch,
          headers: contentMd5(batch),
        })
        expect(many.text).toContain('<Code>AccessDenied<')
        expect((await client.send({ bucket, key, query: { versionId: id } })).text).toBe('x')
        nowMs = start + day
        expect((await remove(id)).status).toBe(204)
        nowMs = start
      })

      it('but not against delete markers and new versions', async () => {
        const id = versionOf(await put(lockHeaders('COMPLIANCE', inDays(1))))
        const marked = await client.send({ method: 'DELETE', bucket, key })
        expect(marked.status).toBe(204)
        expect((await remove(versionOf(marked))).status).toBe(204)
        expect((await client.put(bucket, key, 'y')).status).toBe(200)
        expect((await remove(id)).code).toBe('AccessDenied')
      })

      it('governance may be passed over, compliance never', async () => {
        const governed = versionOf(await put(lockHeaders('GOVERNANCE', inDays(1))))
        expect((await remove(governed, bypass)).status).toBe(204)
        const compliant = versionOf(await put(lockHeaders('COMPLIANCE', inDays(1))))
        expect((await remove(compliant, bypass)).code).toBe('AccessDenied')
      })

      it('by a legal hold, until that is taken away', async () => {
        const id = versionOf(await put({ 'x-amz-object-lock-legal-hold': 'ON' }))
        const hold = (status: string): Promise<RawResponse> =>
          setDocument('legal-hold', `<LegalHold><Status>${status}</Status></LegalHold>`)
        const read = await client.send({ bucket, key, query: { 'legal-hold': '' } })
        expect(read.text).toContain('<Status>ON<')
        expect((await client.get(bucket, key)).headers['x-amz-object-lock-legal-hold']).toBe('ON')
        expect((await remove(id, bypass)).code).toBe('AccessDenied')
        expect((await hold('OFF')).status).toBe(200)
        expect((await hold('MAYBE')).code).toBe('MalformedXML')
        expect((await remove(id)).status).toBe(204)
      })

      it('objects that came in parts', async () => {
        key = 'parts'
        const send = (method: string, query: Record<string, string>, body = '', headers = {}) =>
          client.send({ method, bucket, key, query, body, headers })
        const begun = await send('POST', { uploads: '' }, '', lockHeaders('COMPLIANCE', inDays(1)))
        const { uploadId } = documentOf(initiateMultipartUploadDocument, begun)
        const sent = await send('PUT', { uploadId, partNumber: '1' }, 'x')
        const done = await send(
          'POST',
          { uploadId },
          `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${String(sent.headers.etag)}</ETag></Part></CompleteMultipartUpload>`,
        )
        expect((await remove(versionOf(done))).code).toBe('AccessDenied')
      })
    })

    describe('of a version', () => {
      it('is longer, but not shorter, without permission to pass', async () => {
        const id = versionOf(await put(lockHeaders('GOVERNANCE', inDays(5))))
        const change = (mode: string, days: number, headers = {}): Promise<RawResponse> =>
          setDocument('retention', retention(mode, inDays(days)), {}, headers)
        expect((await change('GOVERNANCE', 4)).code).toBe('AccessDenied')
        expect((await change('COMPLIANCE', 6)).code).toBe('AccessDenied')
        expect((await setDocument('retention', '<Retention/>')).code).toBe('AccessDenied')
        const longer = await change('GOVERNANCE', 6)
        expect([longer.status, versionOf(longer)]).toEqual([200, id])
        const read = await client.send({ bucket, key, query: { retention: '' } })
        expect(documentOf(retentionDocument, read)).toEqual({
          mode: 'GOVERNANCE',
          retainUntilDate: new Date(inDays(6)),
        })
        expect((await change('GOVERNANCE', 1, bypass)).status).toBe(200)
        expect((await setDocument('retention', '<Retention/>', {}, bypass)).status).toBe(200)
        expect((await remove(id)).status).toBe(204)
      })

      it('of compliance mode is only ever longer', async () => {
        await put(lockHeaders('COMPLIANCE', inDays(5)))
        const change = (mode: string, days: number): Promise<RawResponse> =>
          setDocument('retention', retention(mode, inDays(days)), {}, bypass)
        expect((await change('COMPLIANCE', 4)).code).toBe('AccessDenied')
        expect((await change('GOVERNANCE', 9)).code).toBe('AccessDenied')
        expect((await setDocument('retention', '<Retention/>', {}, bypass)).code).toBe(
          'AccessDenied',
        )
        expect((await change('COMPLIANCE', 9)).status).toBe(200)
      })

      it('is not in the past, nor half', async () => {
        await put()
        const mode = '<Retention><Mode>GOVERNANCE</Mode></Retention>'
        expect((await setDocument('retention', mode)).code).toBe('MalformedXML')
        const past = retention('GOVERNANCE', inDays(-1))
        expect((await setDocument('retention', past)).code).toBe('InvalidArgument')
        const read = await client.send({ bucket, key, query: { retention: '' } })
        expect(read.code).toBe('NoSuchObjectLockConfiguration')
        const hold = await client.send({ bucket, key, query: { 'legal-hold': '' } })
        expect(hold.code).toBe('NoSuchObjectLockConfiguration')
      })

      it('wants a checksum', async () => {
        await put()
        for (const parameter of ['retention', 'legal-hold']) {
          const answer = await client.send({
            method: 'PUT',
            bucket,
            key,
            query: { [parameter]: '' },
            body: '<x/>',
          })
          expect(answer.code).toBe('InvalidRequest')
        }
        const headers = lockHeaders('GOVERNANCE', inDays(1))
        expect((await client.put(bucket, 'no sum', 'x', headers)).code).toBe('InvalidRequest')
        const sum = { 'x-amz-checksum-crc32': encodeDigest(checksum('CRC32', Buffer.from('x'))) }
        expect((await client.put(bucket, 'sum', 'x', { ...headers, ...sum })).status).toBe(200)
      })

      it.each([
        [{ 'x-amz-object-lock-mode': 'GOVERNANCE' }, 'InvalidArgument'],
        [lockHeaders('OTHER', inDays(1)), 'InvalidArgument'],
        [lockHeaders('GOVERNANCE', inDays(-1)), 'InvalidArgument'],
        [lockHeaders('GOVERNANCE', 'tomorrow'), 'InvalidArgument'],
        [{ 'x-amz-object-lock-legal-hold': 'on' }, 'InvalidArgument'],
      ])('is not asked for by %j', async (headers, code) => {
        expect((await put(headers)).code).toBe(code)
        expect((await client.get(bucket, key)).code).toBe('NoSuchKey')
      })

      it('needs a bucket with object lock', async () => {
        const headers = { ...contentMd5('x'), ...lockHeaders('GOVERNANCE', inDays(1)) }
        expect((await client.put('unlocked', 'key', 'x', headers)).code).toBe('InvalidRequest')
        await client.put('unlocked', 'key', 'x')
        for (const parameter of ['retention', 'legal-hold']) {
          const query = { [parameter]: '' }
          const answer = await client.send({ bucket: 'unlocked', key: 'key', query })
          expect(answer.code).toBe('InvalidRequest')
        }
      })
    })
  },
  { now: () => new Date(nowMs) },
)
