import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'

import { foreignDrivers } from './support/drivers.ts'
import { describeDrivers, failureOf, type Fixture } from './support/fixture.ts'
import { sendUrl } from './support/raw-http.ts'

const bytes = Buffer.from('Twelve bytes', 'latin1')
const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex')

describeDrivers('buckets', foreignDrivers, (fixture) => {
  it('makes, finds, lists and removes a bucket', async () => {
    const { driver } = fixture()
    await driver.makeBucket('first-bucket')
    await driver.makeBucket('second.bucket')
    expect(await driver.bucketExists('first-bucket')).toBe(true)
    expect(await driver.listBuckets()).toEqual(['first-bucket', 'second.bucket'])
    await driver.removeBucket('first-bucket')
    expect(await driver.bucketExists('first-bucket')).toBe(false)
    await driver.removeBucket('second.bucket')
    expect(await driver.listBuckets()).toEqual([])
  })

  it('reports what S3 reports', async () => {
    const { driver, newBucket } = fixture()
    const bucket = await newBucket()
    await driver.put(bucket, 'key', bytes)
    const full = await failureOf(driver.removeBucket(bucket))
    expect(driver.codeOf(full)).toBe('BucketNotEmpty')
    const gone = await failureOf(driver.put('no-such-bucket', 'key', bytes))
    expect(driver.codeOf(gone)).toBe('NoSuchBucket')
    const missing = await failureOf(driver.get(bucket, 'other'))
    expect(driver.codeOf(missing)).toBe('NoSuchKey')
    const unknown = await failureOf(driver.stat(bucket, 'other'))
    expect(driver.codeOf(unknown)).toBe('NotFound')
    await driver.remove(bucket, 'key')
    await driver.removeBucket(bucket)
  })
})

describeDrivers('objects', foreignDrivers, (fixture) => {
  it('gives back the bytes, the ETag, the type and the metadata', async () => {
    const { driver, newBucket } = fixture()
    const bucket = await newBucket()
    const options = { contentType: 'text/x-odd; charset=utf-8', metadata: { colour: 'red  one' } }
    expect(await driver.put(bucket, 'key', bytes, options)).toBe(md5(bytes))
    expect(await driver.stat(bucket, 'key')).toEqual({
      sizeBytes: bytes.length,
      etag: md5(bytes),
      contentType: 'text/x-odd; charset=utf-8',
      // Blanks inside a value are folded for the signature, not on the way.
      metadata: { colour: 'red  one' },
    })
    expect(await driver.get(bucket, 'key')).toEqual(bytes)
    await driver.remove(bucket, 'key')
    expect(driver.codeOf(await failureOf(driver.get(bucket, 'key')))).toBe('NoSuchKey')
  })

  it.each([0, 1, 65_536, 1024 * 1024 + 1])('stores %i bytes, whole and streamed', async (size) => {
    const { driver, newBucket } = fixture()
    const bucket = await newBucket()
    const data = Buffer.alloc(size, 'abcdefg')
    const pieces = [0, 1, 2, 3].map((part) =>
      data.subarray(Math.ceil((size * part) / 4), Math.ceil((size * (part + 1)) / 4)),
    )
    expect(await driver.put(bucket, 'whole', data)).toBe(md5(data))
    expect(md5(await driver.get(bucket, 'whole'))).toBe(md5(data))
    // Readable.from drops empty pieces; a stream of nothing is an empty object all the same.
    const filled = pieces.filter((piece) => piece.length > 0)
    expect(await driver.putStream(bucket, 'streamed', filled)).toBe(md5(data))
    expect(md5(await driver.get(bucket, 'streamed'))).toBe(md5(data))
  })

  it('reads ranges', async () => {
    const { driver, newBucket } = fixture()
    const bucket = await newBucket()
    await driver.put(bucket, 'key', bytes)
    const read = async (offset: number, length?: number): Promise<string> =>
      String(
        await driver.get(bucket, 'key', length === undefined ? { offset } : { offset, length }),
      )
    expect(await read(0, 6)).toBe('Twelve')
    expect(await read(7)).toBe('bytes')
    expect(await read(11, 100)).toBe('s')
    const beyond = await failureOf(read(12, 1))
    expect(driver.codeOf(beyond)).toBe('InvalidRange')
  })

  it('keeps conditions', async ({ skip }) => {
    const { driver, abilities, newBucket } = fixture()
    if (!abilities.has('conditions')) skip('this client has no conditions')
    const bucket = await newBucket()
    const etag = await driver.put(bucket, 'key', bytes, { onlyNew: true })
    const again = await failureOf(driver.put(bucket, 'key', Buffer.from('x'), { onlyNew: true }))
    expect(driver.codeOf(again)).toBe('PreconditionFailed')
    const same = await failureOf(driver.get(bucket, 'key', { ifNoneMatch: `"${etag}"` }))
    expect(driver.codeOf(same)).toBe('304')
    const other = await failureOf(driver.get(bucket, 'key', { ifMatch: '"0123"' }))
    expect(driver.codeOf(other)).toBe('PreconditionFailed')
    expect(await driver.get(bucket, 'key', { ifMatch: `"${etag}"` })).toEqual(bytes)
  })

  it('uploads in parts', async () => {
    const { driver, newBucket } = fixture()
    const bucket = await newBucket()
    const data = Buffer.alloc(11 * 1024 ** 2, '0123456789abc')
    await driver.putParts(bucket, 'parts', data)
    expect(md5(await driver.get(bucket, 'parts'))).toBe(md5(data))
    // minio-js makes parts of 64 MiB, whatever it is told.
    expect((await driver.stat(bucket, 'parts')).etag).toMatch(/^[0-9a-f]{32}-[13]$/)
  })
})

