import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Client, CorsRule } from 'stowage'

import { describeInBrowser, type Fixture } from './support/fixture.ts'
import {
  buildFileInput,
  fetchInPage,
  fileInput,
  type PageAnswer,
  type PageRequest,
} from './support/in-page.ts'

const bytes = Buffer.from(Array.from({ length: 256 * 300 }, (_, index) => (index * 11) % 256))
const etag = createHash('md5').update(bytes).digest('hex')
const keys = ['plain', 'folder/sp ace+é %2F&?#=;,:@!$\'"()*~.bin', 'a//b', '%', '😀 [x] {y} |\\^`']
/** All signed, and none that a page may send to another site without asking. */
const headers = { 'content-type': 'application/x-put; v="1"', 'x-amz-meta-colour': 'red' }

/** A page in which a file is chosen. */
async function openWithFile({ open, file }: Fixture, content: Uint8Array = bytes): Promise<Page> {
  const page = await open()
  await page.evaluate(buildFileInput)
  await page.setInputFiles(fileInput, file('a.bin', content))
  return page
}

/** Fetches, and tells what the browser asked the store before. */
async function watchedFetch(
  page: Page,
  request: PageRequest,
): Promise<{ readonly answer: PageAnswer; readonly preflights: number }> {
  const session = await page.context().newCDPSession(page)
  let preflights = 0
  session.on('Network.requestWillBeSent', ({ initiator }) => {
    if (initiator.type === 'preflight') preflights++
  })
  await session.send('Network.enable')
  const answer = await page.evaluate(fetchInPage, request)
  await session.detach()
  return { answer, preflights }
}

/** PUT of the chosen file to a presigned URL. */
async function putFile(
  { client }: Fixture,
  page: Page,
  bucket: string,
  key: string,
): Promise<{ readonly answer: PageAnswer; readonly preflights: number }> {
  const url = await client.presignedPutObject(bucket, key, { headers })
  return watchedFetch(page, { url, method: 'PUT', headers, file: {} })
}

async function expectStored({ client, read }: Fixture, bucket: string, key: string): Promise<void> {
  expect((await read(bucket, key)).equals(bytes)).toBe(true)
  expect(await client.statObject(bucket, key)).toMatchObject({
    etag,
    contentType: headers['content-type'],
    metadata: { colour: 'red' },
  })
}

