import { decodeUrlEncoded, decodeXml, listObjectsV2Document } from '@stowage/protocol'
import type { Client } from 'stowage'
import { expect } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { forEach, inKeyOrder } from './harness/entries.ts'
import { plainHttp } from './harness/plain-http.ts'

const keys = [
  'a/b/c',
  'a/b',
  'a b',
  'a%b%c',
  'a.b',
  'a\nb',
  'ab',
  'b😀c',
  'b😀d',
  '/x',
  '%',
  'z',
] as const

/** What a store says of a level, with a delimiter that the client's listings do not use. */
async function levelOf(
  client: Client,
  bucket: string,
  options: { readonly delimiter: string; readonly prefix: string },
): Promise<string[]> {
  const extraQueryParams = { 'list-type': '2', 'encoding-type': 'url', ...options }
  const url = await client.presignedUrl('GET', bucket, undefined, { extraQueryParams })
  const { entries } = decodeUrlEncoded(
    decodeXml(listObjectsV2Document, (await plainHttp(url)).body),
  )
  // Some stores give objects and prefixes one after the other.
  const [prefixes, objects] = [true, false].map((isPrefix) =>
    entries.flatMap((entry) => {
      if (entry.isPrefix !== isPrefix) return []
      return [entry.isPrefix ? `prefix: ${entry.prefix}` : entry.object]
    }),
  )
  return [...(prefixes ?? []), ...(objects ?? [])]
}

/** The same, by what delimiters mean. */
function expectedLevel(delimiter: string, prefix: string): string[] {
  const prefixes = new Set<string>()
  const objects: string[] = []
  for (const key of keys.filter((one) => one.startsWith(prefix))) {
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    if (at < 0) objects.push(key)
    else prefixes.add(`prefix: ${key.slice(0, at + delimiter.length)}`)
  }
  return [...inKeyOrder([...prefixes]), ...inKeyOrder(objects)]
}

conformance('delimiters of listings', (defineCase) => {
  defineCase(
    'may be any text',
    async ({ client, bucket }) => {
      const name = await bucket()
      await forEach(keys, (key) => client.putObject(name, key, ''))
      for (const delimiter of ['/', 'a', '%', ' ', '.', '\n', '😀', 'b/', 'absent', '']) {
        for (const prefix of ['', 'a', 'a/', 'b', '%', 'absent']) {
          const label = JSON.stringify([delimiter, prefix])
          const level = await levelOf(client, name, { delimiter, prefix })
          expect(level, label).toEqual(expectedLevel(delimiter, prefix))
        }
      }
    },
    { needs: ['hostile keys'] },
  )
})
