import { createHash } from 'node:crypto'
import type { Page, Response } from 'playwright-core'
import { PostPolicy } from 'stowage'
import { describe, expect, it } from 'vitest'

import { describeInBrowser, type Fixture } from './support/fixture.ts'
import { buildForm, fetchInPage, fileInput, type PageForm } from './support/in-page.ts'

/** Every byte, line ends, and what looks like a boundary. */
const bytes = Buffer.concat([
  Buffer.from('\r\n------WebKitFormBoundary\r\n--\r\n\n\r\0'),
  Buffer.from(Array.from({ length: 256 * 300 }, (_, index) => (index * 7) % 256)),
  Buffer.from('\r\n--'),
])
const etag = createHash('md5').update(bytes).digest('hex')
const key = 'folder/sp ace+é %2F&?#.bin'
const contentType = 'application/x-form; v="1"'
const metadata = { colour: 'red', 'many-words': 'one, two "three"', greeting: 'grüß Gott' }

function policyFor(bucket: string): PostPolicy {
  return new PostPolicy()
    .setBucket(bucket)
    .setKey(key)
    .setContentType(contentType)
    .setMetadata(metadata)
    .setContentLengthRange(1, 1024 ** 2)
    .setExpires(new Date(Date.now() + 3600 * 1000))
}

/** Presses the button of the form; the answer of the store, before any redirect. */
async function submit(page: Page, url: string): Promise<Response> {
  const answer = page.waitForResponse(
    (response) => response.url() === url && response.request().method() === 'POST',
  )
  await page.click('button')
  return answer
}

async function fill(page: Page, form: PageForm, path: string): Promise<void> {
  await page.evaluate(buildForm, form)
  await page.setInputFiles(fileInput, path)
}

async function expectStored({ client, read, keys }: Fixture, bucket: string): Promise<void> {
  expect(await keys(bucket)).toEqual([key])
  expect((await read(bucket, key)).equals(bytes)).toBe(true)
  expect(await client.statObject(bucket, key)).toMatchObject({
    sizeBytes: bytes.length,
    etag,
    contentType,
    metadata,
  })
}

