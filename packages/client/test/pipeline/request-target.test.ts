import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyRequest } from '@stowage/protocol'
import { vectors } from '../../../../test/support/vectors.ts'
import { httpReply, ScriptedServer } from '../../../../test/support/scripted-server.ts'
import type { Client } from '../../src/client.ts'
import { failureOf, clientOf, keys } from '../support/assembled.ts'

interface HostileKey {
  readonly key: string | null
  readonly key_recipe: string | null
  readonly raw_request_target_path_style: string | null
}

/** Those that no clone may be without. */
const own: readonly (readonly [key: string, target: string])[] = [
  ['..', '/bkt/..'],
  ['../b', '/bkt/../b'],
  ['a/../../b', '/bkt/a/../../b'],
  ['.', '/bkt/.'],
  ['a/./b', '/bkt/a/./b'],
  ['a/%2e%2e/b', '/bkt/a/%252e%252e/b'],
  ['/lead', '/bkt//lead'],
  ['a//b', '/bkt/a//b'],
  ['a+b c', '/bkt/a%2Bb%20c'],
  ['a?b#c&d', '/bkt/a%3Fb%23c%26d'],
  ["~!*'()", '/bkt/~%21%2A%27%28%29'],
  ['100%', '/bkt/100%25'],
  ['été/😀', '/bkt/%C3%A9t%C3%A9/%F0%9F%98%80'],
  ['e\u0301', '/bkt/e%CC%81'],
  ['a\r\nb', '/bkt/a%0D%0Ab'],
  ['a\u0000b', '/bkt/a%00b'],
  ['a\\b', '/bkt/a%5Cb'],
]

/** `'kk'... 1024 chars` is written as a recipe in the vectors. */
function keyOf({ key, key_recipe: recipe }: HostileKey): string {
  if (key !== null) return key
  const [, unit = '', count = '0'] = /^'(.*)'\.\.\. (\d+) chars$/u.exec(recipe ?? '') ?? []
  return unit.repeat(Number(count)).slice(0, Number(count))
}

const published = (vectors<{ keys: HostileKey[] }>('own/hostile-keys.json')?.keys ?? []).map(
  (row): readonly [string, string | null] => [keyOf(row), row.raw_request_target_path_style],
)
const rows = [...own, ...published]

describe('the request target', () => {
  let server: ScriptedServer
  let client: Client
  beforeAll(async () => {
    server = await ScriptedServer.start([httpReply(200, { etag: '"e"' })])
    client = clientOf(server.endpoint)
  })
  afterAll(async () => {
    await client.close()
    await server.close()
  })

  it.skipIf(published.length === 0)('covers all published keys, where they are', () => {
    expect(published).toHaveLength(90)
  })

  it.each(rows)('is exact for %j in every operation', async (key, expected) => {
    const first = server.requests.length
    await client.putObject('bkt', key, 'x')
    await client.statObject('bkt', key)
    await (await client.getObject('bkt', key)).bytes()
    await client.removeObject('bkt', key)
    const seen = server.requests.slice(first)
    expect(seen.map(({ method }) => method)).toEqual(['PUT', 'HEAD', 'GET', 'DELETE'])
    const target = expected ?? `/bkt/${encodeURIComponent(key).replaceAll('%2F', '/')}`
    expect(seen.map((request) => request.target)).toEqual([target, target, target, target])
  })

  it.each(rows)('of presigned URLs for %j holds the same path, signed', async (key, expected) => {
    const url = await client.presignedGetObject('bkt', key, { versionId: 'x&acl?' })
    expect(url.startsWith(`${server.endpoint}/`)).toBe(true)
    const target = url.slice(server.endpoint.length)
    const [path, query, ...more] = target.split('?')
    expect(more).toEqual([])
    if (expected !== null) expect(path).toBe(expected)
    expect(query?.split('&')).toContain('versionId=x%26acl%3F')
    const verdict = verifyRequest(
      { method: 'GET', target, headers: [['host', `127.0.0.1:${server.port}`]] },
      { region: 'us-east-1', now: new Date(), credentialsFor: () => keys },
    )
    expect(verdict).toMatchObject({ kind: 'signed', presigned: true })
  })

  it.each(['', 'x'.repeat(1025), 'é'.repeat(513), '\ud800', 'a\udc00b'])(
    'is never built for the impossible key %j',
    async (key) => {
      const first = server.requests.length
      const calls = [
        client.putObject('bkt', key, 'x'),
        client.statObject('bkt', key),
        client.getObject('bkt', key),
        client.removeObject('bkt', key),
        client.presignedGetObject('bkt', key),
        client.presignedPutObject('bkt', key),
      ]
      for (const call of calls) {
        expect(await failureOf(call)).toMatchObject({
          name: 'InvalidArgumentError',
          argument: 'object',
        })
      }
      expect(server.requests).toHaveLength(first)
    },
  )
})