const names = ['a/1', 'a/2', 'b', 'c/d/e', 'c/d/f', 'c/g', 'z z+%2F', 'é']

async function filled({ driver, newBucket }: Fixture): Promise<string> {
  const bucket = await newBucket()
  for (const key of names) await driver.put(bucket, key, bytes)
  return bucket
}

/** In the order of their UTF-8 bytes. */
const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

describeDrivers('listings', foreignDrivers, (fixture) => {
  it.each([1, 2] as const)(
    'lists version %i in pages, by prefix and by folder',
    async (version) => {
      const { driver } = fixture()
      const bucket = await filled(fixture())
      const all = await driver.list(bucket, { version })
      expect(all).toEqual({ keys: sorted, prefixes: [], pages: 1 })
      const paged = await driver.list(bucket, { version, pageSize: 2 })
      expect(paged).toEqual({ keys: sorted, prefixes: [], pages: 4 })
      const folders = await driver.list(bucket, { version, folders: true })
      const top = sorted.filter((key) => !key.includes('/'))
      expect(folders).toEqual({ keys: top, prefixes: ['a/', 'c/'], pages: 1 })
      const below = await driver.list(bucket, { version, folders: true, prefix: 'c/', pageSize: 1 })
      expect(below).toEqual({ keys: ['c/g'], prefixes: ['c/d/'], pages: 2 })
    },
  )

  it('removes many', async () => {
    const { driver } = fixture()
    const bucket = await filled(fixture())
    await driver.removeMany(bucket, [...names.slice(1), 'was/never/there'])
    expect((await driver.list(bucket)).keys).toEqual(['a/1'])
  })
})

describeDrivers('presigned URLs', foreignDrivers, (fixture) => {
  it.each(['plain', 'sp ace/+%2F/é', "~!*'()"])('writes and reads %j', async (key) => {
    const { driver, newBucket } = fixture()
    const bucket = await newBucket()
    const put = await sendUrl(await driver.presignPut(bucket, key), 'PUT', bytes, {
      'content-type': 'text/plain',
    })
    expect(put.status).toBe(200)
    expect(await driver.stat(bucket, key)).toMatchObject({ contentType: 'text/plain' })
    const got = await sendUrl(await driver.presignGet(bucket, key))
    expect([got.status, got.body]).toEqual([200, bytes])
  })

  it('lets nobody use the URL of one method for another', async () => {
    const { driver, newBucket } = fixture()
    const bucket = await newBucket()
    await driver.put(bucket, 'key', bytes)
    const url = await driver.presignGet(bucket, 'key')
    for (const method of ['HEAD', 'PUT', 'DELETE', 'POST']) {
      expect((await sendUrl(url, method)).status).toBe(403)
    }
    expect(await driver.get(bucket, 'key')).toEqual(bytes)
  })
})
