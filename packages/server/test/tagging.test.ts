import { beforeAll, describe, expect, it } from 'vitest'

import { taggingDocument } from '@stowage/protocol'

import { documentOf, setVersioning, versionOf } from './support/documents.ts'
import type { RawClient, RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

function tagging(tags: readonly (readonly [string, string])[]): string {
  const rows = tags.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`)
  return `<Tagging><TagSet>${rows.join('')}</TagSet></Tagging>`
}

function numbered(count: number): [string, string][] {
  return Array.from({ length: count }, (_, index) => [`key${index}`, 'value'])
}

const refused = [
  [
    'twice the same key',
    [
      ['a', '1'],
      ['a', '2'],
    ],
    'InvalidTag',
  ],
  ['a long key', [['k'.repeat(129), '']], 'InvalidTag'],
  ['a long value', [['k', 'v'.repeat(257)]], 'InvalidTag'],
  ['no key', [['', 'v']], 'InvalidTag'],
  ['a key of AWS', [['aws:x', 'v']], 'InvalidTag'],
  ['other signs', [['k', 'a;b']], 'InvalidTag'],
] as const

describeServers('tags', (fixture) => {
  const bucket = 'tagged'
  let client: RawClient

  beforeAll(async () => {
    client = fixture().client
    await client.makeBucket(bucket)
    await client.put(bucket, 'key', 'x')
  })

  const send = (method: string, key: string, more = {}): Promise<RawResponse> =>
    client.send({ method, bucket, key, query: { tagging: '' }, ...more })
  const tagsOf = async (key: string): Promise<string[]> =>
    documentOf(taggingDocument, await send('GET', key)).tags.map((tag) => `${tag.key}=${tag.value}`)

  describe('of objects', () => {
    it('are set, read, counted and removed', async () => {
      expect(await tagsOf('key')).toEqual([])
      const body = tagging([
        ['b', '2 + 2 = 4'],
        ['a', ''],
        ['größe', 'ü/@'],
      ])
      expect((await send('PUT', 'key', { body })).status).toBe(200)
      expect(await tagsOf('key')).toEqual(['b=2 + 2 = 4', 'a=', 'größe=ü/@'])
      const { headers, text } = await client.get(bucket, 'key')
      expect([headers['x-amz-tagging-count'], text]).toEqual(['3', 'x'])
      expect((await send('DELETE', 'key')).status).toBe(204)
      expect(await tagsOf('key')).toEqual([])
      expect((await client.get(bucket, 'key')).headers['x-amz-tagging-count']).toBeUndefined()
    })

    it('come with an upload', async () => {
      const headers = { 'x-amz-tagging': 'a=b%20c+d&e' }
      await client.put(bucket, 'uploaded', 'x', headers)
      expect(await tagsOf('uploaded')).toEqual(['a=b c d', 'e='])
    })

    it.each([
      'a=1&a=2',
      '=v',
      'a=%zz',
      'aws:a=b',
      numbered(11)
        .map(([key]) => key)
        .join('&'),
    ])('are not in an upload: %s', async (value) => {
      const answer = await client.put(bucket, 'refused', 'x', { 'x-amz-tagging': value })
      expect(['InvalidTag', 'BadRequest']).toContain(answer.code)
      expect((await client.get(bucket, 'refused')).code).toBe('NoSuchKey')
    })

    it('are at most ten', async () => {
      expect((await send('PUT', 'key', { body: tagging(numbered(10)) })).status).toBe(200)
      expect((await send('PUT', 'key', { body: tagging(numbered(11)) })).code).toBe('BadRequest')
      expect(await tagsOf('key')).toHaveLength(10)
    })

    it.each(refused)('have not %s', async (_, tags, code) => {
      expect((await send('PUT', 'key', { body: tagging(tags) })).code).toBe(code)
    })

    it('take tags of the longest', async () => {
      const body = tagging([['k'.repeat(128), 'v'.repeat(256)]])
      expect((await send('PUT', 'key', { body })).status).toBe(200)
    })

    it('need an object', async () => {
      const body = tagging([['a', 'b']])
      expect((await send('GET', 'nothing')).code).toBe('NoSuchKey')
      expect((await send('PUT', 'nothing', { body })).code).toBe('NoSuchKey')
      expect((await send('DELETE', 'nothing')).code).toBe('NoSuchKey')
      expect((await client.get(bucket, 'nothing')).code).toBe('NoSuchKey')
      expect((await send('PUT', 'key', { body: '<Tagging' })).code).toBe('MalformedXML')
    })

    it('belong to one version', async () => {
      await client.makeBucket('tagged-versions')
      await setVersioning(client, 'tagged-versions', 'Enabled')
      const first = versionOf(await client.put('tagged-versions', 'key', '1'))
      const second = versionOf(await client.put('tagged-versions', 'key', '2'))
      const ask = (
        method: string,
        query: Record<string, string>,
        body = '',
      ): Promise<RawResponse> =>
        client.send({
          method,
          bucket: 'tagged-versions',
          key: 'key',
          query: { tagging: '', ...query },
          body,
        })
      const put = await ask('PUT', { versionId: first }, tagging([['a', '1']]))
      expect(versionOf(put)).toBe(first)
      expect((await ask('GET', {})).text).not.toContain('<Key>a')
      expect((await ask('GET', { versionId: first })).text).toContain('<Key>a')
      expect(versionOf(await ask('PUT', {}, tagging([['b', '2']])))).toBe(second)
      expect((await client.get('tagged-versions', 'key')).text).toBe('2')
      const removed = await client.send({ method: 'DELETE', bucket: 'tagged-versions', key: 'key' })
      expect((await ask('GET', {})).code).toBe('NoSuchKey')
      expect((await ask('GET', { versionId: versionOf(removed) })).code).toBe('MethodNotAllowed')
      expect((await ask('PUT', { versionId: versionOf(removed) }, tagging([]))).code).toBe(
        'MethodNotAllowed',
      )
    })
  })

  describe('of buckets', () => {
    const ask = (method: string, body = ''): Promise<RawResponse> => send(method, '', { body })

    it('are set, read and removed', async () => {
      expect((await ask('GET')).code).toBe('NoSuchTagSet')
      expect((await ask('PUT', tagging([['a', 'b']]))).status).toBe(200)
      expect(documentOf(taggingDocument, await ask('GET')).tags).toEqual([{ key: 'a', value: 'b' }])
      expect((await ask('DELETE')).status).toBe(204)
      expect((await ask('GET')).code).toBe('NoSuchTagSet')
    })

    it('are at most fifty', async () => {
      expect((await ask('PUT', tagging(numbered(50)))).status).toBe(200)
      expect((await ask('PUT', tagging(numbered(51)))).code).toBe('BadRequest')
    })

    it.each(refused)('have not %s', async (_, tags, code) => {
      expect((await ask('PUT', tagging(tags))).code).toBe(code)
    })
  })
})
