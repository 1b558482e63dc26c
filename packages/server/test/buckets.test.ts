import { describe, expect, it } from 'vitest'

import { setVersioning } from './support/documents.ts'
import type { RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

function names({ text }: RawResponse): string[] {
  return [...text.matchAll(/<Name>([^<]*)<\/Name>/g)].map((match) => match[1] ?? '')
}

function token({ text }: RawResponse): string {
  return /<ContinuationToken>([^<]*)</.exec(text)?.[1] ?? ''
}

describeServers('buckets', (fixture) => {
  const send = (method: string, bucket: string, more = {}): Promise<RawResponse> =>
    fixture().client.send({ method, bucket, ...more })

  it('makes, finds and removes one', async () => {
    expect(await send('HEAD', 'first-one')).toMatchObject({ status: 404, text: '' })
    const made = await send('PUT', 'first-one')
    expect(made).toMatchObject({ status: 200, headers: { location: '/first-one' } })
    const found = await send('HEAD', 'first-one')
    expect(found).toMatchObject({ status: 200, headers: { 'x-amz-bucket-region': 'us-east-1' } })
    expect((await send('PUT', 'first-one')).code).toBe('BucketAlreadyOwnedByYou')
    expect(await send('DELETE', 'first-one')).toMatchObject({ status: 204 })
    expect((await send('DELETE', 'first-one')).code).toBe('NoSuchBucket')
  })

  it('is made once when many make it at once', async () => {
    const makers = Array.from({ length: 8 }, () => send('PUT', 'many-makers'))
    const statuses = (await Promise.all(makers)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(7)
  })

  it.each(['ab', 'A-bucket', 'under_score', '127.0.0.1', 'a..b', 'xn--x', 'x'.repeat(64)])(
    'is not called %s',
    async (bucket) => {
      expect((await send('PUT', bucket)).code).toBe('InvalidBucketName')
    },
  )

  it('is not removed while it holds an object', async () => {
    await send('PUT', 'holding')
    await fixture().client.put('holding', 'key', 'x')
    expect((await send('DELETE', 'holding')).code).toBe('BucketNotEmpty')
    await send('DELETE', 'holding', { key: 'key' })
    expect((await send('DELETE', 'holding')).status).toBe(204)
  })

  it('is removed with all it holds where that is asked for', async () => {
    await send('PUT', 'forced')
    await fixture().client.put('forced', 'key', 'x'.repeat(5000))
    await setVersioning(fixture().client, 'forced', 'Enabled')
    await fixture().client.put('forced', 'key', 'y')
    await send('DELETE', 'forced', { key: 'other' })
    const headers = { 'x-minio-force-delete': 'true' }
    expect((await send('DELETE', 'forced', { headers, signed: false })).status).toBe(403)
    expect((await send('DELETE', 'forced', { headers })).status).toBe(204)
    await send('PUT', 'forced')
    expect((await send('GET', 'forced', { query: { versions: '' } })).text).not.toContain('<Key>')
    expect((await fixture().client.get('forced', 'key')).code).toBe('NoSuchKey')
    expect((await send('DELETE', 'forced')).status).toBe(204)
  })

  it('loses no acknowledged object to its removal', async () => {
    for (let round = 0; round < 10; round += 1) {
      await send('PUT', 'contested')
      const [put, removed] = await Promise.all([
        fixture().client.put('contested', 'key', 'x'),
        send('DELETE', 'contested'),
      ])
      expect([put.status, removed.status]).toEqual(put.status === 200 ? [200, 409] : [404, 204])
      await send('DELETE', 'contested', { key: 'key' })
      await send('DELETE', 'contested')
    }
  })

  describe('location', () => {
    const document = (region: string): string =>
      `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
      `<LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`

    it('is here, or nowhere', async () => {
      const body = document('us-east-1')
      expect((await send('PUT', 'located', { body })).status).toBe(200)
      const { text } = await send('GET', 'located', { query: { location: '' } })
      expect(text).toMatch(/<LocationConstraint[^>]*(\/>|><\/LocationConstraint>)/)
      const elsewhere = await send('PUT', 'elsewhere', { body: document('eu-west-1') })
      expect(elsewhere.code).toBe('IllegalLocationConstraintException')
    })

    it.each(['<x', '<Other/>', '\xff', '<!DOCTYPE a><CreateBucketConfiguration/>'])(
      'refuses the document %j',
      async (body) => {
        const bytes = Buffer.from(body, 'latin1')
        expect((await send('PUT', 'malformed', { body: bytes })).code).toBe('MalformedXML')
        expect((await send('HEAD', 'malformed')).status).toBe(404)
      },
    )

    it('refuses a document that is too large', async () => {
      const body = document('x'.repeat(70_000))
      expect((await send('PUT', 'too-large', { body })).code).toBe('EntityTooLarge')
    })
  })

  it('answers the empty versioning configuration', async () => {
    await send('PUT', 'versioned')
    const { status, text } = await send('GET', 'versioned', { query: { versioning: '' } })
    expect(status).toBe(200)
    expect(text).toContain('<VersioningConfiguration')
    expect(text).not.toContain('Status')
  })

  describe('listing', () => {
    const list = (query: Record<string, string>): Promise<RawResponse> =>
      fixture().client.send({ query })

    it('has names in order, by prefix and in pages', async () => {
      for (const bucket of ['list-c', 'list-a', 'list-b']) await send('PUT', bucket)
      const all = await list({ prefix: 'list-' })
      expect(names(all)).toEqual(['list-a', 'list-b', 'list-c'])
      expect(token(all)).toBe('')
      const first = await list({ prefix: 'list-', 'max-buckets': '2' })
      expect(names(first)).toEqual(['list-a', 'list-b'])
      const second = await list({ prefix: 'list-', 'continuation-token': token(first) })
      expect(names(second)).toEqual(['list-c'])
    })

    it.each([{ 'max-buckets': '0' }, { 'max-buckets': 'x' }, { 'continuation-token': 'bGlzdA' }])(
      'refuses %j',
      async (query) => {
        expect((await list(query)).code).toBe('InvalidArgument')
      },
    )
  })
})

describeServers(
  'buckets in another region',
  (fixture) => {
    it('tells the region', async () => {
      const { client } = fixture()
      await client.makeBucket('regional')
      const location = await client.send({ bucket: 'regional', query: { location: '' } })
      expect(location.text).toContain('>eu-west-1<')
      const head = await client.send({ method: 'HEAD', bucket: 'regional' })
      expect(head.headers['x-amz-bucket-region']).toBe('eu-west-1')
    })
  },
  { region: 'eu-west-1' },
)
