import { beforeAll, describe, expect, it } from 'vitest'

import {
  checksum,
  encodeDigest,
  listObjectVersionsDocument,
  versioningDocument,
  type VersionListingEntry,
} from '@stowage/protocol'

import { documentOf, setVersioning, versionOf } from './support/documents.ts'
import type { RawClient, RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

let buckets = 0

function crc32(text: string): string {
  return encodeDigest(checksum('CRC32', Buffer.from(text)))
}

describeServers('versions', (fixture) => {
  let client: RawClient
  let bucket: string

  beforeAll(() => {
    client = fixture().client
  })

  const fresh = async (status?: 'Enabled' | 'Suspended'): Promise<void> => {
    buckets += 1
    bucket = `versions-${buckets}`
    await client.makeBucket(bucket)
    if (status !== undefined) await setVersioning(client, bucket, status)
  }
  const put = (key: string, body: string): Promise<RawResponse> => client.put(bucket, key, body)
  const get = (key: string, versionId?: string): Promise<RawResponse> =>
    client.send({ bucket, key, query: versionId === undefined ? {} : { versionId } })
  const remove = (key: string, versionId?: string): Promise<RawResponse> =>
    client.send({
      method: 'DELETE',
      bucket,
      key,
      query: versionId === undefined ? {} : { versionId },
    })
  const page = async (query = {}): Promise<ReturnType<typeof parsePage>> =>
    parsePage(await client.send({ bucket, query: { versions: '', ...query } }))
  const parsePage = (
    response: RawResponse,
  ): { rows: string[]; next: Record<string, string>; truncated: boolean } => {
    const document = documentOf(listObjectVersionsDocument, response)
    return {
      rows: document.entries.map((entry) => row(entry)),
      truncated: document.isTruncated,
      next: {
        'key-marker': document.nextKeyMarker ?? '',
        ...(document.nextVersionIdMarker === undefined
          ? {}
          : { 'version-id-marker': document.nextVersionIdMarker }),
      },
    }
  }
  const row = (entry: VersionListingEntry): string => {
    if (entry.isPrefix) return entry.prefix
    const kind = entry.isDeleteMarker ? 'marker' : String(entry.sizeBytes)
    return `${entry.object} ${kind}${entry.isLatest ? ' latest' : ''}`
  }

  describe('configuration', () => {
    it('is given back', async () => {
      await fresh()
      const more =
        '<ExcludedPrefixes><Prefix>logs/</Prefix></ExcludedPrefixes>' +
        '<ExcludeFolders>true</ExcludeFolders>'
      expect((await setVersioning(client, bucket, 'Enabled', more)).status).toBe(200)
      const answer = await client.send({ bucket, query: { versioning: '' } })
      expect(documentOf(versioningDocument, answer)).toEqual({
        status: 'Enabled',
        excludedPrefixes: [{ prefix: 'logs/' }],
        excludeFolders: true,
      })
    })

    it.each([
      ['', 'MalformedXML'],
      ['<VersioningConfiguration/>', 'IllegalVersioningConfigurationException'],
      ['<VersioningConfiguration><Status>On</Status></VersioningConfiguration>', 'MalformedXML'],
      [
        '<VersioningConfiguration><Status>Suspended</Status><ExcludeFolders>true</ExcludeFolders>' +
          '</VersioningConfiguration>',
        'IllegalVersioningConfigurationException',
      ],
      [
        '<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>' +
          '</VersioningConfiguration>',
        'NotImplemented',
      ],
    ])('refuses %j', async (body, code) => {
      await fresh()
      const answer = await client.send({ method: 'PUT', bucket, query: { versioning: '' }, body })
      expect(answer.code).toBe(code)
      expect((await client.send({ bucket, query: { versioning: '' } })).text).not.toContain(
        'Status',
      )
    })

    it('leaves keys out that MinIO would leave out', async () => {
      await fresh()
      const more =
        '<ExcludedPrefixes><Prefix>logs/*/tmp</Prefix></ExcludedPrefixes>' +
        '<ExcludeFolders>true</ExcludeFolders>'
      await setVersioning(client, bucket, 'Enabled', more)
      expect(versionOf(await put('logs/a/tmp1', 'x'))).toBe('null')
      expect(versionOf(await put('folder/', ''))).toBe('null')
      expect(versionOf(await put('logs/a', 'x'))).not.toBe('null')
    })
  })

  it('are all kept, newest first', async () => {
    await fresh('Enabled')
    const ids = [await put('key', '1'), await put('key', '22'), await put('key', '333')].map(
      (answer) => versionOf(answer),
    )
    expect(new Set(ids).size).toBe(3)
    expect(await get('key')).toMatchObject({
      text: '333',
      headers: { 'x-amz-version-id': ids[2] ?? '' },
    })
    expect((await get('key', ids[0])).text).toBe('1')
    expect((await get('key', ids[1])).text).toBe('22')
    expect((await page()).rows).toEqual(['key 3 latest', 'key 2', 'key 1'])
  })

  it('keep what was there before as the null version', async () => {
    await fresh()
    const before = await put('key', '1')
    expect(before.headers['x-amz-version-id']).toBeUndefined()
    await setVersioning(client, bucket, 'Enabled')
    expect((await get('key')).headers['x-amz-version-id']).toBe('null')
    await put('key', '22')
    expect((await get('key', 'null')).text).toBe('1')
    expect((await page()).rows).toEqual(['key 2 latest', 'key 1'])
  })

  it('are bound to their key', async () => {
    await fresh('Enabled')
    const id = versionOf(await put('key', '1'))
    await put('other', '2')
    expect((await get('other', id)).code).toBe('NoSuchVersion')
    expect((await remove('other', id)).status).toBe(204)
    expect((await get('key', id)).text).toBe('1')
  })

  it('cannot be guessed from a neighbour', async () => {
    await fresh('Enabled')
    const ids = [await put('key', '1'), await put('key', '2')].map((answer) => versionOf(answer))
    for (const id of ids) {
      const guess = id.slice(0, -1) + (id.endsWith('0') ? '1' : '0')
      expect((await get('key', guess)).code).toBe('NoSuchVersion')
      await remove('key', guess)
    }
    expect((await page()).rows).toHaveLength(2)
  })

  it.each(['', 'x', '../key', 'NULL', 'A'.repeat(46), '0'.repeat(10_000), '%00'])(
    'are not called %j',
    async (id) => {
      await fresh('Enabled')
      await put('key', '1')
      const codes = [await get('key', id), await remove('key', id)].map(({ code }) => code)
      expect(new Set(codes)).toEqual(new Set([id.length > 8000 ? 'InvalidURI' : 'InvalidArgument']))
    },
  )

  describe('delete markers', () => {
    it('hide the object and can be removed', async () => {
      await fresh('Enabled')
      const id = versionOf(await put('key', '1'))
      const removed = await remove('key')
      expect(removed).toMatchObject({ status: 204, headers: { 'x-amz-delete-marker': 'true' } })
      const marker = versionOf(removed)
      expect(await get('key')).toMatchObject({
        status: 404,
        code: 'NoSuchKey',
        headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker },
      })
      expect(await client.send({ method: 'HEAD', bucket, key: 'key' })).toMatchObject({
        status: 404,
        headers: { 'x-amz-delete-marker': 'true' },
      })
      expect((await get('key', id)).text).toBe('1')
      expect(await get('key', marker)).toMatchObject({
        status: 405,
        code: 'MethodNotAllowed',
        headers: { 'x-amz-delete-marker': 'true', allow: 'DELETE' },
      })
      const listing = await client.send({ bucket, query: { 'list-type': '2' } })
      expect(listing.text).toContain('<KeyCount>0</KeyCount>')
      expect((await page()).rows).toEqual(['key marker latest', 'key 1'])
      expect(await remove('key', marker)).toMatchObject({
        status: 204,
        headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker },
      })
      expect((await get('key')).text).toBe('1')
      expect((await page()).rows).toEqual(['key 1 latest'])
    })

    it('are made also where nothing is', async () => {
      await fresh('Enabled')
      await remove('key')
      await remove('key')
      expect((await page()).rows).toEqual(['key marker latest', 'key marker'])
      expect((await client.send({ method: 'DELETE', bucket })).code).toBe('BucketNotEmpty')
    })

    it('stay behind a new object', async () => {
      await fresh('Enabled')
      await put('key', '1')
      await remove('key')
      await put('key', '22')
      expect((await page()).rows).toEqual(['key 2 latest', 'key marker', 'key 1'])
      await remove('key', versionOf(await get('key')))
      expect((await get('key')).code).toBe('NoSuchKey')
      expect((await page()).rows).toEqual(['key marker latest', 'key 1'])
    })
  })

  it('give way to the next newest', async () => {
    await fresh('Enabled')
    const ids = [await put('key', '1'), await put('key', '22'), await put('key', '333')].map(
      (answer) => versionOf(answer),
    )
    await remove('key', ids[1])
    expect((await get('key')).text).toBe('333')
    await remove('key', ids[2])
    expect((await get('key')).text).toBe('1')
    expect((await get('key', ids[0])).text).toBe('1')
    await remove('key', ids[0])
    expect((await get('key')).code).toBe('NoSuchKey')
    expect((await page()).rows).toEqual([])
    expect((await client.send({ method: 'DELETE', bucket })).status).toBe(204)
  })

  describe('suspended', () => {
    it('replace the null version alone', async () => {
      await fresh('Enabled')
      const id = versionOf(await put('key', '1'))
      await setVersioning(client, bucket, 'Suspended')
      expect(versionOf(await put('key', '22'))).toBe('null')
      expect(versionOf(await put('key', '333'))).toBe('null')
      expect((await page()).rows).toEqual(['key 3 latest', 'key 1'])
      expect((await get('key', id)).text).toBe('1')
      expect((await get('key', 'null')).text).toBe('333')
    })

    it('make a null delete marker in place of the null version', async () => {
      await fresh('Enabled')
      await put('key', '1')
      await setVersioning(client, bucket, 'Suspended')
      await put('key', '22')
      const removed = await remove('key')
      expect(versionOf(removed)).toBe('null')
      expect((await page()).rows).toEqual(['key marker latest', 'key 1'])
      await remove('key')
      expect((await page()).rows).toEqual(['key marker latest', 'key 1'])
      expect((await get('key', 'null')).status).toBe(405)
      await remove('key', 'null')
      expect((await get('key')).text).toBe('1')
    })

    it('find the null version below newer ones', async () => {
      await fresh()
      await put('key', '1')
      await setVersioning(client, bucket, 'Enabled')
      await put('key', '22')
      await put('key', '333')
      await setVersioning(client, bucket, 'Suspended')
      await put('key', '4444')
      expect((await page()).rows).toEqual(['key 4 latest', 'key 3', 'key 2'])
      await setVersioning(client, bucket, 'Enabled')
      await put('key', '55555')
      expect((await page()).rows).toEqual(['key 5 latest', 'key 4', 'key 3', 'key 2'])
      await remove('key', 'null')
      expect((await page()).rows).toEqual(['key 5 latest', 'key 3', 'key 2'])
      expect((await get('key', 'null')).code).toBe('NoSuchVersion')
    })
  })

  describe('listing', () => {
    const keys = [
      'a',
      'a\u0000',
      'a\u00005',
      'a\u00010',
      'b/1',
      'b/2',
      'b0',
      'c/1',
      '\uE000',
      '\u{10000}',
    ]

    const fill = async (): Promise<string[]> => {
      await fresh('Enabled')
      for (const key of keys) {
        await put(key, '1')
        await put(key, '22')
        if (key.startsWith('b')) await remove(key)
      }
      return keys.flatMap((key) =>
        key.startsWith('b')
          ? [`${key} marker latest`, `${key} 2`, `${key} 1`]
          : [`${key} 2 latest`, `${key} 1`],
      )
    }

    it('has pages of any size, each entry once', async () => {
      const expected = await fill()
      const encoded = { 'encoding-type': 'url' }
      for (const size of [1, 2, 3, 7, 1000]) {
        const rows: string[] = []
        let next: Record<string, string> = {}
        for (let truncated = true; truncated;) {
          const found = await page({ 'max-keys': String(size), ...encoded, ...next })
          rows.push(...found.rows)
          truncated = found.truncated
          next = Object.fromEntries(
            Object.entries(found.next).map(([name, value]) => [name, decodeURIComponent(value)]),
          )
          expect(found.rows.length).toBeLessThanOrEqual(size)
        }
        expect(rows.map((text) => decodeURIComponent(text))).toEqual(expected)
      }
    })

    it('rolls keys up, in pages too', async () => {
      await fill()
      const expected = ['b/', 'b0 marker latest', 'b0 2', 'b0 1']
      expect((await page({ prefix: 'b', delimiter: '/' })).rows).toEqual(expected)
      const rows: string[] = []
      let next: Record<string, string> = {}
      for (let truncated = true; truncated;) {
        const found = await page({ prefix: 'b', delimiter: '/', 'max-keys': '1', ...next })
        rows.push(...found.rows)
        truncated = found.truncated
        next = found.next
      }
      expect(rows).toEqual(expected)
      expect((await page({ prefix: 'b/', delimiter: '/' })).rows).toHaveLength(6)
    })

    it('makes no common prefix of the versions before the marker alone', async () => {
      await fresh()
      await put('a/b', '1')
      const behind = { 'key-marker': 'a/b', 'version-id-marker': 'null', delimiter: '/' }
      expect((await page(behind)).rows).toEqual([])
      await put('a/c', '1')
      expect((await page(behind)).rows).toEqual(['a/'])
    })

    it('goes on where it was when the page has been removed', async () => {
      await fresh('Enabled')
      for (const body of ['1', '22', '333', '4444']) await put('key', body)
      const first = await page({ 'max-keys': '2' })
      for (let count = 0; count < 2; count += 1) await remove('key', versionOf(await get('key')))
      expect((await page(first.next)).rows).toEqual(['key 2 latest', 'key 1'])
    })

    it('tells a delete marker as the latest when the newer versions have been removed', async () => {
      await fresh('Enabled')
      await put('key', '1')
      await remove('key')
      await put('key', '333')
      const first = await page({ 'max-keys': '1' })
      await remove('key', versionOf(await get('key')))
      expect((await page(first.next)).rows).toEqual(['key marker latest', 'key 1'])
    })

    it('goes on behind the null version, also when that has gone', async () => {
      await fresh()
      await put('key', '1')
      await put('next', '1')
      await setVersioning(client, bucket, 'Enabled')
      await put('key', '22')
      const first = await page({ 'max-keys': '2' })
      expect(first.next['version-id-marker']).toBe('null')
      expect((await page(first.next)).rows).toEqual(['next 1 latest'])
      await remove('key', 'null')
      await remove('key', versionOf(await get('key')))
      expect((await page(first.next)).rows).toEqual(['next 1 latest'])
    })

    it.each([
      { 'version-id-marker': 'null' },
      { 'key-marker': 'a', 'version-id-marker': 'x' },
      { 'max-keys': '-1' },
    ])('refuses %j', async (query) => {
      await fresh()
      const answer = await client.send({ bucket, query: { versions: '', ...query } })
      expect(answer.code).toBe('InvalidArgument')
    })
  })

  it('count for conditions only while they are objects', async () => {
    await fresh('Enabled')
    await put('key', '1')
    const create = { 'if-none-match': '*' }
    expect((await client.put(bucket, 'key', '2', create)).status).toBe(412)
    await remove('key')
    expect((await client.put(bucket, 'key', '3', create)).status).toBe(200)
  })

  it('are all there after puts and deletes at once', async () => {
    await fresh('Enabled')
    const changes = Array.from({ length: 20 }, (_, index) =>
      index % 4 === 3 ? remove('key') : put('key', 'x'.repeat(index)),
    )
    const ids = (await Promise.all(changes)).map((answer) => versionOf(answer))
    const document = documentOf(
      listObjectVersionsDocument,
      await client.send({ bucket, query: { versions: '' } }),
    )
    const listed = document.entries.flatMap((entry) => (entry.isPrefix ? [] : [entry]))
    expect(new Set(listed.map(({ versionId }) => versionId))).toEqual(new Set(ids))
    expect(listed.filter(({ isLatest }) => isLatest)).toHaveLength(1)
    for (const id of ids) await remove('key', id)
    expect((await page()).rows).toEqual([])
  })

  it('are removed many at a time', async () => {
    await fresh('Enabled')
    const id = versionOf(await put('key', '1'))
    const send = (objects: string): Promise<RawResponse> =>
      client.send({
        method: 'POST',
        bucket,
        query: { delete: '' },
        body: `<Delete>${objects}</Delete>`,
        headers: { 'x-amz-checksum-crc32': crc32(`<Delete>${objects}</Delete>`) },
      })
    const marked = await send('<Object><Key>key</Key></Object>')
    const marker = versionOf(await get('key'))
    expect(marked.text).toContain(`<DeleteMarkerVersionId>${marker}<`)
    expect(marked.text).toContain('<DeleteMarker>true<')
    const both = await send(
      `<Object><Key>key</Key><VersionId>${marker}</VersionId></Object>` +
        `<Object><Key>key</Key><VersionId>${id}</VersionId></Object>` +
        '<Object><Key>key</Key><VersionId>bad</VersionId></Object>',
    )
    expect(both.text).toContain(`<VersionId>${id}<`)
    expect(both.text).toContain('<Code>NoSuchVersion<')
    expect((await page()).rows).toEqual([])
  })

  it('need their own permission', async () => {
    await fresh('Enabled')
    const id = versionOf(await put('key', '1'))
    const query = { versionId: id }
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const answer = await client.send({ method, bucket, key: 'key', query, signed: false })
      expect(answer.status).toBe(403)
    }
  })
})
