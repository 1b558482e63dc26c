import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { InvalidArgumentError, sseC, type Client, type PresignedUrlOptions } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { contentOf, digest, md5, partSize, pattern, refusal, rejection } from './harness/content.ts'
import { verdict } from './harness/forms.ts'
import { plainHttp, type PlainAnswer, type PlainOptions } from './harness/plain-http.ts'

/** Dates that no store takes: more than its tolerance away. */
const hourMs = 3_600_000

conformance('presignedGetObject', (defineCase) => {
  defineCase('lets anybody read, for a while', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'hello', { contentType: 'text/x-a', metadata: { b: 'c' } })
    const read = await plainHttp(await client.presignedGetObject(name, 'a'))
    expect([read.status, read.body]).toEqual([200, 'hello'])
    expect(read.headers).toMatchObject({ 'content-type': 'text/x-a', 'x-amz-meta-b': 'c' })
    const range = { headers: { range: 'bytes=1-3' } }
    const part = await plainHttp(await client.presignedGetObject(name, 'a'), range)
    expect([part.status, part.body]).toEqual([206, 'ell'])
    const past = { expirySeconds: 60, requestDate: new Date(Date.now() - 61_000) }
    const expired = await plainHttp(await client.presignedGetObject(name, 'a', past))
    expect(verdict(expired)).toBe('403 AccessDenied')
    const almost = { expirySeconds: 3660, requestDate: new Date(Date.now() - hourMs) }
    expect((await plainHttp(await client.presignedGetObject(name, 'a', almost))).status).toBe(200)
  })

  defineCase(
    'lets nobody read before its time',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'a', 'hello')
      const future = { requestDate: new Date(Date.now() + hourMs) }
      const early = await plainHttp(await client.presignedGetObject(name, 'a', future))
      expect(early.status).toBe(403)
    },
    { needs: ['dates to come'] },
  )

  defineCase('grants nothing else', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'a')
    await client.putObject(name, 'b', 'b')
    const url = await client.presignedGetObject(name, 'a', { expirySeconds: 60 })
    const altered = [
      url.replace(`/${name}/a?`, `/${name}/b?`),
      url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
      `${url}&versionId=null`,
      url.replace(/Signature=../, 'Signature=00'),
    ]
    for (const one of altered.filter((other) => other !== url)) {
      expect(verdict(await plainHttp(one)), one).toBe('403 SignatureDoesNotMatch')
    }
    for (const method of ['PUT', 'DELETE', 'HEAD']) {
      expect((await plainHttp(url, { method })).status, method).toBe(403)
    }
    expect((await contentOf(client, name, 'a')).toString()).toBe('a')
  })

  defineCase('sets headers of the answer', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'a', { contentType: 'text/x-a' })
    const responseHeaders = {
      'response-content-type': 'text/plain; charset="utf-8"',
      'response-content-disposition': `attachment; filename="a \\"b\\"; c+d%.txt"; filename*=UTF-8''K%C3%B6ln.txt`,
      'response-content-language': 'de, en',
      'response-content-encoding': 'x-own',
      'response-cache-control': 'max-age=1, must-revalidate',
      'response-expires': 'Wed, 21 Oct 2065 07:28:00 GMT',
    }
    const answer = await plainHttp(await client.presignedGetObject(name, 'a', { responseHeaders }))
    expect(answer.status).toBe(200)
    for (const [parameter, value] of Object.entries(responseHeaders)) {
      expect(answer.headers[parameter.slice('response-'.length)]).toBe(value)
    }
    expect((await client.statObject(name, 'a')).contentType).toBe('text/x-a')
    const wrong = client.presignedGetObject(name, 'a', { responseHeaders: { 'response-x': 'y' } })
    expect(await rejection(wrong)).toBeInstanceOf(InvalidArgumentError)
  })

  defineCase('signs text beyond ASCII as it is', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'a')
    const disposition = 'attachment; filename="Köln 😀.txt"'
    const responseHeaders = { 'response-content-disposition': disposition }
    const answer = await plainHttp(await client.presignedGetObject(name, 'a', { responseHeaders }))
    // A store may refuse what no header can carry, but must not take it for a forged signature.
    expect([200, 400]).toContain(answer.status)
    expect(verdict(answer)).not.toMatch(/SignatureDoesNotMatch/)
  })

  defineCase(
    'reads the version that is asked for',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const { versionId } = await client.putObject(name, 'a', 'first')
      await client.putObject(name, 'a', 'second')
      const answer = await plainHttp(await client.presignedGetObject(name, 'a', { versionId }))
      expect(answer.body).toBe('first')
      expect(answer.headers['x-amz-version-id']).toBe(versionId)
    },
    { needs: ['versions'] },
  )

  defineCase('signs more parameters', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'a')
    const extraQueryParams = { 'x-note': 'a b+c&d=é', empty: '' }
    const url = await client.presignedGetObject(name, 'a', { extraQueryParams })
    expect((await plainHttp(url)).status).toBe(200)
    const forged = await plainHttp(url.replace('x-note=a', 'x-note=b'))
    expect(verdict(forged)).toBe('403 SignatureDoesNotMatch')
    expect(url).toContain('x-note=a%20b%2Bc%26d%3D%C3%A9')
  })

  defineCase('refuses what cannot be signed', async ({ client, bucket, anonymous }) => {
    const name = await bucket()
    for (const expirySeconds of [0, -1, 604_801, Number.NaN, 1.5]) {
      const wrong = client.presignedGetObject(name, 'a', { expirySeconds })
      expect(await rejection(wrong), `${expirySeconds}`).toBeInstanceOf(InvalidArgumentError)
    }
    const extraQueryParams = { 'X-Amz-Expires': '1' }
    const twice = client.presignedGetObject(name, 'a', { extraQueryParams })
    expect(await rejection(twice)).toBeInstanceOf(InvalidArgumentError)
    const nobody = anonymous()
    const secretless = nobody.presignedGetObject(name, 'a')
    expect(await rejection(secretless)).toBeInstanceOf(InvalidArgumentError)
  })

  defineCase(
    'is made for the public endpoint',
    async ({ client, bucket, newClient }) => {
      const name = await bucket()
      await client.putObject(name, 'a', 'a')
      const publicEndpoint = 'https://files.example.com:8443/store'
      const elsewhere = newClient({ publicEndpoint, region: 'us-east-1' })
      const url = await elsewhere.presignedGetObject(name, 'a')
      expect(url.startsWith(`${publicEndpoint}/${name}/a?`)).toBe(true)
      expect((await contentOf(elsewhere, name, 'a')).toString()).toBe('a')
      // The signature is that of the public host: a proxy must pass it on.
      const path = url.slice('https://files.example.com:8443/store'.length)
      const internal = await client.presignedGetObject(name, 'a')
      const origin = internal.slice(0, internal.indexOf(`/${name}/a?`))
      const headers = { host: 'files.example.com:8443' }
      expect(verdict(await plainHttp(origin + path, { headers }))).toBe('403 SignatureDoesNotMatch')
      const bare = newClient({
        publicEndpoint: 'https://files.example.com:8443',
        region: 'us-east-1',
      })
      const passed = (await bare.presignedGetObject(name, 'a')).replace(/^https:\/\/[^/]+/, origin)
      expect((await plainHttp(passed, { headers })).status).toBe(200)
    },
    { needs: ['any host name'] },
  )
})

