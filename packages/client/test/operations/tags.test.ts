import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../src/errors.ts'
import {
  deleteBucketTags,
  deleteObjectTags,
  getBucketTags,
  getObjectTags,
  setBucketTags,
  setObjectTags,
} from '../../src/operations/tags.ts'
import { checkedBody, FakeStore, queryOf, refusal, reply } from '../support/replies.ts'

const tagging =
  '<Tagging><TagSet><Tag><Key>a&amp;b</Key><Value></Value></Tag><Tag><Key>__proto__</Key><Value>x</Value></Tag></TagSet></Tagging>'

function tags(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']))
}

describe('tags', () => {
  test('of a bucket', () => {
    const get = getBucketTags('bucket')
    expect(get).toMatchObject({ method: 'GET', operation: 'GetBucketTagging', bucket: 'bucket' })
    expect(Object.entries(get.read(reply(tagging)))).toEqual([
      ['a&b', ''],
      ['__proto__', 'x'],
    ])
    const put = setBucketTags('bucket', get.read(reply(tagging)))
    expect(put).toMatchObject({ method: 'PUT', operation: 'PutBucketTagging' })
    expect(checkedBody(put)).toBe(tagging)
    expect(deleteBucketTags('bucket')).toMatchObject({
      method: 'DELETE',
      operation: 'DeleteBucketTagging',
    })
  })

  test('are none where the store answers nothing for an object', () => {
    expect({ ...getObjectTags('bucket', 'key', {}).read(reply('')) }).toEqual({})
  })

  test('of a version of an object', () => {
    const options = { versionId: 'v1' }
    const requests = [
      getObjectTags('bucket', 'key', options),
      setObjectTags('bucket', 'key', {}, options),
      deleteObjectTags('bucket', 'key', options),
    ]
    expect(requests.map(({ operation, method }) => [operation, method])).toEqual([
      ['GetObjectTagging', 'GET'],
      ['PutObjectTagging', 'PUT'],
      ['DeleteObjectTagging', 'DELETE'],
    ])
    for (const request of requests) {
      expect(request.object).toBe('key')
      expect(queryOf(request)).toEqual({ tagging: '', versionId: 'v1' })
    }
  })

  test('none is no error', async () => {
    const store = new FakeStore(() => Promise.reject(refusal('NoSuchTagSet', 404)))
    expect(Object.keys(await store.send(getBucketTags('bucket'), {}))).toEqual([])
    expect(Object.keys(await store.send(getObjectTags('bucket', 'key', {}), {}))).toEqual([])
    await store.send(deleteBucketTags('bucket'), {})
  })

  test('as many as S3 takes, and no more', () => {
    expect(() => setBucketTags('bucket', tags(50))).not.toThrow()
    expect(() => setObjectTags('bucket', 'key', tags(10), {})).not.toThrow()
    expect(() => setBucketTags('bucket', tags(51))).toThrow(InvalidArgumentError)
    expect(() => setObjectTags('bucket', 'key', tags(11), {})).toThrow(InvalidArgumentError)
  })

  test.each([
    ['tags', null],
    ['tags', ['a']],
    ['tags', { ['k'.repeat(129)]: '' }],
    ['tags', { '': 'v' }],
    ['tags.k', { k: 'v'.repeat(257) }],
    ['tags.k', { k: 1 }],
  ])('wrong %s are refused before any request: %j', (argument, value) => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => setBucketTags('bucket', value)).toThrow(expect.objectContaining({ argument }))
  })

  test('of an object never go to the bucket for want of a key', () => {
    for (const object of ['', undefined]) {
      // @ts-expect-error -- what callers without types may pass
      expect(() => setObjectTags('bucket', object, {}, {})).toThrow(
        expect.objectContaining({ argument: 'object' }),
      )
    }
  })
})
