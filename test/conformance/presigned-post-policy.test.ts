import { expect } from 'vitest'
import { InvalidArgumentError, PostPolicy } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { contentOf, digest, keysOf, md5, pattern, rejection } from './harness/content.ts'
import { postForm, verdict } from './harness/forms.ts'

const needs = ['post forms'] as const

function policyFor(bucket: string): PostPolicy {
  return new PostPolicy().setBucket(bucket).setExpires(new Date(Date.now() + 60_000))
}

conformance('presignedPostPolicy', (defineCase) => {
  defineCase(
    'lets a form upload what the policy allows',
    async ({ client, bucket }) => {
      const name = await bucket()
      const policy = policyFor(name)
        .setKey('forms/ä b.bin')
        .setContentType('image/png')
        .setContentLengthRange(1, 1_000_000)
        .setMetadata({ city: 'Köln', note: 'a"b' })
        .setTags({ a: 'b+c =/@' })
      const { url, fields } = await client.presignedPostPolicy(policy)
      const content = pattern(300_000)
      const answer = await postForm(url, fields, { name: 'x.png', content })
      expect(answer.status).toBe(204)
      // Ceph sends none to a form.
      expect([`"${md5(content)}"`, undefined]).toContain(answer.headers.etag)
      expect(digest(await contentOf(client, name, 'forms/ä b.bin'))).toBe(digest(content))
      const stat = await client.statObject(name, 'forms/ä b.bin')
      expect(stat.contentType).toBe('image/png')
      expect({ ...stat.metadata }).toEqual({ city: 'Köln', note: 'a"b' })
      expect({ ...(await client.getObjectTags(name, 'forms/ä b.bin')) }).toEqual({ a: 'b+c =/@' })
    },
    { needs },
  )

  defineCase(
    'is sent by fetch as well',
    async ({ client, bucket }) => {
      const name = await bucket()
      const policy = policyFor(name).setKey('a').setTags({ b: 'c' }).setMetadata({ city: 'Köln' })
      const { url, fields } = await client.presignedPostPolicy(policy)
      const form = new FormData()
      for (const [field, value] of Object.entries(fields)) form.append(field, value)
      form.append('file', new Blob(['hello']), 'a.txt')
      const answer = await fetch(url, { method: 'POST', body: form })
      expect(answer.status, await answer.text()).toBe(204)
      expect((await contentOf(client, name, 'a')).toString()).toBe('hello')
      expect({ ...(await client.getObjectTags(name, 'a')) }).toEqual({ b: 'c' })
    },
    { needs: [...needs, 'usual certificate'] },
  )

  defineCase(
    'lets the form choose within prefixes',
    async ({ client, bucket }) => {
      const name = await bucket()
      const policy = policyFor(name).setKeyPrefix('user/ann/').setContentTypePrefix('image/')
      const { url, fields } = await client.presignedPostPolicy(policy)
      const post = (key: string, type: string) =>
        postForm(
          url,
          { ...fields, key, 'Content-Type': type },
          { name: 'photo 1.png', content: 'a' },
        )
      expect((await post('user/ann/${filename}', 'image/png')).status).toBe(204)
      expect(await keysOf(client, name)).toEqual(['user/ann/photo 1.png'])
      expect(verdict(await post('user/bob/a', 'image/png'))).toBe('403 AccessDenied')
      expect(verdict(await post('user/ann/a', 'text/html'))).toBe('403 AccessDenied')
      expect(await keysOf(client, name)).toEqual(['user/ann/photo 1.png'])
    },
    { needs },
  )

  defineCase(
    'takes a file that has no name',
    async ({ client, bucket }) => {
      const name = await bucket()
      const { url, fields } = await client.presignedPostPolicy(policyFor(name).setKey('named'))
      const answer = await postForm(url, fields, { name: '', content: 'content' })
      expect(answer.status, verdict(answer)).toBe(204)
      expect((await contentOf(client, name, 'named')).toString()).toBe('content')
    },
    { needs },
  )

  defineCase(
    'keeps to the range of lengths',
    async ({ client, bucket }) => {
      const name = await bucket()
      const policy = policyFor(name).setKey('a').setContentLengthRange(3, 5)
      const { url, fields } = await client.presignedPostPolicy(policy)
      const post = async (content: string) =>
        verdict(await postForm(url, fields, { name: 'a', content }))
      expect(await post('ab')).toBe('400 EntityTooSmall')
      expect(await post('abcdef')).toBe('400 EntityTooLarge')
      expect(await post('x'.repeat(500_000))).toBe('400 EntityTooLarge')
      expect(await client.objectExists(name, 'a')).toBe(false)
      expect(await post('abc')).toBe('204')
      expect(await post('abcde')).toBe('204')
    },
    { needs },
  )

  defineCase(
    'refuses every change to the form',
    async ({ client, bucket }) => {
      const name = await bucket()
      const policy = policyFor(name).setKey('a').setMetadata({ city: 'Bonn' })
      const { url, fields } = await client.presignedPostPolicy(policy)
      const { 'x-amz-meta-city': city = '', ...without } = fields
      const changed: Record<string, Record<string, string>> = {
        'another key': { ...fields, key: 'b' },
        'other metadata': { ...fields, 'x-amz-meta-city': `${city}!` },
        'metadata left away': without,
        'a field more': { ...fields, 'x-amz-meta-more': 'x' },
        'a header more': { ...fields, 'Cache-Control': 'no-store' },
        'another signature': { ...fields, 'x-amz-signature': '0'.repeat(64) },
        'another policy': {
          ...fields,
          policy: Buffer.from('{"expiration":"2099-01-01T00:00:00Z","conditions":[]}').toString(
            'base64',
          ),
        },
      }
      for (const [label, form] of Object.entries(changed)) {
        const answer = await postForm(url, form, { name: 'a', content: 'a' })
        expect(answer.status, `${label}: ${verdict(answer)}`).toBe(403)
      }
      expect(await keysOf(client, name)).toEqual([])
      // What begins so is for the form's own use.
      const ignored = { ...fields, 'x-ignore-note': 'x' }
      expect((await postForm(url, ignored, { name: 'a', content: 'a' })).status).toBe(204)
    },
    { needs },
  )

  defineCase(
    'ends when the policy does',
    async ({ client, bucket }) => {
      const name = await bucket()
      const policy = new PostPolicy()
        .setBucket(name)
        .setKey('a')
        .setExpires(new Date(Date.now() - 1000))
      const requestDate = new Date(Date.now() - 60_000)
      const { url, fields } = await client.presignedPostPolicy(policy, { requestDate })
      const answer = await postForm(url, fields, { name: 'a', content: 'a' })
      expect(verdict(answer)).toBe('403 AccessDenied')
      expect(await client.objectExists(name, 'a')).toBe(false)
    },
    { needs },
  )

  defineCase(
    'answers success as the policy wants it',
    async ({ client, bucket }) => {
      const name = await bucket()
      for (const status of [200, 201, 204] as const) {
        const policy = policyFor(name).setKey('a&b').setSuccessActionStatus(status)
        const { url, fields } = await client.presignedPostPolicy(policy)
        const answer = await postForm(url, fields, { name: 'a', content: 'a' })
        expect(answer.status).toBe(status)
        expect(answer.body.includes('<Key>a&amp;b</Key>')).toBe(status === 201)
      }
      const page = 'http://example.com/done?x=1'
      const policy = policyFor(name).setKey('a').setSuccessActionRedirect(page)
      const { url, fields } = await client.presignedPostPolicy(policy)
      const answer = await postForm(url, fields, { name: 'a', content: 'a' })
      expect(answer.status).toBe(303)
      const location = answer.headers.location ?? ''
      // Ceph begins a second query where the page has one.
      expect(location.startsWith(page)).toBe(true)
      expect(location).toMatch(/[?&]key=a(&|$)/)
    },
    { needs },
  )

  defineCase(
    'is refused when it is not whole, or too long',
    async ({ client, bucket }) => {
      const name = await bucket()
      const soon = new Date(Date.now() + 60_000)
      const late = new Date(Date.now() + 8 * 24 * 3_600_000)
      const wrong = [
        new PostPolicy().setKey('a').setExpires(soon),
        new PostPolicy().setBucket(name).setExpires(soon),
        new PostPolicy().setBucket(name).setKey('a'),
        new PostPolicy().setBucket(name).setKey('a').setExpires(late),
      ]
      for (const policy of wrong) {
        const refused = client.presignedPostPolicy(policy)
        expect(await rejection(refused)).toBeInstanceOf(InvalidArgumentError)
      }
    },
    { needs },
  )
})
