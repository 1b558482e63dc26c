import { expect } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { forEach, inKeyOrder, rowsOf } from './harness/entries.ts'

conformance('listObjectsV2', (defineCase) => {
  defineCase('tells the owner where it is asked to', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'key', '')
    const [without] = await client.listObjectsV2(name).toArray()
    const [owned] = await client.listObjectsV2(name, { fetchOwner: true }).toArray()
    expect(without).toMatchObject({ object: 'key', owner: undefined })
    expect(owned).toMatchObject({ object: 'key', owner: { id: expect.stringMatching(/./) } })
  })

  defineCase(
    'tells metadata and tags where it is asked to',
    async ({ client, bucket }) => {
      const name = await bucket()
      const metadata = { colour: 'grün & <blau>', 'two-words': 'a b', empty: '' }
      await client.putObject(name, 'with', 'x', {
        contentType: 'text/x-test',
        metadata,
        tags: { a: '1', 'b+c': 'd e' },
      })
      await client.putObject(name, 'without', 'x')
      const options = { includeUserMetadata: true, pageSize: 1 } as const
      const [first, second] = await client.listObjectsV2(name, options).toArray()
      const stat = await client.statObject(name, 'with')
      expect(stat.metadata).toEqual(metadata)
      expect(first).toMatchObject({ object: 'with', sizeBytes: 1, userMetadata: metadata })
      if (first === undefined || first.isPrefix) throw new Error('no object')
      expect(Object.fromEntries(new URLSearchParams(first.userTags))).toEqual({
        a: '1',
        'b+c': 'd e',
      })
      expect(second).toMatchObject({ object: 'without', sizeBytes: 1 })
      const [plain] = await client.listObjectsV2(name).toArray()
      expect(plain).toMatchObject({ object: 'with', userMetadata: undefined, userTags: undefined })
    },
    { needs: ['metadata in listings'] },
  )

  defineCase('pages through 2000 keys, as the other listings do', async ({ client, bucket }) => {
    const name = await bucket()
    const keys = inKeyOrder(Array.from({ length: 2000 }, (_, at) => `${at % 7}/key ${at}+ü`))
    await forEach(keys, (key) => client.putObject(name, key, ''))
    const recursive = true
    expect(rowsOf(await client.listObjectsV2(name, { recursive }).toArray())).toEqual(keys)
    expect(rowsOf(await client.listObjects(name, { recursive }).toArray())).toEqual(keys)
    const versions = client.listObjectsV2(name, { recursive, includeVersions: true })
    expect(rowsOf(await versions.toArray())).toEqual(keys)
    const sizes: number[] = []
    const pages = client.listObjectsV2(name, { recursive, pageSize: 900 }).pages()
    for await (const { entries } of pages) sizes.push(entries.length)
    expect(sizes).toEqual([900, 900, 200])
    const prefixes = ['0/', '1/', '2/', '3/', '4/', '5/', '6/'].map((one) => `prefix: ${one}`)
    expect(rowsOf(await client.listObjectsV2(name).toArray())).toEqual(prefixes)
  })
})