describeInBrowser(
  'presigned URLs, CORS of the server',
  (origin) => ({
    cors: { allowedOrigins: [origin], exposeHeaders: ['ETag', 'x-amz-meta-colour'] },
  }),
  (fixture) => {
    it.each(keys)('writes %s by PUT', async (key) => {
      const bucket = await fixture().newBucket()
      const page = await openWithFile(fixture())
      const { answer, preflights } = await putFile(fixture(), page, bucket, key)
      expect(answer).toMatchObject({ status: 200, headers: { etag: `"${etag}"` } })
      expect(preflights).toBe(1)
      expect(await fixture().keys(bucket)).toEqual([key])
      await expectStored(fixture(), bucket, key)
    })

    it('lets the page read why a PUT is refused', async () => {
      const { client, newBucket, keys } = fixture()
      const bucket = await newBucket()
      const page = await openWithFile(fixture())
      const url = await client.presignedPutObject(bucket, 'key', { headers })
      const changed = { ...headers, 'x-amz-meta-colour': 'blue' }
      const answer = await page.evaluate(fetchInPage, {
        url,
        method: 'PUT',
        headers: changed,
        file: {},
      })
      expect(answer.status).toBe(403)
      expect(Buffer.from(answer.body, 'base64').toString()).toContain('SignatureDoesNotMatch')
      expect(await keys(bucket)).toEqual([])
    })

    it.each(keys)('reads %s by fetch', async (key) => {
      const { client, open, newBucket } = fixture()
      const bucket = await newBucket()
      await client.putObject(bucket, key, bytes, { metadata: { colour: 'red' } })
      const url = await client.presignedGetObject(bucket, key)
      const { answer, preflights } = await watchedFetch(await open(), { url })
      expect(preflights).toBe(0)
      expect(answer).toMatchObject({
        status: 200,
        headers: { etag: `"${etag}"`, 'x-amz-meta-colour': 'red' },
      })
      expect(answer.headers).not.toHaveProperty('x-amz-request-id')
      expect(Buffer.from(answer.body, 'base64').equals(bytes)).toBe(true)
    })

    it('reads a range by fetch', async () => {
      const { client, open, newBucket } = fixture()
      const bucket = await newBucket()
      await client.putObject(bucket, 'key', bytes)
      const url = await client.presignedGetObject(bucket, 'key')
      const page = await open()
      const answer = await page.evaluate(fetchInPage, { url, headers: { range: 'bytes=100-199' } })
      expect(answer.status).toBe(206)
      expect(Buffer.from(answer.body, 'base64').equals(bytes.subarray(100, 200))).toBe(true)
    })

    it('never reads another object for a key that browsers rewrite', async () => {
      const { client, open, newBucket } = fixture()
      const bucket = await newBucket()
      await client.putObject(bucket, 'b', 'another')
      await client.putObject(bucket, 'a/../b', 'meant')
      const page = await open()
      const url = await client.presignedGetObject(bucket, 'a/../b')
      expect((await page.evaluate(fetchInPage, { url })).status).toBe(403)
    })

    it('opens an object as a page', async () => {
      const { client, open, newBucket } = fixture()
      const bucket = await newBucket()
      const text = 'grüß Gott <b>\n'
      const contentType = 'text/plain; charset=utf-8'
      await client.putObject(bucket, 'sp ace/é.txt', text, { contentType })
      const page = await open()
      const answer = await page.goto(await client.presignedGetObject(bucket, 'sp ace/é.txt'))
      expect(answer?.status()).toBe(200)
      expect(await page.evaluate(() => document.body.innerText)).toBe(text)
    })

    it('downloads an object under the name that the URL gives', async () => {
      const { client, open, newBucket } = fixture()
      const bucket = await newBucket()
      await client.putObject(bucket, 'key', bytes, { contentType: 'text/html' })
      const disposition = `attachment; filename="plain.bin"; filename*=UTF-8''gr%C3%BC%C3%9Fe.bin`
      const url = await client.presignedGetObject(bucket, 'key', {
        responseHeaders: { 'response-content-disposition': disposition },
      })
      const page = await open()
      const started = page.waitForEvent('download')
      // A navigation that becomes a download is broken off.
      await Promise.allSettled([page.goto(url)])
      const download = await started
      expect(download.suggestedFilename()).toBe('grüße.bin')
      expect(readFileSync(await download.path()).equals(bytes)).toBe(true)
    })

    it('shows a refusal for a URL that has expired', async () => {
      const { client, open, newBucket } = fixture()
      const bucket = await newBucket()
      await client.putObject(bucket, 'key', bytes)
      const requestDate = new Date(Date.now() - 60_000)
      const url = await client.presignedGetObject(bucket, 'key', { expirySeconds: 1, requestDate })
      const page = await open()
      expect((await page.evaluate(fetchInPage, { url })).status).toBe(403)
      expect((await page.goto(url))?.status()).toBe(403)
    })

    it('uploads a file in parts', async () => {
      const { client, newBucket, read } = fixture()
      const bucket = await newBucket()
      const partBytes = 5 * 1024 ** 2
      const content = Buffer.alloc(partBytes * 2 + 12_345, bytes)
      const page = await openWithFile(fixture(), content)
      const uploadId = await createUpload(client, bucket, 'large')
      const etags: string[] = []
      for (let begin = 0; begin < content.length; begin += partBytes) {
        const partNumber = etags.length + 1
        const url = await client.presignedUploadPart(bucket, 'large', { uploadId, partNumber })
        const end = Math.min(begin + partBytes, content.length)
        const file = { begin, end }
        const { answer, preflights } = await watchedFetch(page, { url, method: 'PUT', file })
        expect(answer.status).toBe(200)
        expect(preflights).toBe(1)
        const part = createHash('md5').update(content.subarray(begin, end)).digest('hex')
        expect(answer.headers['etag']).toBe(`"${part}"`)
        etags.push(part)
      }
      await completeUpload(client, bucket, 'large', uploadId, etags)
      expect((await read(bucket, 'large')).equals(content)).toBe(true)
    })
  },
)

async function createUpload(client: Client, bucket: string, key: string): Promise<string> {
  const url = await client.presignedUrl('POST', bucket, key, { extraQueryParams: { uploads: '' } })
  const response = await fetch(url, { method: 'POST' })
  expect(response.status).toBe(200)
  return /<UploadId>(.+?)<\/UploadId>/.exec(await response.text())?.[1] ?? ''
}

