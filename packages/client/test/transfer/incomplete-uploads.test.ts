import { describe, expect, test } from 'vitest'
import {
  listMultipartUploadsDocument,
  listPartsDocument,
  type UploadListingEntry,
} from '@stowage/protocol'
import { InvalidResponseError } from '../../src/errors.ts'
import type { RequestDescription } from '../../src/request/request.ts'
import {
  listIncompleteUploads,
  removeIncompleteUpload,
} from '../../src/transfer/incomplete-uploads.ts'
import { FakeStore, queryOf, refusal, reply, xmlReply } from '../support/replies.ts'

function upload(object: string, uploadId: string): UploadListingEntry {
  return { isPrefix: false, object, uploadId, initiated: new Date(0) }
}

function uploadsPage(
  entries: readonly UploadListingEntry[],
  next?: readonly [key: string, uploadId: string],
): ReturnType<typeof reply> {
  return xmlReply(listMultipartUploadsDocument, {
    entries,
    isTruncated: next !== undefined,
    nextKeyMarker: next?.[0],
    nextUploadIdMarker: next?.[1],
  })
}

function partsPage(sizes: readonly number[], next?: number): ReturnType<typeof reply> {
  return xmlReply(listPartsDocument, {
    parts: sizes.map((sizeBytes, index) => ({ partNumber: index + 1, etag: 'e', sizeBytes })),
    isTruncated: next !== undefined,
    nextPartNumberMarker: next,
  })
}

describe('listIncompleteUploads', () => {
  test('goes on behind both markers, and sums the sizes of all parts', async () => {
    const store = new FakeStore((request) => {
      const query = queryOf(request)
      if (request.operation === 'ListParts') {
        expect(request.bucket).toBe('bucket')
        if (query['uploadId'] !== 'u1') return partsPage([])
        return query['part-number-marker'] === undefined ? partsPage([5, 7], 2) : partsPage([11])
      }
      expect(query).toMatchObject({ uploads: '', prefix: 'k', delimiter: '/', 'max-uploads': '2' })
      if (query['key-marker'] === undefined) return uploadsPage([upload('k', 'u1')], ['k', 'u1'])
      expect(query).toMatchObject({ 'key-marker': 'k', 'upload-id-marker': 'u1' })
      return uploadsPage([upload('k', 'u2'), { isPrefix: true, prefix: 'k/' }])
    })
    const entries = await listIncompleteUploads(store.send, 'bucket', {
      prefix: 'k',
      pageSize: 2,
    }).toArray()
    expect(entries).toMatchObject([
      { object: 'k', uploadId: 'u1', sizeBytes: 23, initiated: new Date(0) },
      { object: 'k', uploadId: 'u2', sizeBytes: 0 },
      { isPrefix: true, prefix: 'k/' },
    ])
    const partMarkers = store.sent
      .map(({ request }) => queryOf(request)['part-number-marker'])
      .filter((marker) => marker !== undefined)
    expect(partMarkers).toEqual(['2'])
  })

  test('lists a thousand uploads of one key, a few requests at once', async () => {
    let running = 0
    let most = 0
    const store = new FakeStore(async (request) => {
      if (request.operation === 'ListMultipartUploads') {
        const second = queryOf(request)['upload-id-marker'] !== undefined
        const ids = Array.from({ length: 600 }, (_, index) => index + (second ? 600 : 0))
        const entries = ids.map((id) => upload('same', String(id)))
        return uploadsPage(entries, second ? undefined : ['same', '599'])
      }
      running++
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return partsPage([1])
    })
    const entries = await listIncompleteUploads(store.send, 'bucket', {}).toArray()
    expect(entries).toHaveLength(1200)
    expect(most).toBeGreaterThan(1)
    // Two pages may be under way, the second one ahead.
    expect(most).toBeLessThanOrEqual(16)
  })

  test('leaves out what was over before its parts were listed', async () => {
    const store = new FakeStore((request) => {
      if (request.operation === 'ListMultipartUploads') {
        return uploadsPage([upload('a', 'gone'), upload('b', 'here')])
      }
      if (queryOf(request)['uploadId'] === 'gone') throw refusal('NoSuchUpload', 404)
      return partsPage([1])
    })
    const entries = await listIncompleteUploads(store.send, 'bucket', {}).toArray()
    expect(entries).toMatchObject([{ object: 'b', sizeBytes: 1 }])
  })

  test('fails with any other refusal', async () => {
    const store = new FakeStore((request) => {
      if (request.operation === 'ListMultipartUploads') return uploadsPage([upload('a', '1')])
      throw refusal('AccessDenied', 403)
    })
    await expect(listIncompleteUploads(store.send, 'bucket', {}).toArray()).rejects.toMatchObject({
      code: 'AccessDenied',
    })
  })

  test('does not list the same parts for ever', async () => {
    const store = new FakeStore((request) =>
      request.operation === 'ListParts' ? partsPage([1], 0) : uploadsPage([upload('a', '1')]),
    )
    await expect(listIncompleteUploads(store.send, 'bucket', {}).toArray()).rejects.toBeInstanceOf(
      InvalidResponseError,
    )
  })

  test('checks its arguments before any request', () => {
    const store = new FakeStore(() => reply())
    expect(() => listIncompleteUploads(store.send, 'b', {})).toThrow(
      expect.objectContaining({ argument: 'bucket' }),
    )
    expect(() => listIncompleteUploads(store.send, 'bucket', { pageSize: 0 })).toThrow(
      expect.objectContaining({ argument: 'pageSize' }),
    )
  })
})

describe('removeIncompleteUpload', () => {
  function isAbort(request: RequestDescription): boolean {
    return request.operation === 'AbortMultipartUpload'
  }

  test('aborts every upload of exactly the key, on all pages', async () => {
    const store = new FakeStore((request) => {
      if (isAbort(request)) {
        if (queryOf(request)['uploadId'] === '2') throw refusal('NoSuchUpload', 404)
        return reply('', {}, 204)
      }
      const query = queryOf(request)
      expect(query).toMatchObject({ prefix: 'k', delimiter: '' })
      return query['key-marker'] === undefined
        ? uploadsPage([upload('k', '1'), upload('k', '2'), upload('k/longer', '3')], ['k', '2'])
        : uploadsPage([upload('k', '4')])
    })
    await removeIncompleteUpload(store.send, 'bucket', 'k', {})
    const aborts = store.sent.map(({ request }) => request).filter(isAbort)
    expect(aborts.map((request) => [request.method, request.object, queryOf(request)])).toEqual([
      ['DELETE', 'k', { uploadId: '1' }],
      ['DELETE', 'k', { uploadId: '2' }],
      ['DELETE', 'k', { uploadId: '4' }],
    ])
  })

  test('none is no error', async () => {
    const store = new FakeStore(() => uploadsPage([]))
    await removeIncompleteUpload(store.send, 'bucket', 'k', {})
    expect(store.operations).toEqual(['ListMultipartUploads'])
  })

  test('a refusal is one', async () => {
    const store = new FakeStore((request) => {
      if (isAbort(request)) throw refusal('AccessDenied', 403)
      return uploadsPage([upload('k', '1')])
    })
    await expect(removeIncompleteUpload(store.send, 'bucket', 'k', {})).rejects.toMatchObject({
      code: 'AccessDenied',
    })
  })

  test('checks the key', async () => {
    const store = new FakeStore(() => reply())
    await expect(removeIncompleteUpload(store.send, 'bucket', '', {})).rejects.toMatchObject({
      argument: 'object',
    })
    expect(store.sent).toEqual([])
  })
})
