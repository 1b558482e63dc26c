import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import {
  InvalidArgumentError,
  type Client,
  type DeleteError,
  type ObjectToRemove,
  type RemoveObjectsOptions,
} from 'stowage'
import { conformance } from './harness/conformance.ts'
import { keysOf, refusal, rejection } from './harness/content.ts'
import { verdict } from './harness/forms.ts'
import { plainHttp } from './harness/plain-http.ts'

async function putAll(client: Client, bucket: string, keys: readonly string[]): Promise<void> {
  const left = keys.values()
  const put = async (): Promise<void> => {
    for (const key of left) await client.putObject(bucket, key, key)
  }
  await Promise.all(Array.from({ length: 16 }, put))
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `key-${index}`)
}

async function* later(keys: readonly string[]): AsyncGenerator<string> {
  for (const key of keys) {
    await Promise.resolve()
    yield key
  }
}

async function failures(
  client: Client,
  bucket: string,
  objects: Iterable<ObjectToRemove> | AsyncIterable<ObjectToRemove>,
  options: RemoveObjectsOptions = {},
): Promise<DeleteError[]> {
  const errors: DeleteError[] = []
  for await (const error of client.removeObjects(bucket, objects, options)) errors.push(error)
  return errors
}

conformance('removeObjects', (defineCase) => {
  defineCase('asks nothing of the store for no objects', async ({ client, bucket }) => {
    const name = await bucket()
    await client.removeBucket(name)
    expect(await failures(client, name, [])).toEqual([])
  })

  defineCase('removes one, twice, and what is not there', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, ['a', 'b'])
    expect(await failures(client, name, ['a'])).toEqual([])
    expect(await failures(client, name, ['a', 'a', 'absent'])).toEqual([])
    expect(await keysOf(client, name)).toEqual(['b'])
  })

  defineCase('removes more than one request holds', async ({ client, bucket }) => {
    const name = await bucket()
    const keys = numbered(1001)
    await putAll(client, name, [...keys, 'stays'])
    expect(await failures(client, name, new Set(keys))).toEqual([])
    expect(await keysOf(client, name)).toEqual(['stays'])
  })

  defineCase('takes thousands as they come', async ({ client, bucket }) => {
    const name = await bucket()
    // Every fifth is there: what is not there is removed as well.
    const keys = numbered(2500)
    await putAll(
      client,
      name,
      keys.filter((_, index) => index % 5 === 0 || index > 2490),
    )
    expect(await failures(client, name, later(keys))).toEqual([])
    expect(await keysOf(client, name)).toEqual([])
  })

  defineCase(
    'removes keys that XML must escape, and keys that it cannot carry',
    async ({ client, bucket, newClient }) => {
      const name = await bucket()
      const keys = [
        'a&b<c>"d\'',
        ']]>',
        'fileΩ',
        '😀',
        ' spaces ',
        'line\nbreak\r',
        'tab\t',
        '\u0001',
        '\u001f\uffff',
        '\ufffe',
        'a//b/../c',
        '%41',
        '__proto__',
      ]
      await putAll(client, name, [...keys, 'stays', 'A'])
      const alone: unknown[] = []
      const observed = newClient({
        onRequest: ({ operation, object }) => {
          if (operation === 'DeleteObject') alone.push(object)
        },
      })
      expect(await failures(observed, name, keys)).toEqual([])
      // Readers of XML 1.0 refuse these, however they are written: they go by themselves.
      expect(new Set(alone)).toEqual(new Set(['\u0001', '\u001f\uffff', '\ufffe']))
      expect(await keysOf(client, name)).toEqual(['A', 'stays'])
    },
    { needs: ['hostile keys'] },
  )

  defineCase(
    'removes versions, and lays markers',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const first = await client.putObject(name, 'a', 'first')
      const second = await client.putObject(name, 'a', 'second')
      const objects = [{ object: 'a', versionId: first.versionId }, { object: 'b' }, 'a']
      expect(await failures(client, name, objects)).toEqual([])
      const listed = await client.listObjectsV2(name, { includeVersions: true }).toArray()
      expect(listed).toMatchObject([
        { object: 'a', isDeleteMarker: true },
        { object: 'a', isDeleteMarker: false, versionId: second.versionId },
        { object: 'b', isDeleteMarker: true },
      ])
    },
    { needs: ['versions'] },
  )

  defineCase(
    'yields what could not be removed, and removes the rest',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const locked = await client.putObject(name, 'locked', 'a')
      const free = await client.putObject(name, 'free', 'a')
      const retainUntilDate = new Date(Date.now() + 3_600_000)
      await client.setObjectRetention(name, 'locked', { mode: 'GOVERNANCE', retainUntilDate })
      const objects = [
        { object: 'locked', versionId: locked.versionId },
        { object: 'free', versionId: free.versionId },
      ]
      expect(await failures(client, name, objects)).toMatchObject([
        { object: 'locked', versionId: locked.versionId, code: 'AccessDenied' },
      ])
      const remaining = await client.listObjectsV2(name, { includeVersions: true }).toArray()
      expect(remaining).toMatchObject([{ object: 'locked', versionId: locked.versionId }])
      expect(await failures(client, name, objects, { bypassGovernance: true })).toEqual([])
      expect(await client.listObjectsV2(name, { includeVersions: true }).toArray()).toEqual([])
    },
    { needs: ['object lock'] },
  )

  defineCase('throws what speaks of the whole request', async ({ client, bucket }) => {
    const name = await bucket()
    await client.removeBucket(name)
    expect(await refusal(failures(client, name, ['a']))).toBe('404 NoSuchBucket')
    expect(await refusal(failures(client, name, ['\u0001']))).toBe('404 NoSuchBucket')
    expect(() => client.removeObjects(name, 'abc')).toThrow(InvalidArgumentError)
  })

  defineCase('ends when its source breaks', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, ['a', 'b'])
    async function* broken(): AsyncGenerator<string> {
      yield* later(['a'])
      throw new RangeError('the source broke')
    }
    expect(await rejection(failures(client, name, broken()))).toBeInstanceOf(RangeError)
    expect(await keysOf(client, name)).toContain('b')
  })

  defineCase(
    'ends when nobody reads on',
    async ({ client, bucket }) => {
      const name = await bucket({ objectLock: true })
      const { versionId } = await client.putObject(name, 'locked', 'a')
      await client.setObjectLegalHold(name, 'locked', true)
      let pulled = 0
      let closed = false
      function* endless(): Generator<ObjectToRemove> {
        try {
          for (;;) {
            pulled++
            yield { object: 'locked', versionId }
          }
        } finally {
          closed = true
        }
      }
      let told = 0
      for await (const { code } of client.removeObjects(name, endless(), { concurrency: 2 })) {
        expect(code).toBe('AccessDenied')
        if (++told === 1500) break
      }
      // It is told at once, and may be in the middle of a batch then.
      await expect.poll(() => closed).toBe(true)
      expect(pulled).toBeLessThanOrEqual(6000)
    },
    { needs: ['object lock'] },
  )

  defineCase('removes nothing before it is read', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, ['a'])
    client.removeObjects(name, ['a'])
    expect(await keysOf(client, name)).toEqual(['a'])
  })

  defineCase('takes a thousand keys in one request, and no more', async ({ client, bucket }) => {
    const name = await bucket()
    await putAll(client, name, ['key-0', 'key-999', 'key-1000'])
    const extraQueryParams = { delete: '' }
    const url = await client.presignedUrl('POST', name, undefined, { extraQueryParams })
    const remove = async (count: number): Promise<string> => {
      const objects = numbered(count).map((key) => `<Object><Key>${key}</Key></Object>`)
      const body = `<Delete><Quiet>true</Quiet>${objects.join('')}</Delete>`
      const proof = createHash('md5').update(body).digest('base64')
      return verdict(
        await plainHttp(url, { method: 'POST', headers: { 'content-md5': proof }, body }),
      )
    }
    // Ceph refuses without a document.
    expect(await remove(1001)).toMatch(/^400/)
    expect(await keysOf(client, name)).toEqual(['key-0', 'key-1000', 'key-999'])
    expect(await remove(1000)).toBe('200')
    expect(await keysOf(client, name)).toEqual(['key-1000'])
  })
})