async function completeUpload(
  client: Client,
  bucket: string,
  key: string,
  uploadId: string,
  etags: readonly string[],
): Promise<void> {
  const url = await client.presignedUrl('POST', bucket, key, { extraQueryParams: { uploadId } })
  const parts = etags.map(
    (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>"${tag}"</ETag></Part>`,
  )
  const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
  expect((await fetch(url, { method: 'POST', body })).status).toBe(200)
}

describeInBrowser(
  'presigned URLs, CORS of the bucket',
  () => ({}),
  (fixture) => {
    const rule = (changes: Partial<CorsRule> = {}): CorsRule => ({
      allowedOrigins: [fixture().origin],
      allowedMethods: ['PUT', 'GET'],
      allowedHeaders: ['content-type', 'x-amz-meta-*'],
      exposeHeaders: ['ETag'],
      ...changes,
    })

    it('allows what a rule allows, and no longer than the rule stands', async () => {
      const { client, newBucket, keys } = fixture()
      const bucket = await newBucket()
      const page = await openWithFile(fixture())
      expect((await putFile(fixture(), page, bucket, 'before')).answer.status).toBe(0)

      await client.setBucketCors(bucket, [rule({ allowedOrigins: ['https://x.test'] }), rule()])
      const { answer, preflights } = await putFile(fixture(), page, bucket, 'key')
      expect(answer).toMatchObject({ status: 200, headers: { etag: `"${etag}"` } })
      expect(preflights).toBe(1)
      await expectStored(fixture(), bucket, 'key')

      await client.deleteBucketCors(bucket)
      expect((await putFile(fixture(), page, bucket, 'behind')).answer.status).toBe(0)
      expect(await keys(bucket)).toEqual(['key'])
    })

    it('allows every origin with a star', async () => {
      const { client, newBucket } = fixture()
      const bucket = await newBucket()
      await client.setBucketCors(bucket, [rule({ allowedOrigins: ['*'], exposeHeaders: [] })])
      const page = await openWithFile(fixture())
      const { answer } = await putFile(fixture(), page, bucket, 'key')
      expect(answer.status).toBe(200)
      expect(answer.headers).not.toHaveProperty('etag')
      await expectStored(fixture(), bucket, 'key')
    })

    it('lets browsers remember the answer to a preflight', async () => {
      const { client, newBucket } = fixture()
      const bucket = await newBucket()
      await client.setBucketCors(bucket, [rule({ maxAgeSeconds: 600 })])
      const page = await openWithFile(fixture())
      const url = await client.presignedPutObject(bucket, 'key', { headers })
      const request = { url, method: 'PUT', headers, file: {} }
      const first = await watchedFetch(page, request)
      const second = await watchedFetch(page, request)
      expect([first.answer.status, second.answer.status]).toEqual([200, 200])
      expect([first.preflights, second.preflights]).toEqual([1, 0])
    })

    describe('stores nothing', () => {
      const cases: readonly (readonly [string, Partial<CorsRule> | undefined])[] = [
        ['without a rule', undefined],
        ['for a rule of another origin', { allowedOrigins: ['http://localhost:1'] }],
        ['for a rule of another scheme', { allowedOrigins: ['https://localhost*'] }],
        ['for a rule of other methods', { allowedMethods: ['GET', 'POST', 'HEAD', 'DELETE'] }],
        ['for a rule of fewer headers', { allowedHeaders: ['content-type'] }],
        ['for a rule without headers', { allowedHeaders: [] }],
      ]

      it.each(cases)('%s', async (_, changes) => {
        const { client, newBucket, keys } = fixture()
        const bucket = await newBucket()
        if (changes !== undefined) await client.setBucketCors(bucket, [rule(changes)])
        const page = await openWithFile(fixture())
        const { answer, preflights } = await putFile(fixture(), page, bucket, 'key')
        expect(answer.status).toBe(0)
        expect(preflights).toBe(1)
        expect(await keys(bucket)).toEqual([])
      })
    })

    it('keeps objects from pages that no rule names', async () => {
      const { client, open, newBucket } = fixture()
      const bucket = await newBucket()
      await client.putObject(bucket, 'key', bytes)
      const url = await client.presignedGetObject(bucket, 'key')
      const page = await open()
      expect(await page.evaluate(fetchInPage, { url })).toMatchObject({ status: 0, body: '' })
      await client.setBucketCors(bucket, [rule()])
      expect(await page.evaluate(fetchInPage, { url })).toMatchObject({ status: 200 })
    })
  },
)
