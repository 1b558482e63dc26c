import { expect } from 'vitest'
import type { CorsRule } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { plainHttp } from './harness/plain-http.ts'
import { codeOf, expectRefusedLocally } from './harness/refusals.ts'

const needs = ['bucket cors'] as const

const rules: readonly CorsRule[] = [
  {
    id: 'app & <friends>',
    // In the order of bytes, in which Ceph gives them back.
    allowedOrigins: ['https://*.example.org', 'https://app.example.com'],
    allowedMethods: ['GET', 'PUT'],
    allowedHeaders: ['content-type', 'x-amz-*'],
    exposeHeaders: ['ETag', 'x-amz-version-id'],
    maxAgeSeconds: 600,
  },
  { allowedOrigins: ['*'], allowedMethods: ['HEAD'] },
]

conformance('setBucketCors', (defineCase) => {
  defineCase(
    'gives back what was set, and replaces it; one rule comes as a list',
    async ({ client, bucket }) => {
      const name = await bucket()
      for (const form of [rules, rules.slice(1), rules.slice(0, 1)]) {
        await client.setBucketCors(name, form)
        const stored = await client.getBucketCors(name)
        expect(stored).toMatchObject(form)
        expect(stored).toHaveLength(form.length)
        await client.setBucketCors(name, stored)
        expect(await client.getBucketCors(name)).toEqual(stored)
      }
    },
    { needs },
  )

  defineCase(
    'answers preflights of the pages that may, and of no others',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.setBucketCors(name, rules)
      const url = await client.presignedPutObject(name, 'key')
      const preflight = (origin: string, method: string) =>
        plainHttp(url, {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': method },
        })
      const allowed = await preflight('https://app.example.com', 'PUT')
      expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([
        200,
        'https://app.example.com',
      ])
      expect((await preflight('https://evil.example.com', 'PUT')).status).toBe(403)
      expect((await preflight('https://app.example.com', 'DELETE')).status).toBe(403)
      await client.deleteBucketCors(name)
      expect((await preflight('https://app.example.com', 'PUT')).status).toBe(403)
    },
    { needs },
  )

  defineCase(
    'surfaces what the store refuses, and keeps what was there',
    async ({ client, bucket, bucketName }) => {
      const name = await bucket()
      await client.setBucketCors(name, rules)
      const refused = ['InvalidRequest', 'MalformedXML']
      const wrong = [{ allowedOrigins: ['*'], allowedMethods: ['PATCH'] }]
      expect(refused).toContain(await codeOf(client.setBucketCors(name, wrong)))
      const stars = [{ allowedOrigins: ['https://*.*.com'], allowedMethods: ['GET'] }]
      expect(refused).toContain(await codeOf(client.setBucketCors(name, stars)))
      expect(await client.getBucketCors(name)).toHaveLength(2)
      expect(await codeOf(client.setBucketCors(bucketName(), rules))).toBe('NoSuchBucket')
    },
    { needs },
  )

  defineCase('refuses wrong rules without a request', async ({ newClient, bucket }) => {
    const name = await bucket()
    const set = newClient({}).setBucketCors
    const good = { allowedOrigins: ['*'], allowedMethods: ['GET'] }
    const wrong: readonly unknown[] = [
      undefined,
      {},
      [],
      Array.from({ length: 101 }, () => good),
      ['text'],
      [{ allowedOrigins: ['*'] }],
      [{ ...good, allowedMethods: [] }],
      [{ ...good, allowedOrigins: '*' }],
      [{ ...good, allowedHeaders: [7] }],
      [{ ...good, maxAgeSeconds: -1 }],
      [{ ...good, maxAge: 1 }],
    ]
    for (const value of wrong) {
      await expectRefusedLocally(
        newClient,
        (client) => Reflect.apply(set, client, [name, value]),
        JSON.stringify(value) ?? 'undefined',
      )
    }
  })
})

conformance('getBucketCors', (defineCase) => {
  defineCase(
    'says that nothing is set',
    async ({ client, bucket, bucketName }) => {
      expect(await codeOf(client.getBucketCors(await bucket()))).toBe('NoSuchCORSConfiguration')
      expect(await codeOf(client.getBucketCors(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})

conformance('deleteBucketCors', (defineCase) => {
  defineCase(
    'is done where nothing is set',
    async ({ client, bucket, bucketName }) => {
      const name = await bucket()
      await client.deleteBucketCors(name)
      await client.setBucketCors(name, rules)
      await client.deleteBucketCors(name)
      expect(await codeOf(client.getBucketCors(name))).toBe('NoSuchCORSConfiguration')
      expect(await codeOf(client.deleteBucketCors(bucketName()))).toBe('NoSuchBucket')
    },
    { needs },
  )
})
