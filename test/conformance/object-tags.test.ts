import { expect } from 'vitest'
import { InvalidArgumentError } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { refusal, rejection } from './harness/content.ts'

function numbered(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, `v${index}`]))
}

conformance('object tags', (defineCase) => {
  defineCase('set, get, replace, delete', async ({ client, bucket }) => {
    const name = await bucket()
    const { etag } = await client.putObject(name, 'a', 'a', { metadata: { b: 'c' } })
    const tags = async () => ({ ...(await client.getObjectTags(name, 'a')) })
    expect(await tags()).toEqual({})
    for (const wanted of [
      { 'a b+c': 'd=e:f/@', empty: '', ключ: 'значение' },
      numbered(10),
      { ['k'.repeat(128)]: 'v'.repeat(256) },
    ]) {
      await client.setObjectTags(name, 'a', wanted)
      expect(await tags()).toEqual(wanted)
    }
    await client.deleteObjectTags(name, 'a')
    await client.deleteObjectTags(name, 'a')
    expect(await tags()).toEqual({})
    const stat = await client.statObject(name, 'a')
    expect([stat.etag, stat.metadata['b']]).toEqual([etag, 'c'])
  })

  defineCase('refuse what S3 does not take', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'a')
    for (const wrong of [
      numbered(11),
      { ['k'.repeat(129)]: '' },
      { k: 'v'.repeat(257) },
      { '': 'v' },
    ]) {
      const set = client.setObjectTags(name, 'a', wrong)
      expect(await rejection(set)).toBeInstanceOf(InvalidArgumentError)
    }
    const absent = client.setObjectTags(name, 'absent', { a: 'b' })
    expect(await refusal(absent)).toBe('404 NoSuchKey')
    expect(await refusal(client.getObjectTags(name, 'absent'))).toBe('404 NoSuchKey')
  })

  defineCase('do not outlive the object', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'a')
    await client.setObjectTags(name, 'a', { b: 'c' })
    await client.putObject(name, 'a', 'new')
    expect({ ...(await client.getObjectTags(name, 'a')) }).toEqual({})
  })

  defineCase(
    'belong to a version',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const { versionId } = await client.putObject(name, 'a', 'first')
      await client.putObject(name, 'a', 'second')
      await client.setObjectTags(name, 'a', { of: 'first' }, { versionId })
      await client.setObjectTags(name, 'a', { of: 'second' })
      expect({ ...(await client.getObjectTags(name, 'a')) }).toEqual({ of: 'second' })
      expect({ ...(await client.getObjectTags(name, 'a', { versionId })) }).toEqual({ of: 'first' })
      await client.deleteObjectTags(name, 'a', { versionId })
      expect({ ...(await client.getObjectTags(name, 'a', { versionId })) }).toEqual({})
      expect({ ...(await client.getObjectTags(name, 'a')) }).toEqual({ of: 'second' })
    },
    { needs: ['versions'] },
  )
})