conformance('presignedPutObject', (defineCase) => {
  defineCase('lets anybody write, for a while', async ({ client, bucket }) => {
    const name = await bucket()
    const url = await client.presignedPutObject(name, 'ä/b c', { expirySeconds: 60 })
    const body = pattern(100_000)
    const answer = await plainHttp(url, { method: 'PUT', body })
    expect([answer.status, answer.headers.etag]).toEqual([200, `"${md5(body)}"`])
    expect(digest(await contentOf(client, name, 'ä/b c'))).toBe(digest(body))
    const requestDate = new Date(Date.now() - hourMs)
    const late = await client.presignedPutObject(name, 'b', { expirySeconds: 60, requestDate })
    expect(verdict(await plainHttp(late, { method: 'PUT', body }))).toBe('403 AccessDenied')
    expect(await client.objectExists(name, 'b')).toBe(false)
  })

  defineCase('holds the writer to the signed headers', async ({ client, bucket }) => {
    const name = await bucket()
    const headers = { 'Content-Type': 'text/x-a', 'x-amz-meta-city': 'Bonn' }
    const url = await client.presignedPutObject(name, 'a', { headers })
    const put = (sent: Record<string, string>) =>
      plainHttp(url, { method: 'PUT', body: 'a', headers: sent })
    expect((await put(headers)).status).toBe(200)
    const stat = await client.statObject(name, 'a')
    expect([stat.contentType, stat.metadata['city']]).toEqual(['text/x-a', 'Bonn'])
    await client.removeObject(name, 'a')
    expect((await put({ ...headers, 'Content-Type': 'text/html' })).status).toBe(403)
    expect((await put({ 'Content-Type': 'text/x-a' })).status).toBe(403)
    expect(await client.objectExists(name, 'a')).toBe(false)
  })

  defineCase(
    'grants no further headers of S3',
    async ({ client, bucket }) => {
      const name = await bucket()
      const url = await client.presignedPutObject(name, 'a')
      const headers = { 'x-amz-meta-more': 'x' }
      const answer = await plainHttp(url, { method: 'PUT', body: 'a', headers })
      expect(answer.status).toBe(403)
      expect(await client.objectExists(name, 'a')).toBe(false)
    },
    { needs: ['signed headers only'] },
  )
})