describeInBrowser(
  'forms that a page sends to another site',
  () => ({}),
  (fixture) => {
    it('goes back to the page with success_action_redirect', async () => {
      const { client, origin, open, file, newBucket } = fixture()
      const bucket = await newBucket()
      const policy = policyFor(bucket).setSuccessActionRedirect(`${origin}/done?from=form`)
      const form = await client.presignedPostPolicy(policy)
      const page = await open()
      await fill(page, form, file('a.bin', bytes))
      expect((await submit(page, form.url)).status()).toBe(303)
      await page.waitForURL(`${origin}/done?**`)
      const result = new URL(page.url()).searchParams
      expect(Object.fromEntries(result)).toEqual({ from: 'form', bucket, key, etag: `"${etag}"` })
      expect(await page.title()).toBe('Page')
      await expectStored(fixture(), bucket)
    })

    it('shows the document with success_action_status 201', async () => {
      const { client, server, open, file, newBucket } = fixture()
      const bucket = await newBucket()
      const form = await client.presignedPostPolicy(policyFor(bucket).setSuccessActionStatus(201))
      const page = await open()
      await fill(page, form, file('a.bin', bytes))
      const answer = await submit(page, form.url)
      expect(answer.status()).toBe(201)
      expect(await answer.headerValue('content-type')).toBe('application/xml')
      expect(await answer.text()).toContain(`<Bucket>${bucket}</Bucket>`)
      await page.waitForURL((url) => url.origin === server.endpoint)
      await expectStored(fixture(), bucket)
    })

    it('leaves the page where it is without either', async () => {
      const { client, origin, open, file, newBucket } = fixture()
      const bucket = await newBucket()
      const form = await client.presignedPostPolicy(policyFor(bucket))
      const page = await open()
      await fill(page, form, file('a.bin', bytes))
      expect((await submit(page, form.url)).status()).toBe(204)
      expect(page.url()).toBe(`${origin}/`)
      await expectStored(fixture(), bucket)
    })

    it.each([
      ['plain.txt', 'plain.txt'],
      ['sp ace & é €.txt', 'sp ace & é €.txt'],
      ["it's; a=b.txt", "it's; a=b.txt"],
      ['100%.txt', '100%.txt'],
      // S3 takes what follows the last slash or backslash, for browsers that send a path.
      ['back\\slash.txt', 'slash.txt'],
      // Browsers write a quote so, and nothing tells it from a name that has these three characters.
      ['quo"te.txt', 'quo%22te.txt'],
    ])('puts the name of the file into the key: %s', async (name, end) => {
      const { client, open, file, newBucket, keys, read } = fixture()
      const bucket = await newBucket()
      const policy = new PostPolicy()
        .setBucket(bucket)
        .setKeyPrefix('by-ann/')
        .setContentTypePrefix('text/')
        .setExpires(new Date(Date.now() + 60_000))
      const { url, fields } = await client.presignedPostPolicy(policy)
      const page = await open()
      const form = {
        url,
        fields: { ...fields, key: 'by-ann/${filename}', 'Content-Type': 'text/x' },
      }
      await fill(page, form, file(name, bytes))
      expect((await submit(page, url)).status()).toBe(204)
      expect(await keys(bucket)).toEqual([`by-ann/${end}`])
      expect((await read(bucket, `by-ann/${end}`)).equals(bytes)).toBe(true)
    })

    it.each([
      ['a little too large', 1024 ** 2 + 1],
      ['much too large', 6 * 1024 ** 2],
      ['too small', 0],
    ])('refuses a file that is %s', async (_, sizeBytes) => {
      const { client, open, file, newBucket, keys } = fixture()
      const bucket = await newBucket()
      const form = await client.presignedPostPolicy(policyFor(bucket))
      const page = await open()
      await fill(page, form, file('a.bin', Buffer.alloc(sizeBytes, 'x')))
      expect((await submit(page, form.url)).status()).toBe(400)
      expect(await keys(bucket)).toEqual([])
    })

    it('refuses a form that has expired', async () => {
      const { client, open, file, newBucket, keys } = fixture()
      const bucket = await newBucket()
      const requestDate = new Date(Date.now() - 3600 * 1000)
      const policy = policyFor(bucket).setExpires(new Date(Date.now() - 1000))
      const form = await client.presignedPostPolicy(policy, { requestDate })
      const page = await open()
      await fill(page, form, file('a.bin', bytes))
      expect((await submit(page, form.url)).status()).toBe(403)
      expect(await keys(bucket)).toEqual([])
    })

    describe('changed in the page', () => {
      const widened = Buffer.from(
        JSON.stringify({ expiration: '2100-01-01T00:00:00.000Z', conditions: [] }),
      ).toString('base64')
      const changes: readonly (readonly [name: string, value: string | undefined])[] = [
        ['key', 'folder/another.bin'],
        ['Content-Type', 'text/html'],
        ['Content-Type', undefined],
        ['x-amz-meta-colour', 'blue'],
        ['x-amz-meta-added', 'yes'],
        ['acl', 'public-read'],
        ['success_action_redirect', 'http://localhost:1/'],
        ['success_action_status', '201'],
        ['policy', widened],
        ['x-amz-date', '20200101T000000Z'],
        ['x-amz-signature', '0'.repeat(64)],
      ]

      it('refuses another bucket', async () => {
        const { client, open, file, newBucket, keys } = fixture()
        const bucket = await newBucket()
        const other = await newBucket()
        const { url, fields } = await client.presignedPostPolicy(policyFor(bucket))
        const moved = url.replace(bucket, other)
        const page = await open()
        await fill(page, { url: moved, fields: { ...fields, bucket } }, file('a.bin', bytes))
        expect((await submit(page, moved)).status()).toBe(403)
        expect([...(await keys(bucket)), ...(await keys(other))]).toEqual([])
      })

      it.each(changes)('refuses %s: %s', async (name, value) => {
        const { client, open, file, newBucket, keys } = fixture()
        const bucket = await newBucket()
        const { url, fields } = await client.presignedPostPolicy(policyFor(bucket))
        const changed = Object.entries(fields).filter(([field]) => field !== name)
        if (value !== undefined) changed.push([name, value])
        const page = await open()
        await fill(page, { url, fields: Object.fromEntries(changed) }, file('a.bin', bytes))
        expect((await submit(page, url)).status()).toBe(403)
        expect(await keys(bucket)).toEqual([])
      })
    })
  },
)

