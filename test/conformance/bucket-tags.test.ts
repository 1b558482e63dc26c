import { expect } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'

function manyTags(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`key ${at}`, `${at}`]))
}

/** A store may give tags in any order. */
function sorted(tags: Readonly<Record<string, string>>): string[] {
  return Object.entries(tags)
    .map((tag) => JSON.stringify(tag))
    .toSorted()
}

conformance('setBucketTags', (defineCase) => {
  defineCase('gives back what was set, and replaces it', async ({ client, bucket }) => {
    const name = await bucket()
    const forms: Record<string, string>[] = [
      { one: '1' },
      { 'a b': 'c d', 'ü/汉字': 'é', signs: '_.:/=+-@', empty: '' },
      manyTags(50),
      { ['k'.repeat(128)]: 'v'.repeat(256) },
      JSON.parse('{"__proto__": "a", "constructor": "b", "toString": "c"}'),
    ]
    for (const tags of forms) {
      await client.setBucketTags(name, tags)
      expect(sorted(await client.getBucketTags(name))).toEqual(sorted(tags))
    }
  })

  defineCase(
    'surfaces what the store refuses, and keeps what was there',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.setBucketTags(name, { kept: 'yes' })
      expect(await codeOf(client.setBucketTags(name, { 'aws:reserved': 'x' }))).toBe('InvalidTag')
      expect(await client.getBucketTags(name)).toEqual({ kept: 'yes' })
    },
    { needs: ['reserved tags'] },
  )

  defineCase('says that the bucket is missing', async ({ client, bucketName }) => {
    expect(await codeOf(client.setBucketTags(bucketName(), { a: 'b' }))).toBe('NoSuchBucket')
  })

  defineCase('refuses wrong tags without a request', async ({ newClient, bucket }) => {
    const name = await bucket()
    const set = newClient({}).setBucketTags
    const wrong: readonly unknown[] = [
      undefined,
      null,
      'a=b',
      ['a'],
      { a: 1 },
      { '': 'no key' },
      { ['k'.repeat(129)]: '' },
      { a: 'v'.repeat(257) },
      manyTags(51),
      { a: '\ud800' },
    ]
    for (const tags of wrong) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(set, client, [name, tags]),
        JSON.stringify(tags) ?? 'undefined',
      )
    }
  })
})

conformance('getBucketTags', (defineCase) => {
  defineCase('is empty where there are none', async ({ client, bucket, bucketName }) => {
    expect(Object.keys(await client.getBucketTags(await bucket()))).toEqual([])
    expect(await codeOf(client.getBucketTags(bucketName()))).toBe('NoSuchBucket')
  })

  defineCase('is refused to who has no keys', async ({ anonymous, bucket }) => {
    expect(await codeOf(anonymous().getBucketTags(await bucket()))).toBe('AccessDenied')
  })
})

conformance('deleteBucketTags', (defineCase) => {
  defineCase('removes all, and is done where there are none', async (context) => {
    const { client, bucket, bucketName } = context
    const name = await bucket()
    await client.deleteBucketTags(name)
    await client.setBucketTags(name, { a: '1', b: '2' })
    await client.deleteBucketTags(name)
    expect(await client.getBucketTags(name)).toEqual({})
    expect(await codeOf(client.deleteBucketTags(bucketName()))).toBe('NoSuchBucket')
  })
})
