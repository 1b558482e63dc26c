import { beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { routes, type Level } from '../src/route-table.ts'
import { RawClient, type RawRequest, type RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const secretKey = 'secret-of-a-user'
const users = [{ accessKey: 'alice', secretKey }]

/** Every route of the server, so that a new one cannot be forgotten. */
const allRoutes = (['service', 'bucket', 'object'] as const).flatMap((level) =>
  [...routes[level]].flatMap(([selector, methods]) =>
    [...methods.keys()].map((method): [string, string, Level] => [method, selector, level]),
  ),
)

describeServers(
  'permission',
  (fixture) => {
    const bucket = 'guarded'
    const itself = `arn:aws:s3:::${bucket}`
    let root: RawClient
    let alice: RawClient

    beforeAll(async () => {
      root = fixture().client
      alice = new RawClient({ ...root.server, accessKey: 'alice', secretKey })
      await root.makeBucket(bucket)
      await root.makeBucket('source')
      await root.put('source', 'open', 'open')
      await root.put('source', 'secret', 'secret')
    })

    beforeEach(async () => {
      await govern(bucket)
      await root.put(bucket, 'key', 'content', { 'x-amz-tagging': 'team=red' })
    })

    async function govern(name: string, ...statements: object[]): Promise<void> {
      const query = { policy: '' }
      if (statements.length === 0) {
        await root.send({ method: 'DELETE', bucket: name, query })
        return
      }
      const body = JSON.stringify({ Version: '2012-10-17', Statement: statements })
      expect(await root.send({ method: 'PUT', bucket: name, query, body })).toMatchObject({
        status: 204,
      })
    }

    function allow(action: string | string[], resource: string, more: object = {}): object {
      return {
        Effect: 'Allow',
        Principal: { AWS: 'alice' },
        Action: action,
        Resource: resource,
        ...more,
      }
    }

    function requestOf(method: string, selector: string, level: Level): RawRequest {
      const isHeader = selector.startsWith('x-amz-')
      return {
        method,
        bucket: level === 'service' ? '' : bucket,
        key: level === 'object' ? 'key' : '',
        query:
          selector === '' || isHeader ? {} : { [selector]: selector === 'list-type' ? '2' : '' },
        headers: isHeader ? { [selector]: '/source/secret' } : {},
      }
    }

    it.each(allRoutes)('is refused to strangers and to users: %s ?%s of a %s', async (...route) => {
      const request = requestOf(...route)
      for (const client of [root, alice]) {
        const answer = await client.send({ ...request, signed: client === alice })
        // A form says who sends it only inside.
        const isForm = route[0] === 'POST' && route[1] === '' && route[2] === 'bucket'
        expect(answer.status).toBe(isForm ? 400 : 403)
      }
      expect((await root.get(bucket, 'key')).text).toBe('content')
    })

    describe('to copy', () => {
      const copy = (source: string, more: RawRequest = {}): Promise<RawResponse> =>
        alice.send({
          method: 'PUT',
          bucket,
          key: 'copy',
          headers: { 'x-amz-copy-source': source },
          ...more,
        })

      it('needs reading the source and writing the target', async () => {
        await govern('source', allow('s3:GetObject', 'arn:aws:s3:::source/open'))
        expect((await copy('/source/open')).code).toBe('AccessDenied')
        await govern(bucket, allow('s3:PutObject', `${itself}/*`))
        expect((await copy('/source/open')).status).toBe(200)
        expect((await copy('source/secret')).code).toBe('AccessDenied')
        expect((await copy('source/open?versionId=null')).code).toBe('AccessDenied')
        expect((await copy('source%2Fopen')).status).toBe(200)
        expect((await copy('/source/missing')).code).toBe('AccessDenied')
        await govern('source', allow('s3:GetObject', 'arn:aws:s3:::source/*'))
        expect((await copy('/source/missing')).code).toBe('AccessDenied')
        expect((await copy('source%2Fmissing')).code).toBe('AccessDenied')
        await govern(
          'source',
          allow('s3:GetObject', 'arn:aws:s3:::source/*'),
          allow('s3:ListBucket', 'arn:aws:s3:::source'),
        )
        // To list the target is another permission.
        expect((await copy('/source/missing')).code).toBe('AccessDenied')
        await govern(bucket, allow('s3:PutObject', `${itself}/*`), allow('s3:ListBucket', itself))
        expect((await copy('/source/missing')).code).toBe('NoSuchKey')
        await govern('source')
      })

      it('may be tied to a source and a directive', async () => {
        const condition = {
          StringLike: { 's3:x-amz-copy-source': 'source/op*' },
          StringEquals: { 's3:x-amz-metadata-directive': 'REPLACE' },
        }
        await govern('source', allow('s3:GetObject', 'arn:aws:s3:::source/*'))
        await govern(bucket, allow('s3:PutObject', `${itself}/*`, { Condition: condition }))
        const replace = (source: string): Promise<RawResponse> => {
          const directive = { 'x-amz-metadata-directive': 'REPLACE' }
          return copy(source, { headers: { 'x-amz-copy-source': source, ...directive } })
        }
        expect((await replace('/source/open')).status).toBe(200)
        expect((await replace('source%2Fopen')).status).toBe(200)
        expect((await replace('/source/secret')).status).toBe(403)
        expect((await copy('/source/open')).status).toBe(403)
        await govern('source')
      })

      it('is judged by the source that is read, however it is written', async () => {
        await root.put('source', 'ü1', 'x')
        const denied = { StringLike: { 's3:x-amz-copy-source': 'source/ü*' } }
        const put = allow('s3:PutObject', `${itself}/*`)
        await govern('source', allow('s3:GetObject', 'arn:aws:s3:::source/*'))
        await govern(bucket, put, { ...put, Effect: 'Deny', Condition: denied })
        const raw = Buffer.from('source/ü1').toString('latin1')
        for (const source of [raw, `/${raw}`, 'source/%C3%BC1', '/source%2f%c3%bc1']) {
          expect((await copy(source)).code).toBe('AccessDenied')
        }
        expect((await copy('source/open')).status).toBe(200)
        await govern('source')
      })
    })

    it('to delete is another one for a version', async () => {
      await govern(bucket, allow('s3:DeleteObject', `${itself}/*`))
      const remove = (query: Record<string, string>): Promise<RawResponse> =>
        alice.send({ method: 'DELETE', bucket, key: 'key', query })
      expect((await remove({ versionId: 'null' })).code).toBe('AccessDenied')
      expect((await remove({})).status).toBe(204)
      await govern(bucket, allow('s3:DeleteObjectVersion', `${itself}/*`))
      expect((await remove({})).code).toBe('AccessDenied')
      expect((await remove({ versionId: 'null' })).status).toBe(204)
    })

    it('to tag is another one than to put', async () => {
      await govern(bucket, allow('s3:PutObject', `${itself}/*`))
      const tagged = { 'x-amz-tagging': 'team=blue' }
      expect((await alice.put(bucket, 'key', 'x', tagged)).code).toBe('AccessDenied')
      expect((await root.get(bucket, 'key')).text).toBe('content')
      await govern(bucket, allow(['s3:PutObject', 's3:PutObjectTagging'], `${itself}/*`))
      expect((await alice.put(bucket, 'key', 'x', tagged)).status).toBe(200)
      const blue = { StringEquals: { 's3:RequestObjectTag/team': 'blue' } }
      const actions = ['s3:PutObject', 's3:PutObjectTagging']
      await govern(bucket, allow(actions, `${itself}/*`, { Condition: blue }))
      expect((await alice.put(bucket, 'key', 'x', tagged)).status).toBe(200)
      const red = { 'x-amz-tagging': 'team=red' }
      expect((await alice.put(bucket, 'key', 'x', red)).status).toBe(403)
    })

    it('does not rest on tags in a document that is not read yet', async () => {
      const document =
        '<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>'
      const put = (): Promise<RawResponse> =>
        alice.send({ method: 'PUT', bucket, key: 'key', query: { tagging: '' }, body: document })
      const tagging = 's3:PutObjectTagging'
      await govern(bucket, allow(tagging, `${itself}/*`))
      expect((await put()).status).toBe(200)
      const red = { StringEquals: { 's3:RequestObjectTag/team': 'red' } }
      const blue = { StringEquals: { 's3:RequestObjectTag/team': 'blue' } }
      await govern(bucket, allow(tagging, `${itself}/*`, { Condition: blue }))
      expect((await put()).status).toBe(403)
      await govern(
        bucket,
        allow(tagging, `${itself}/*`),
        allow(tagging, `${itself}/*`, { Effect: 'Deny', Condition: red }),
      )
      expect((await put()).status).toBe(403)
    })

    it('follows the tags of the version that is asked for', async () => {
      const red = { StringEquals: { 's3:ExistingObjectTag/team': 'red' } }
      const actions = ['s3:GetObject', 's3:GetObjectVersion']
      await govern(bucket, allow(actions, `${itself}/*`, { Condition: red }))
      const versioned = { method: 'PUT', bucket, query: { versioning: '' } }
      const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
      expect((await root.send({ ...versioned, body })).status).toBe(200)
      const put = async (team: string): Promise<string> => {
        const { headers } = await root.put(bucket, 'tagged', team, {
          'x-amz-tagging': `team=${team}`,
        })
        return String(headers['x-amz-version-id'])
      }
      const [first, second] = [await put('red'), await put('blue')]
      const get = (query: Record<string, string>): Promise<RawResponse> =>
        alice.send({ bucket, key: 'tagged', query })
      expect((await get({})).status).toBe(403)
      expect((await get({ versionId: first })).text).toBe('red')
      expect((await get({ versionId: second })).status).toBe(403)
      expect((await get({ versionId: 'nonsense' })).status).toBe(403)
    })
  },
  { users },
)