describeInBrowser(
  'forms by fetch',
  (origin) => ({
    cors: {
      allowedOrigins: [origin],
      allowedMethods: ['POST'],
      exposeHeaders: ['ETag', 'Location'],
    },
  }),
  (fixture) => {
    const send = (url: string) => ({ url, method: 'POST', form: true })

    it('stores the file, and the page reads the answer', async () => {
      const { client, server, open, file, newBucket } = fixture()
      const bucket = await newBucket()
      const form = await client.presignedPostPolicy(policyFor(bucket).setSuccessActionStatus(201))
      const page = await open()
      await fill(page, form, file('a.bin', bytes))
      const answer = await page.evaluate(fetchInPage, send(form.url))
      expect(answer).toMatchObject({ status: 201, headers: { etag: `"${etag}"` } })
      expect(answer.headers['location']).toMatch(`${server.endpoint}/${bucket}/folder/`)
      expect(Buffer.from(answer.body, 'base64').toString()).toContain(`<Bucket>${bucket}</Bucket>`)
      await expectStored(fixture(), bucket)
    })

    it('follows success_action_redirect to the page, as browsers do', async () => {
      const { client, open, file, newBucket, server } = fixture()
      const bucket = await newBucket()
      const shared = await newBucket()
      await client.putObject(shared, 'done', 'done')
      const policy = policyFor(bucket).setSuccessActionRedirect(`${server.endpoint}/${shared}/done`)
      const form = await client.presignedPostPolicy(policy)
      const page = await open()
      await fill(page, form, file('a.bin', bytes))
      // The page behind the redirect says nothing to this origin: what GET may do is not allowed.
      expect(await page.evaluate(fetchInPage, send(form.url))).toMatchObject({ status: 0 })
      await expectStored(fixture(), bucket)
    })

    it('lets the page read why a form is refused', async () => {
      const { client, open, file, newBucket, keys } = fixture()
      const bucket = await newBucket()
      const { url, fields } = await client.presignedPostPolicy(policyFor(bucket))
      const page = await open()
      await fill(page, { url, fields: { ...fields, key: 'other' } }, file('a.bin', bytes))
      const changed = await page.evaluate(fetchInPage, send(url))
      expect(changed.status).toBe(403)
      expect(Buffer.from(changed.body, 'base64').toString()).toContain('<Code>AccessDenied</Code>')

      await fill(page, { url, fields }, file('b.bin', Buffer.alloc(6 * 1024 ** 2)))
      const large = await page.evaluate(fetchInPage, send(url))
      expect(large.status).toBe(400)
      expect(Buffer.from(large.body, 'base64').toString()).toContain('<Code>EntityTooLarge</Code>')
      expect(await keys(bucket)).toEqual([])
    })

    it('keeps the answer from pages of a site that no rule names', async () => {
      const { client, otherOrigin, open, newBucket, file } = fixture()
      const bucket = await newBucket()
      const form = await client.presignedPostPolicy(policyFor(bucket))
      const page = await open()
      await page.goto(`${otherOrigin}/`)
      await fill(page, form, file('a.bin', bytes))
      expect(await page.evaluate(fetchInPage, send(form.url))).toMatchObject({ status: 0 })
      // Browsers send a form without asking first, as they always did: CORS guards the answer alone.
      await expectStored(fixture(), bucket)
    })
  },
)
