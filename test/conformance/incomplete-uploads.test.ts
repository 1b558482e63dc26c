import { expect, vi } from 'vitest'
import type { Client, IncompleteUpload, ListIncompleteUploadsOptions } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { forEach, inKeyOrder, rowsOf } from './harness/entries.ts'
import { plainHttp } from './harness/plain-http.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'
import { beginUpload, completeUpload, uploadPart } from './harness/uploads.ts'

// A thousand uploads, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

async function uploads(
  client: Client,
  bucket: string,
  options: ListIncompleteUploadsOptions = { recursive: true },
): Promise<IncompleteUpload[]> {
  const listed = await client.listIncompleteUploads(bucket, options).toArray()
  return listed.flatMap((entry) => (entry.isPrefix ? [] : [entry]))
}

async function rows(
  client: Client,
  bucket: string,
  options: ListIncompleteUploadsOptions = {},
): Promise<string[]> {
  const listed = await client.listIncompleteUploads(bucket, options).toArray()
  return listed.map((entry) => (entry.isPrefix ? `prefix: ${entry.prefix}` : entry.object))
}

const hostileKeys = [
  'a b',
  'a+b',
  'a%2Fb',
  '100%',
  'ü😀',
  '../x',
  '&<>"',
  '\u0001',
  '0123',
] as const

conformance('listIncompleteUploads', (defineCase) => {
  defineCase('lists nothing where nothing is under way', async ({ client, bucket, bucketName }) => {
    const name = await bucket()
    await client.putObject(name, 'key', 'whole')
    expect(await rows(client, name)).toEqual([])
    expect(await codeOf(rows(client, bucketName()))).toBe('NoSuchBucket')
  })

  defineCase('tells id, time and the size of all parts', async ({ client, bucket }) => {
    const name = await bucket()
    const before = Date.now()
    const uploadId = await beginUpload(client, name, 'dir/key')
    const none = await beginUpload(client, name, 'empty')
    for (const [partNumber, body] of [
      [1, 'twelve bytes'],
      [7, 'four'],
      [1, 'again'],
    ] as const) {
      await uploadPart(client, name, 'dir/key', { uploadId, partNumber, body })
    }
    const [first, second, ...more] = await uploads(client, name)
    expect(more).toEqual([])
    // The first part was sent twice, and counts once.
    expect(first).toMatchObject({ object: 'dir/key', uploadId, sizeBytes: 9, isPrefix: false })
    expect(second).toMatchObject({ object: 'empty', uploadId: none, sizeBytes: 0 })
    expect(Math.abs((first?.initiated?.getTime() ?? 0) - before)).toBeLessThan(60_000)
  })

  defineCase('no longer lists what was completed or aborted', async ({ client, bucket }) => {
    const name = await bucket()
    const uploadId = await beginUpload(client, name, 'done')
    // Parts that are left out make Ceph refuse; numbers that are, do not.
    const etag = await uploadPart(client, name, 'done', { uploadId, partNumber: 2, body: 'tail' })
    const parts = [[2, etag]] as const
    const completed = await completeUpload(client, name, 'done', { uploadId, parts })
    expect(completed.status).toBe(200)
    expect(await (await client.getObject(name, 'done')).text()).toBe('tail')
    const aborted = await beginUpload(client, name, 'aborted')
    const abort = await client.presignedUrl('DELETE', name, 'aborted', {
      extraQueryParams: { uploadId: aborted },
    })
    expect((await plainHttp(abort, { method: 'DELETE' })).status).toBe(204)
    expect(await rows(client, name, { recursive: true })).toEqual([])
  })

  defineCase('lists every upload of a key, also in small pages', async ({ client, bucket }) => {
    const name = await bucket()
    const begun = new Map<string, string>()
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b', 'a']) {
      begun.set(await beginUpload(client, name, key), key)
    }
    for (const pageSize of [1, 2, 3, 1000]) {
      const found = await uploads(client, name, { recursive: true, pageSize })
      expect(rowsOfUploads(found)).toEqual(['a', 'a', 'a', 'a', 'b', 'b', 'c'])
      expect(new Map(found.map(({ uploadId, object }) => [uploadId, object]))).toEqual(begun)
    }
  })

  defineCase(
    'lists below prefixes, and level by level',
    async ({ client, bucket }) => {
      const name = await bucket()
      for (const key of ['a', 'a/b', 'a/c/d', 'ab', 'b/c']) await beginUpload(client, name, key)
      for (const pageSize of [1, 2, 1000]) {
        const list = (options: ListIncompleteUploadsOptions): Promise<string[]> =>
          rows(client, name, { pageSize, ...options })
        expect(await list({})).toEqual(['a', 'prefix: a/', 'ab', 'prefix: b/'])
        expect(await list({ prefix: 'a/' })).toEqual(['a/b', 'prefix: a/c/'])
        expect(await list({ prefix: 'a' })).toEqual(['a', 'prefix: a/', 'ab'])
        const recursive = true
        expect(await list({ prefix: 'a/', recursive })).toEqual(['a/b', 'a/c/d'])
        expect(await list({ recursive })).toEqual(['a', 'a/b', 'a/c/d', 'ab', 'b/c'])
        expect(await list({ prefix: 'nothing' })).toEqual([])
      }
    },
    { needs: ['prefixes of uploads'] },
  )

  defineCase(
    'keeps hostile keys exactly, also in pages',
    async ({ client, bucket }) => {
      const name = await bucket()
      for (const key of hostileKeys) {
        const uploadId = await beginUpload(client, name, key)
        await uploadPart(client, name, key, { uploadId, partNumber: 1, body: key })
      }
      const expected = inKeyOrder(hostileKeys)
      for (const pageSize of [1, 2, 1000]) {
        const found = await uploads(client, name, { recursive: true, pageSize })
        expect(rowsOfUploads(found), String(pageSize)).toEqual(expected)
        expect(found.map(({ sizeBytes }) => sizeBytes)).toEqual(
          expected.map((key) => Buffer.byteLength(key)),
        )
      }
      for (const key of hostileKeys) await client.removeIncompleteUpload(name, key)
      expect(await rows(client, name, { recursive: true })).toEqual([])
    },
    { needs: ['hostile keys'] },
  )

  defineCase('sums parts over all their pages', async ({ client, bucket }) => {
    const name = await bucket()
    const uploadId = await beginUpload(client, name, 'key')
    for (const partNumber of [1, 2, 3, 5, 9999, 10_000]) {
      await uploadPart(client, name, 'key', { uploadId, partNumber, body: 'ten bytes!' })
    }
    for (const maxParts of ['1', '2', '6', '1000']) {
      // Reaches the requests for parts as well.
      const extraQueryParams = { 'max-parts': maxParts }
      const [found] = await uploads(client, name, { recursive: true, extraQueryParams })
      expect(found?.sizeBytes, maxParts).toBe(60)
    }
  })

  defineCase(
    'lists, and removes, more uploads of one key than a page holds',
    async ({ client, bucket }) => {
      const name = await bucket()
      const begun = new Set<string>()
      await forEach(Array.from({ length: 1005 }), async () => {
        begun.add(await beginUpload(client, name, 'key'))
      })
      await beginUpload(client, name, 'key2')
      const found = await uploads(client, name)
      expect(found).toHaveLength(1006)
      const ofKey = found.filter(({ object }) => object === 'key')
      expect(new Set(ofKey.map(({ uploadId }) => uploadId))).toEqual(begun)
      await client.removeIncompleteUpload(name, 'key')
      expect(await rows(client, name)).toEqual(['key2'])
    },
    { needs: ['thousands of uploads'] },
  )

  defineCase('is refused to who has no keys', async ({ anonymous, bucket }) => {
    expect(await codeOf(rows(anonymous(), await bucket()))).toBe('AccessDenied')
  })

  defineCase('refuses wrong options without a request', async ({ newClient, bucket }) => {
    const name = await bucket()
    const list = newClient({}).listIncompleteUploads
    for (const options of [{ pageSize: 0 }, { pageSize: 1001 }, { prefix: 1 }, { recursive: 0 }]) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(list, client, [name, options]),
        JSON.stringify(options),
      )
    }
  })
})

