import { expect } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'

conformance('listBuckets', (defineCase) => {
  defineCase('tells names in order, and when each was made', async ({ client, bucketName }) => {
    const prefix = bucketName()
    const names = ['b', 'c', 'a'].map((end) => bucketName(() => `${prefix}-${end}`))
    const before = Date.now()
    for (const name of names) await client.makeBucket(name)
    const listed = await client.listBuckets().toArray()
    const mine = listed.filter(({ name }) => name.startsWith(prefix))
    expect(mine.map(({ name }) => name)).toEqual(names.toSorted())
    for (const { creationDate } of mine) {
      // Stores tell whole seconds, or run by a clock of their own.
      expect(Math.abs((creationDate?.getTime() ?? 0) - before)).toBeLessThan(60_000)
    }
  })

  defineCase('keeps names that look like numbers or truths', async ({ client, bucketName }) => {
    const names = [
      bucketName((random) => BigInt(`0x${random}`).toString().padStart(20, '0')),
      bucketName((random) => `1e5.${random}`),
      bucketName((random) => `true.${random}`),
      bucketName((random) => `0x1.${random}`),
    ]
    for (const name of names) await client.makeBucket(name)
    const listed = await client.listBuckets().toArray()
    const found = listed.map(({ name }) => name).filter((name) => names.includes(name))
    expect(found).toEqual(names.toSorted())
  })

  defineCase(
    'with a prefix tells those alone',
    async ({ client, bucketName }) => {
      const prefix = bucketName()
      const names = ['', '-x', '.y'].map((end) => bucketName(() => `${prefix}${end}`))
      for (const name of names) await client.makeBucket(name)
      await client.makeBucket(bucketName((random) => `other-${random}`))
      const namesOf = async (start: string): Promise<string[]> => {
        const listed = await client.listBuckets({ prefix: start }).toArray()
        return listed.map(({ name }) => name)
      }
      expect(await namesOf(prefix)).toEqual(names.toSorted())
      expect(await namesOf(`${prefix}-`)).toEqual([`${prefix}-x`])
      expect(await namesOf(`${prefix}-nothing`)).toEqual([])
      for (const strange of ['&<>"', 'a+b c%20', 'ü😀', '/']) {
        expect(await namesOf(strange), strange).toEqual([])
      }
    },
    { needs: ['list buckets by prefix'] },
  )

  defineCase(
    'comes in pages where it is asked to',
    async ({ client, bucketName }) => {
      const prefix = bucketName()
      const names = ['a', 'b', 'c', 'd', 'e'].map((end) => bucketName(() => `${prefix}-${end}`))
      for (const name of names) await client.makeBucket(name)
      const listing = client.listBuckets({ prefix, extraQueryParams: { 'max-buckets': '2' } })
      const pages: string[][] = []
      for await (const { entries } of listing.pages()) pages.push(entries.map(({ name }) => name))
      expect(pages.flat()).toEqual(names)
      expect(pages.map(({ length }) => length)).toEqual([2, 2, 1])
    },
    { needs: ['list buckets in pages'] },
  )

  defineCase('no longer tells what was removed', async ({ client, bucket }) => {
    const name = await bucket()
    await client.removeBucket(name)
    const listed = await client.listBuckets().toArray()
    expect(listed.map((one) => one.name)).not.toContain(name)
  })

  defineCase(
    'is refused to who has no keys',
    async ({ anonymous }) => {
      expect(await codeOf(anonymous().listBuckets().toArray())).toBe('AccessDenied')
    },
    { needs: ['keys to list buckets'] },
  )

  defineCase('refuses a prefix that is no text', async ({ newClient }) => {
    const list = newClient({}).listBuckets
    for (const prefix of [7, null, '\ud800']) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(list, client, [{ prefix }]),
        String(prefix),
      )
    }
  })
})
