import { expect, it } from 'vitest'

import { S3Failure } from '../../src/failure.ts'
import type { BlobReader, MissingBlob } from '../../src/store/blobs.ts'
import { Buckets } from '../../src/store/buckets.ts'
import { openMemoryDatabase } from '../../src/store/database.ts'
import { KeyedLocks } from '../../src/store/keyed-locks.ts'
import { MemoryBlobs } from '../../src/store/memory-blobs.ts'
import { Objects } from '../../src/store/objects.ts'
import { randomId } from '../../src/store/store.ts'

it('lets the bytes go when the record cannot be read again', async () => {
  let isClosed = false
  let held = 0
  class Blobs extends MemoryBlobs {
    override async open(
      ...segments: Parameters<MemoryBlobs['open']>
    ): Promise<BlobReader | MissingBlob> {
      const reader = await super.open(...segments)
      if ('missing' in reader) return reader
      // Another object is removed, and the database is closed: it has met a failure of the disk.
      this.remove([])
      isClosed = true
      held += 1
      return { read: (from, length) => reader.read(from, length), close: () => (held -= 1) }
    }
  }
  const memory = await openMemoryDatabase()
  const database: typeof memory = {
    ...memory,
    get: async (name) => {
      if (isClosed) throw new S3Failure('ServiceUnavailable')
      return memory.get(name)
    },
  }
  const locks = new KeyedLocks()
  const buckets = new Buckets(database, locks)
  const blobs = new Blobs(randomId)
  const objects = new Objects({
    database,
    blobs,
    buckets,
    locks,
    nextSequence: () => 1,
    newId: randomId,
  })
  const now = (): Date => new Date(0)
  await buckets.create('bucket', { createdMs: 0, region: '' })
  const writer = blobs.create()
  await writer.write(Buffer.from('bytes'))
  const { segment, writes } = await writer.finish({ bucket: 'bucket', key: 'key', writtenMs: 0 })
  const draft = { etag: '', headers: [], metadata: [], storageClass: 'STANDARD', checksums: [] }
  const content = { segments: [segment], writes }
  await objects.put('bucket', 'key', draft, content, now, () => undefined)
  await expect(objects.open('bucket', 'key', undefined)).rejects.toMatchObject({
    code: 'ServiceUnavailable',
  })
  expect(held).toBe(0)
})