function rowsOfUploads(found: readonly IncompleteUpload[]): string[] {
  return found.map(({ object }) => object)
}

conformance('removeIncompleteUpload', (defineCase) => {
  defineCase('does nothing where there is none', async ({ client, bucket, bucketName }) => {
    const name = await bucket()
    await client.removeIncompleteUpload(name, 'key')
    expect(await codeOf(client.removeIncompleteUpload(bucketName(), 'key'))).toBe('NoSuchBucket')
  })

  defineCase('removes all uploads of exactly that key, and no object', async (context) => {
    const { client, newClient, bucket } = context
    const name = await bucket()
    await client.putObject(name, 'key', 'whole')
    const removed = [
      await beginUpload(client, name, 'key'),
      await beginUpload(client, name, 'key'),
      await beginUpload(client, name, 'key'),
    ]
    const others = ['Key', 'ke', 'key/', 'key/more', 'key2']
    for (const key of others) await beginUpload(client, name, key)
    const aborted: unknown[] = []
    const counting = newClient({
      onRequest: ({ method, object }) => {
        if (method === 'DELETE') aborted.push(object)
      },
    })
    await counting.removeIncompleteUpload(name, 'key')
    expect(aborted).toEqual(['key', 'key', 'key'])
    expect(await rows(client, name, { recursive: true })).toEqual(others)
    for (const uploadId of removed) {
      const url = await client.presignedUploadPart(name, 'key', { uploadId, partNumber: 1 })
      const { status, body } = await plainHttp(url, { method: 'PUT', body: 'late' })
      expect([status, /<Code>(\w+)/.exec(body)?.[1]]).toEqual([404, 'NoSuchUpload'])
    }
    expect(rowsOf(await client.listObjectsV2(name).toArray())).toEqual(['key'])
    expect(await (await client.getObject(name, 'key')).text()).toBe('whole')
  })

  defineCase('is refused to who has no keys', async ({ client, anonymous, bucket }) => {
    const name = await bucket()
    await beginUpload(client, name, 'key')
    expect(await codeOf(anonymous().removeIncompleteUpload(name, 'key'))).toBe('AccessDenied')
    expect(await rows(client, name)).toEqual(['key'])
  })

  defineCase('refuses wrong keys without a request', async ({ newClient, bucket }) => {
    const name = await bucket()
    const remove = newClient({}).removeIncompleteUpload
    for (const key of ['', 'k'.repeat(1025), '\ud800', undefined, 7]) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(remove, client, [name, key]),
        String(key),
      )
    }
  })
})
