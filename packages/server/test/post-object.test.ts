import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'

import { amzDate, SigningKey, signPostPolicy } from '@stowage/protocol'

import { startServer } from '@stowage/server'
import { RawClient, type RawResponse } from './support/raw-client.ts'
import { describeServers } from './support/stores.ts'

const now = new Date('2026-03-04T05:06:07Z')
const later = '2026-03-04T06:00:00Z'
const secretKey = 'secret-of-a-user'
const users = [
  { accessKey: 'alice', secretKey },
  { accessKey: 'guest', secretKey, sessionToken: 'token' },
]

type Fields = Record<string, string>

/** The body of a form; a field named `file` is the file. */
function formBody(fields: readonly (readonly [string, string])[], filename = 'pic.txt'): Buffer {
  const parts = fields.map(([name, value]) => {
    const more = name === 'file' ? `; filename="${filename}"` : ''
    return `--XX\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
  })
  return Buffer.from(`${parts.join('')}--XX--\r\n`)
}

interface Post {
  readonly bucket?: string
  readonly key?: string
  readonly accessKey?: string
  /** More conditions than the usual ones. */
  readonly conditions?: readonly unknown[]
  /** More fields; undefined takes one away. */
  readonly fields?: Readonly<Record<string, string | undefined>>
  /** Instead of the whole policy. */
  readonly policy?: unknown
  /** Instead of its text. */
  readonly policyText?: string
  readonly signedAt?: Date
  readonly region?: string
  readonly file?: string
  readonly filename?: string
  readonly headers?: Fields
}

describeServers(
  'an upload by form',
  (fixture) => {
    const bucket = 'forms'
    let client: RawClient

    beforeAll(async () => {
      client = fixture().client
      await client.makeBucket(bucket)
      await client.makeBucket('other')
    })

    const send = (body: Buffer, headers: Fields = {}, path = `/${bucket}`): Promise<RawResponse> =>
      client.exchange(
        'POST',
        path,
        {
          host: `127.0.0.1:${client.server.port}`,
          'content-type': 'multipart/form-data; boundary=XX',
          ...headers,
        },
        body,
      )

    function signedFields(input: Post): Fields {
      const { accessKey = client.server.accessKey, signedAt = now } = input
      const { region = client.server.region, key = 'up/${filename}' } = input
      const date = amzDate(signedAt)
      const scope = { day: date.slice(0, 8), region, service: 's3' }
      const secret = accessKey === client.server.accessKey ? client.server.secretKey : secretKey
      const signing = new SigningKey(secret, scope)
      const credential = `${accessKey}/${signing.credentialScope}`
      const policy = input.policy ?? {
        expiration: later,
        conditions: [
          { bucket },
          ['starts-with', '$key', 'up/'],
          { 'x-amz-algorithm': 'AWS4-HMAC-SHA256' },
          { 'x-amz-credential': credential },
          { 'x-amz-date': date },
          ...(input.conditions ?? []),
        ],
      }
      const base64 = Buffer.from(input.policyText ?? JSON.stringify(policy)).toString('base64')
      return {
        key,
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': credential,
        'X-Amz-Date': date,
        Policy: base64,
        'X-Amz-Signature': signPostPolicy(signing, base64),
      }
    }

    function post(input: Post = {}): Promise<RawResponse> {
      const fields = { ...signedFields(input), ...input.fields }
      const list = Object.entries(fields).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      )
      const body = formBody([...list, ['file', input.file ?? 'content']], input.filename)
      return send(body, input.headers, `/${input.bucket ?? bucket}`)
    }

    /** Nothing may be stored where a form is refused. */
    async function expectNothing(key = 'up/pic.txt'): Promise<void> {
      expect((await client.get(bucket, key)).status).toBe(404)
    }

    async function remove(key = 'up/pic.txt'): Promise<void> {
      await client.send({ method: 'DELETE', bucket, key })
    }

    it('stores the file under the name that it had', async () => {
      const { status, text, headers } = await post()
      expect(status).toBe(204)
      expect(text).toBe('')
      expect(headers.etag).toBe('"9a0364b9e99bb480dd25e1f0284c8555"')
      expect(headers['location']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/forms\/up\/pic\.txt$/)
      expect((await client.get(bucket, 'up/pic.txt')).text).toBe('content')
      await remove()
    })

    it('takes the bucket from the host', async () => {
      const fields = Object.entries(signedFields({ key: 'up/by-host' }))
      const host = `${bucket}.localhost:${client.server.port}`
      const posted = await send(formBody([...fields, ['file', 'x']]), { host }, '/')
      expect(posted.status).toBe(204)
      expect(posted.headers['location']).toBe(`http://${host}/up/by-host`)
      expect((await client.get(bucket, 'up/by-host')).text).toBe('x')
    })

    it('stores a large file and an empty one', async () => {
      const file = 'x\r\n--X'.repeat(500_000)
      expect((await post({ key: 'up/large', file })).status).toBe(204)
      expect((await client.get(bucket, 'up/large')).text).toBe(file)
      expect((await post({ key: 'up/empty', file: '' })).status).toBe(204)
      expect((await client.get(bucket, 'up/empty')).text).toBe('')
    })

    it.each([
      ['C:\\me\\ü.txt', 'up/ü.txt'],
      ['../../etc/passwd', 'up/passwd'],
      ['..', 'up/..'],
      ['', 'up/'],
    ])('names the object after the file %s', async (filename, key) => {
      expect((await post({ filename })).status).toBe(204)
      expect((await client.get(bucket, key)).text).toBe('content')
      await remove(key)
    })

    it('keeps what the fields say of the object', async () => {
      const fields = {
        'Content-Type': 'text/x-test',
        'Cache-Control': 'no-cache',
        'Content-Disposition': 'attachment; filename="ü"',
        'x-amz-meta-Colour': 'grün',
        tagging:
          '<Tagging><TagSet><Tag><Key>a b</Key><Value>c+d=e</Value></Tag></TagSet></Tagging>',
        acl: 'private',
        'x-amz-storage-class': 'STANDARD_IA',
      }
      const conditions = Object.keys(fields).map((name) => ['starts-with', `$${name}`, ''])
      expect((await post({ key: 'up/kept', fields, conditions })).status).toBe(204)
      const { headers } = await client.get(bucket, 'up/kept')
      const text = (name: string): string => Buffer.from(String(headers[name]), 'latin1').toString()
      expect(headers['content-type']).toBe('text/x-test')
      expect(headers['cache-control']).toBe('no-cache')
      expect(text('content-disposition')).toBe('attachment; filename="ü"')
      expect(text('x-amz-meta-colour')).toBe('grün')
      expect(headers['x-amz-tagging-count']).toBe('1')
      expect(headers['x-amz-storage-class']).toBe('STANDARD_IA')
    })

    describe('is answered', () => {
      const status = (success_action_status: string): Promise<RawResponse> =>
        post({
          fields: { success_action_status },
          conditions: [['starts-with', '$success_action_status', '']],
        })

      it('with the status that it asks for', async () => {
        expect(await status('200')).toMatchObject({ status: 200, text: '' })
        for (const other of ['204', '404', '', '302']) {
          expect((await status(other)).status).toBe(204)
        }
        const created = await status('201')
        expect(created.status).toBe(201)
        expect(created.headers['content-type']).toBe('application/xml')
        expect(created.text).toMatch(
          /<PostResponse><Location>http:.*up\/pic\.txt<\/Location><Bucket>forms<\/Bucket><Key>up\/pic\.txt<\/Key><ETag>(&quot;|")9a03.*\/PostResponse>/,
        )
        await remove()
      })

      const redirect = (success_action_redirect: string): Promise<RawResponse> =>
        post({
          fields: { success_action_redirect },
          conditions: [['starts-with', '$success_action_redirect', '']],
        })

      it('with a page that it asks for', async () => {
        const { status: code, headers } = await redirect('https://example.com/done')
        expect(code).toBe(303)
        expect(headers['location']).toBe(
          'https://example.com/done?bucket=forms&key=up%2Fpic.txt&etag=%229a0364b9e99bb480dd25e1f0284c8555%22',
        )
        const more = await redirect('https://example.com/done?a=b')
        expect(more.headers['location']).toMatch(/\?a=b&bucket=forms&/)
        for (const page of ['javascript:alert(1)', '//example.com', 'https://a\r\nb: c', '']) {
          expect((await redirect(page)).status).toBe(204)
        }
        await remove()
      })
    })

    describe('must be what was signed', () => {
      it('in its key, bucket and every field', async () => {
        const denied: Post[] = [
          { key: 'elsewhere' },
          { key: 'Up/x' },
          { bucket: 'other' },
          { fields: { bucket: 'other' } },
          { fields: { 'Content-Type': 'text/html' } },
          { fields: { 'x-amz-meta-extra': 'x' } },
          { fields: { acl: 'private' } },
          { fields: { success_action_status: '200' } },
          { fields: { submit: 'Upload' } },
          { fields: { 'x-amz-security-token': '' } },
          { fields: { 'x-amz-meta-a': 'b' }, conditions: [{ 'x-amz-meta-a': 'c' }] },
          { fields: { 'x-amz-meta-a': 'B' }, conditions: [['eq', '$x-amz-meta-a', 'b']] },
          { conditions: [{ 'x-amz-meta-a': 'missing' }] },
          { conditions: [['starts-with', '$x-amz-meta-a', 'missing']] },
          {
            fields: { 'Content-Type': 'image/png,text/html' },
            conditions: [['starts-with', '$content-type', 'image/']],
          },
        ]
        for (const one of denied) {
          expect(await post(one)).toMatchObject({ status: 403, code: 'AccessDenied' })
        }
        await expectNothing()
      })

      it('but for the fields that nobody signs', async () => {
        expect((await post({ fields: { 'X-Ignore-Me': 'x' } })).status).toBe(204)
        await remove()
      })

      it('also where the policy says nothing of the bucket or of the signature', async () => {
        for (const forgotten of ['bucket', 'x-amz-date', 'x-amz-credential', 'x-amz-algorithm']) {
          const fields = signedFields({})
          const conditions = [
            { bucket },
            ['starts-with', '$key', ''],
            ...Object.entries(fields).map(([name, value]) => ({ [name.toLowerCase()]: value })),
          ].filter((one) => !Object.hasOwn(one, forgotten) && !Object.hasOwn(one, 'key'))
          const kept = conditions.filter((one) => !Object.hasOwn(one, 'policy'))
          const named = kept.filter((one) => !Object.hasOwn(one, 'x-amz-signature'))
          const refused = await post({ policy: { expiration: later, conditions: named } })
          expect(refused.code).toBe('AccessDenied')
        }
        await expectNothing()
      })

      it('in any case of the names of fields', async () => {
        const fields = { 'x-AMZ-meta-A': 'b' }
        const conditions = [['EQ', '$X-Amz-Meta-A', 'b']]
        expect((await post({ fields, conditions })).code).toBe('InvalidPolicyDocument')
        const right = [['eq', '$X-Amz-Meta-A', 'b']]
        expect((await post({ fields, conditions: right })).status).toBe(204)
        await remove()
      })

      it('with the name of the file where the signer leaves it open', async () => {
        const literal = [['eq', '$key', 'up/${filename}']]
        expect((await post({ conditions: literal })).status).toBe(204)
        expect((await post({ conditions: literal, key: 'up/pic.txt' })).status).toBe(403)
        expect((await post({ conditions: [['eq', '$key', 'up/pic.txt']] })).status).toBe(204)
        await remove()
      })

      it('with escapes as S3 has them', async () => {
        const policyText = (value: string): string => {
          const { 'X-Amz-Credential': credential, 'X-Amz-Date': date } = signedFields({})
          return (
            `{"expiration":"${later}","conditions":[{"bucket":"${bucket}"},["starts-with","$key","up/"],` +
            `["starts-with","$x-amz-meta-a","${value}"],{"x-amz-algorithm":"AWS4-HMAC-SHA256"},` +
            `{"x-amz-credential":"${credential ?? ''}"},{"x-amz-date":"${date ?? ''}"}]}`
          )
        }
        const to = (value: string, sent: string): Promise<RawResponse> =>
          post({ policyText: policyText(value), fields: { 'x-amz-meta-a': sent } })
        expect((await to('\\$foo', '$foobar')).status).toBe(204)
        expect((await to('\\\\$foo', '\\$foobar')).status).toBe(204)
        expect((await to('\\\\$foo', '$foobar')).status).toBe(403)
        expect((await to('\\u00fc', 'üb')).status).toBe(204)
        await remove()
      })
    })

    describe('has a size', () => {
      const sized = (min: unknown, max: unknown, file: string): Promise<RawResponse> =>
        post({ conditions: [['content-length-range', min, max]], file })

      it('between the bounds of its policy', async () => {
        expect((await sized(3, 5, '123')).status).toBe(204)
        expect((await sized(3, 5, '12345')).status).toBe(204)
        expect((await sized('3', '5', '1234')).status).toBe(204)
        await remove()
        expect(await sized(3, 5, '12')).toMatchObject({ status: 400, code: 'EntityTooSmall' })
        expect(await sized(3, 5, '123456')).toMatchObject({ status: 400, code: 'EntityTooLarge' })
        expect((await sized(0, 10, 'x'.repeat(2_000_000))).code).toBe('EntityTooLarge')
        await expectNothing()
      })

      it('between the narrowest of several', async () => {
        const conditions = [
          ['content-length-range', 0, 10],
          ['content-length-range', 5, 100],
        ]
        expect((await post({ conditions, file: '1234' })).code).toBe('EntityTooSmall')
        expect((await post({ conditions, file: '12345678901' })).code).toBe('EntityTooLarge')
        await expectNothing()
      })
    })

    describe('has a policy', () => {
      const usual = (): unknown[] => [{ bucket }, ['starts-with', '$key', 'up/']]

      it.each<[string, (conditions: unknown[]) => unknown]>([
        ['without an expiration', (conditions) => ({ conditions })],
        ['without conditions', () => ({ expiration: later })],
        ['with EXPIRATION', (conditions) => ({ EXPIRATION: later, conditions })],
        ['with CONDITIONS', (conditions) => ({ expiration: later, CONDITIONS: conditions })],
        ['with more members', (conditions) => ({ expiration: later, conditions, x: 1 })],
        ['with no date', (conditions) => ({ expiration: 'tomorrow', conditions })],
        ['with a number as date', (conditions) => ({ expiration: 1, conditions })],
        ['with conditions that are none', () => ({ expiration: later, conditions: 'x' })],
        ['with an empty condition', (list) => ({ expiration: later, conditions: [...list, {}] })],
        ['with a null', (list) => ({ expiration: later, conditions: [...list, null] })],
        ['with two texts', (list) => ({ expiration: later, conditions: [...list, ['eq', '$a']] })],
        [
          'with an unknown operator',
          (list) => ({ expiration: later, conditions: [...list, ['ends-with', '$key', '']] }),
        ],
        [
          'with a field without $',
          (list) => ({ expiration: later, conditions: [...list, ['eq', 'key', '']] }),
        ],
        [
          'with a list as value',
          (list) => ({ expiration: later, conditions: [...list, { key: ['a'] }] }),
        ],
        ...[[0], [0, 1, 2], [-1, 5], [5, 3], ['x', 5], [0.5, 5], [0, null], [0, 1e300]].map(
          (range): [string, (conditions: unknown[]) => unknown] => [
            `with the range ${JSON.stringify(range)}`,
            (list) => ({
              expiration: later,
              conditions: [...list, ['content-length-range', ...range]],
            }),
          ],
        ),
      ])('that is refused %s', async (_, policy) => {
        const refused = await post({ policy: policy(usual()) })
        expect(refused).toMatchObject({ status: 400, code: 'InvalidPolicyDocument' })
        await expectNothing()
      })

      it.each([
        '',
        '{',
        '[]',
        '{"expiration":"x","expiration":"y","conditions":[]}',
        '[[[[[[1]]]]]]',
      ])('that is refused as %j', async (policyText) => {
        expect((await post({ policyText })).code).toBe('InvalidPolicyDocument')
      })

      it('in time', async () => {
        const conditions = usual()
        const expired = await post({ policy: { expiration: '2026-03-04T05:06:07Z', conditions } })
        expect(expired).toMatchObject({ status: 403, code: 'AccessDenied' })
        const at = (ms: number): Promise<RawResponse> =>
          post({ signedAt: new Date(now.getTime() + ms) })
        const week = 7 * 24 * 3600 * 1000
        expect((await at(-week)).status).toBe(204)
        await remove()
        expect((await at(-week - 1000)).code).toBe('AccessDenied')
        expect((await at(16 * 60 * 1000)).code).toBe('AccessDenied')
        await expectNothing()
      })
    })

    describe('is signed', () => {
      it('by a known key, for this region and day', async () => {
        expect((await post({ region: 'eu-west-1' })).code).toBe('AuthorizationQueryParametersError')
        expect((await post({ accessKey: 'nobody' })).code).toBe('InvalidAccessKeyId')
        const changed: [Fields, string][] = [
          [{ 'X-Amz-Signature': '0'.repeat(64) }, 'SignatureDoesNotMatch'],
          [{ 'X-Amz-Signature': '' }, 'SignatureDoesNotMatch'],
          [{ 'X-Amz-Date': '20260303T050607Z' }, 'AccessDenied'],
          [{ 'X-Amz-Date': 'x' }, 'AccessDenied'],
          [{ 'X-Amz-Algorithm': 'AWS4-HMAC-SHA1' }, 'InvalidRequest'],
          [{ 'X-Amz-Credential': 'x' }, 'AuthorizationQueryParametersError'],
          [{ AWSAccessKeyId: 'x', signature: 'y' }, 'InvalidRequest'],
        ]
        for (const [fields, code] of changed) expect((await post({ fields })).code).toBe(code)
        const { Policy = '' } = signedFields({ conditions: [{ acl: 'private' }] })
        expect((await post({ fields: { Policy } })).code).toBe('SignatureDoesNotMatch')
        await expectNothing()
      })

      it.each(['Policy', 'X-Amz-Signature', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Algorithm'])(
        'not without %s',
        async (name) => {
          const refused = await post({ fields: { [name]: undefined } })
          expect(refused).toMatchObject({ status: 400, code: 'InvalidArgument' })
          await expectNothing()
        },
      )

      it('by somebody who may put the object', async () => {
        const refused = await post({ accessKey: 'alice' })
        expect(refused).toMatchObject({ status: 403, code: 'AccessDenied' })
        const policy = JSON.stringify({
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: { AWS: 'alice' },
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${bucket}/up/*`,
            Condition: { StringEquals: { 's3:authType': 'POST' } },
          },
        })
        await client.send({ method: 'PUT', bucket, query: { policy: '' }, body: policy })
        expect((await post({ accessKey: 'alice' })).status).toBe(204)
        await client.send({ method: 'DELETE', bucket, query: { policy: '' } })
        await remove()
      })

      it('with the session token of the key', async () => {
        const guest: Post = {
          accessKey: 'guest',
          conditions: [['starts-with', '$x-amz-security-token', '']],
        }
        expect((await post(guest)).code).toBe('InvalidToken')
        const wrong = { 'x-amz-security-token': 'other' }
        expect((await post({ ...guest, fields: wrong })).code).toBe('InvalidToken')
        const right = { 'x-amz-security-token': 'token' }
        expect((await post({ ...guest, fields: right })).code).toBe('AccessDenied')
        const root: Post = { conditions: guest.conditions ?? [], fields: right }
        expect((await post(root)).code).toBe('InvalidToken')
        await expectNothing()
      })

      it('in its fields alone', async () => {
        const { headers } = client.head({ method: 'POST', bucket })
        const both = await post({ headers })
        expect(both.status).toBeGreaterThanOrEqual(400)
        const unsigned = { ...headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
        const type = 'multipart/form-data; boundary=XX'
        const signed = client.head({
          method: 'POST',
          bucket,
          headers: { 'content-type': type },
          payloadHash: unsigned['x-amz-content-sha256'],
        })
        expect((await post({ headers: signed.headers })).code).toBe('InvalidRequest')
        await expectNothing()
      })
    })

    describe('without a signature', () => {
      const anonymous = (fields: Fields): Promise<RawResponse> =>
        send(formBody([...Object.entries(fields), ['file', 'content']]))

      it('needs a bucket policy that allows it', async () => {
        expect((await anonymous({ key: 'public/a' })).code).toBe('AccessDenied')
        const policy = JSON.stringify({
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: '*',
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${bucket}/public/*`,
          },
        })
        await client.send({ method: 'PUT', bucket, query: { policy: '' }, body: policy })
        const posted = await anonymous({ key: 'public/${filename}', 'Content-Type': 'text/x-test' })
        expect(posted.status).toBe(204)
        const { headers } = await client.get(bucket, 'public/pic.txt')
        expect(headers['content-type']).toBe('text/x-test')
        expect((await anonymous({ key: 'private/a' })).code).toBe('AccessDenied')
        await client.send({ method: 'DELETE', bucket, query: { policy: '' } })
      })
    })

    describe('is refused', () => {
      it('without a key', async () => {
        const conditions = [['starts-with', '$key', '']]
        const missing = await post({ fields: { key: undefined }, conditions })
        expect(missing.status).toBe(403)
        const policy = { expiration: later, conditions: [['starts-with', '$x', '']] }
        const fields = { key: undefined }
        expect((await post({ policy, fields })).status).toBe(403)
        const empty = await send(formBody([['file', 'x']]))
        expect(empty).toMatchObject({ status: 400, code: 'UserKeyMustBeSpecified' })
        const unnamed = await send(
          formBody(
            [
              ['key', '${filename}'],
              ['file', 'x'],
            ],
            '',
          ),
        )
        expect(unnamed.code).toBe('UserKeyMustBeSpecified')
      })

      it('with a key that is too long', async () => {
        expect((await post({ key: `up/${'k'.repeat(1022)}` })).code).toBe('KeyTooLongError')
      })

      it('where there is no bucket', async () => {
        const conditions = [['starts-with', '$key', '']]
        const refused = await post({ bucket: 'missing', conditions })
        expect(refused.code).toBe('AccessDenied')
        const policy = (name: string): unknown => {
          const { 'X-Amz-Credential': credential, 'X-Amz-Date': date } = signedFields({})
          const signature = { 'x-amz-credential': credential, 'x-amz-date': date }
          return {
            expiration: later,
            conditions: [
              { bucket: name, 'x-amz-algorithm': 'AWS4-HMAC-SHA256', ...signature },
              ['starts-with', '$key', ''],
            ],
          }
        }
        expect((await post({ bucket: 'missing', policy: policy('missing') })).code).toBe(
          'NoSuchBucket',
        )
      })

      it.each([
        ['a line end in metadata', { 'x-amz-meta-a': 'b\r\nset-cookie: c' }, 'InvalidArgument'],
        ['a name that is no header', { 'x-amz-meta-ü': 'b' }, 'InvalidArgument'],
        ['a source to copy', { 'x-amz-copy-source': '/other/key' }, 'InvalidArgument'],
        ['an offset', { 'x-amz-write-offset-bytes': '0' }, 'InvalidArgument'],
        ['tags that are no document', { tagging: 'a=b' }, 'MalformedXML'],
        ['an access list', { acl: 'public-read' }, 'AccessControlListNotSupported'],
        ['a wrong checksum', { 'x-amz-checksum-crc32': 'AAAAAA==' }, 'BadDigest'],
        ['a wrong MD5', { 'Content-MD5': 'AAAAAAAAAAAAAAAAAAAAAA==' }, 'BadDigest'],
        ['too much metadata', { 'x-amz-meta-a': 'x'.repeat(3000) }, 'MetadataTooLarge'],
      ])('with %s', async (_, fields, code) => {
        const conditions = Object.keys(fields).map((name) => ['starts-with', `$${name}`, ''])
        expect((await post({ fields, conditions })).code).toBe(code)
        await expectNothing()
      })

      it('when it is no form', async () => {
        const body = formBody([
          ['key', 'k'],
          ['file', 'x'],
        ])
        expect((await send(body, { 'content-type': 'text/plain' })).code).toBe(
          'RequestIsNotMultiPartContent',
        )
        const type = { 'content-type': 'multipart/form-data' }
        expect((await send(body, type)).code).toBe('MalformedPOSTRequest')
        expect((await send(Buffer.from('x'))).code).toBe('MalformedPOSTRequest')
      })

      it('when its end is missing, or another file stands behind', async () => {
        const fields = Object.entries(signedFields({}))
        const whole = formBody([...fields, ['file', 'content']])
        const cut = whole.subarray(0, whole.length - 8)
        expect((await send(cut)).code).toBe('MalformedPOSTRequest')
        const two = formBody([...fields, ['file', 'a'], ['file', 'b']])
        expect((await send(two)).code).toBe('IncorrectNumberOfFilesInPostRequest')
        await expectNothing()
      })

      it('when it keeps no condition of the write', async () => {
        const conditions = [{ 'If-None-Match': '*' }]
        const fields = { 'If-None-Match': '*' }
        expect((await post({ conditions, fields })).status).toBe(204)
        expect((await post({ conditions, fields })).code).toBe('PreconditionFailed')
        await remove()
      })
    })
  },
  { now: () => now, users },
)

interface Vector {
  readonly access_key: string
  readonly secret_key: string
  readonly region: string
  readonly policy_base64: string
  readonly signature: string
}

const vectorFile = fileURLToPath(
  new URL('../../../../shared/vectors/aws-docs-s3-sigv4/post-policy.json', import.meta.url),
)

describe.skipIf(!existsSync(vectorFile))("the form of S3's manual", () => {
  it('is taken as signed, and changed it is not', async () => {
    const vector = JSON.parse(readFileSync(vectorFile, 'utf8')) as Vector
    const server = await startServer({
      accessKey: vector.access_key,
      secretKey: vector.secret_key,
      region: vector.region,
      now: () => new Date('2015-12-29T12:00:00Z'),
    })
    const client = new RawClient(server, () => new Date('2015-12-29T12:00:00Z'))
    await client.makeBucket('sigv4examplebucket')
    const fields: Fields = {
      key: 'user/user1/${filename}',
      acl: 'public-read',
      success_action_redirect: 'http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html',
      'Content-Type': 'image/jpeg',
      'x-amz-meta-uuid': '14365123651274',
      'x-amz-server-side-encryption': 'AES256',
      'X-Amz-Credential': `${vector.access_key}/20151229/us-east-1/s3/aws4_request`,
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Date': '20151229T000000Z',
      'x-amz-meta-tag': '',
      Policy: vector.policy_base64,
      'X-Amz-Signature': vector.signature,
    }
    const post = async (more: Fields): Promise<string> => {
      const headers = { host: 'h', 'content-type': 'multipart/form-data; boundary=XX' }
      const body = formBody([...Object.entries({ ...fields, ...more }), ['file', 'x']])
      return (await client.exchange('POST', '/sigv4examplebucket', headers, body)).code
    }
    // It passes the signature and the policy; then it asks for a public object.
    expect(await post({})).toBe('AccessControlListNotSupported')
    expect(await post({ key: 'user/user2/x' })).toBe('AccessDenied')
    expect(await post({ 'Content-Type': 'text/html' })).toBe('AccessDenied')
    expect(await post({ 'x-amz-meta-uuid': '1' })).toBe('AccessDenied')
    expect(await post({ 'X-Amz-Signature': vector.signature.replace('8', '9') })).toBe(
      'SignatureDoesNotMatch',
    )
    client.close()
    await server.close()
  })
})
