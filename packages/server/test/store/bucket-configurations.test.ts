import { describe, expect, it } from 'vitest'

import { openMemoryDatabase } from '../../src/store/database.ts'
import { Buckets } from '../../src/store/buckets.ts'
import { KeyedLocks } from '../../src/store/keyed-locks.ts'

const bucket = { createdMs: 0, region: 'us-east-1' }
const versioning = { status: 'Enabled', excludedPrefixes: [] } as const
const tagging = { tags: [{ key: 'a', value: 'b' }] }

async function openBuckets(database = openMemoryDatabase()): Promise<Buckets> {
  const buckets = new Buckets(await database, new KeyedLocks())
  await buckets.load()
  return buckets
}

describe('bucket configurations', () => {
  it('belong to one bucket and are of one kind', async () => {
    const buckets = await openBuckets()
    await buckets.create('first', bucket)
    await buckets.create('second', bucket)
    await buckets.configurations.set('first', 'versioning', versioning)
    expect(buckets.configurations.find('first', 'versioning')).toEqual(versioning)
    expect(buckets.configurations.find('first', 'tagging')).toBeUndefined()
    expect(buckets.configurations.find('second', 'versioning')).toBeUndefined()
    await buckets.configurations.remove('first', 'versioning')
    expect(buckets.configurations.find('first', 'versioning')).toBeUndefined()
  })

  it('are read again at the next start', async () => {
    const database = openMemoryDatabase()
    const buckets = await openBuckets(database)
    await buckets.create('first', bucket, { versioning })
    await buckets.configurations.set('first', 'tagging', tagging)
    await buckets.configurations.remove('first', 'versioning')
    const { configurations } = await openBuckets(database)
    expect(configurations.find('first', 'tagging')).toEqual(tagging)
    expect(configurations.find('first', 'versioning')).toBeUndefined()
  })

  it('go with their bucket', async () => {
    const database = openMemoryDatabase()
    const buckets = await openBuckets(database)
    await buckets.create('first', bucket, { versioning, tagging })
    await buckets.remove('first', () => Promise.resolve([]))
    await buckets.create('first', bucket)
    expect(buckets.configurations.find('first', 'versioning')).toBeUndefined()
    const { configurations } = await openBuckets(database)
    expect(configurations.find('first', 'tagging')).toBeUndefined()
  })

  it('need a bucket', async () => {
    const { configurations } = await openBuckets()
    const setting = configurations.set('missing', 'tagging', tagging)
    await expect(setting).rejects.toMatchObject({ code: 'NoSuchBucket' })
    expect(configurations.find('missing', 'tagging')).toBeUndefined()
  })

  it('are decided on one after the other', async () => {
    const buckets = await openBuckets()
    await buckets.create('first', bucket)
    const append = (key: string): Promise<void> =>
      buckets.configurations.change('first', 'tagging', (current) => ({
        tags: [...(current?.tags ?? []), { key, value: '' }],
      }))
    await Promise.all(['a', 'b', 'c'].map((key) => append(key)))
    expect(buckets.configurations.find('first', 'tagging')?.tags).toHaveLength(3)
  })
})