conformance('presignedRequest', (defineCase) => {
  defineCase('holds the writer to a length', async ({ client, bucket }) => {
    const name = await bucket()
    const headers = { 'content-length': '5' }
    const signed = await client.presignedRequest('PUT', name, 'a', { headers })
    expect(signed.headers).toEqual(headers)
    const put = (body: string) => plainHttp(signed.url, { method: 'PUT', body })
    expect(verdict(await put('four'))).toBe('403 SignatureDoesNotMatch')
    expect(verdict(await put('sixsix'))).toBe('403 SignatureDoesNotMatch')
    expect(await client.objectExists(name, 'a')).toBe(false)
    expect((await put('fives')).status).toBe(200)
    expect((await contentOf(client, name, 'a')).toString()).toBe('fives')
  })

  defineCase(
    'holds the writer to a checksum',
    async ({ client, bucket }) => {
      const name = await bucket()
      const content = 'the right content'
      const sum = createHash('sha256').update(content).digest('base64')
      const signed = await client.presignedRequest('PUT', name, 'a', {
        headers: { 'x-amz-checksum-sha256': sum },
      })
      const put = (body: string, headers = signed.headers) =>
        plainHttp(signed.url, { method: 'PUT', body, headers })
      expect((await put('some wrong content')).status).toBe(400)
      expect((await put(content, {})).status).toBe(403)
      expect(await client.objectExists(name, 'a')).toBe(false)
      expect((await put(content)).status).toBe(200)
      expect(await client.objectExists(name, 'a')).toBe(true)
    },
    { needs: ['checksums', 'presigned checksums'] },
  )

  defineCase(
    'holds reader and writer to the key of the customer',
    async ({ client, bucket }) => {
      const name = await bucket()
      const sse = sseC(new Uint8Array(32).fill(9))
      const { url, headers } = await client.presignedRequest('PUT', name, 'a', { sse })
      expect((await plainHttp(url, { method: 'PUT', body: 'sealed' })).status).toBe(403)
      expect((await plainHttp(url, { method: 'PUT', body: 'sealed', headers })).status).toBe(200)
      const read = await client.presignedRequest('GET', name, 'a', { sse })
      const { headers: keys } = read
      expect((await plainHttp(read.url)).status).toBe(403)
      expect((await plainHttp(read.url, { headers: keys })).body).toBe('sealed')
    },
    { needs: ['customer keys'] },
  )
})

/** Sends what `presignedRequest` gives. */
async function send(
  client: Client,
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE',
  bucket: string,
  object: string | undefined,
  options: PresignedUrlOptions = {},
  body?: PlainOptions['body'],
): Promise<PlainAnswer> {
  const { url, headers } = await client.presignedRequest(method, bucket, object, options)
  return plainHttp(url, { method, headers, ...(body === undefined ? {} : { body }) })
}

conformance('presignedUrl', (defineCase) => {
  defineCase('signs every method', async ({ client, bucket }) => {
    const name = await bucket()
    expect((await send(client, 'PUT', name, 'a', {}, 'hello')).status).toBe(200)
    const head = await send(client, 'HEAD', name, 'a')
    expect([head.status, head.headers['content-length']]).toEqual([200, '5'])
    expect((await send(client, 'GET', name, 'a')).body).toBe('hello')
    expect((await plainHttp(await client.presignedUrl('GET', name, 'a'))).status).toBe(200)
    expect((await send(client, 'DELETE', name, 'a')).status).toBe(204)
    expect(verdict(await send(client, 'GET', name, 'a'))).toBe('404 NoSuchKey')
    expect((await send(client, 'HEAD', name, 'a')).status).toBe(404)
  })

  defineCase('signs for buckets, and for subresources', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a b', 'a')
    await client.setObjectTags(name, 'a b', { c: 'd' })
    const list = { extraQueryParams: { 'list-type': '2', prefix: 'a ' } }
    const listed = await send(client, 'GET', name, undefined, list)
    expect(listed.body).toContain('<Key>a b</Key>')
    const tags = await send(client, 'GET', name, 'a b', { extraQueryParams: { tagging: '' } })
    expect(tags.body).toContain('<Key>c</Key><Value>d</Value>')
    expect((await send(client, 'HEAD', name, undefined)).status).toBe(200)
  })

  defineCase('lets a browser upload in parts', async ({ client, bucket }) => {
    const name = await bucket()
    const created = await send(client, 'POST', name, 'a', { extraQueryParams: { uploads: '' } })
    const uploadId = /<UploadId>([^<]+)</.exec(created.body)?.[1] ?? ''
    const content = pattern(partSize + 1000)
    const parts = [content.subarray(0, partSize), content.subarray(partSize)]
    const etags: string[] = []
    for (const [index, body] of parts.entries()) {
      const options = { uploadId, partNumber: index + 1 }
      const url = await client.presignedUploadPart(name, 'a', options)
      const answer = await plainHttp(url, { method: 'PUT', body })
      expect(answer.status).toBe(200)
      etags.push(answer.headers.etag ?? '')
    }
    const listed = etags.map(
      (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
    )
    const document = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`
    const options = { extraQueryParams: { uploadId } }
    const completed = await send(client, 'POST', name, 'a', options, document)
    expect(completed.status).toBe(200)
    expect(digest(await contentOf(client, name, 'a'))).toBe(digest(content))
    const late = await client.presignedUploadPart(name, 'a', { uploadId, partNumber: 3 })
    const refused = await plainHttp(late, { method: 'PUT', body: 'late' })
    expect(verdict(refused)).toBe('404 NoSuchUpload')
  })

  defineCase(
    'carries the token of a session',
    async ({ client, bucket, newClient }) => {
      const name = await bucket()
      await client.putObject(name, 'a', 'a')
      const session = newClient({ sessionToken: 'token/of+session==' })
      const url = await session.presignedGetObject(name, 'a')
      expect(url).toContain('X-Amz-Security-Token=token%2Fof%2Bsession%3D%3D')
      // The keys of the suite have none, so the store says that this one is not theirs.
      expect(verdict(await plainHttp(url))).toBe('400 InvalidToken')
      expect(await refusal(session.getObject(name, 'a'))).toBe('400 InvalidToken')
    },
    { needs: ['session tokens'] },
  )
})
