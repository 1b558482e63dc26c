import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  sseC,
  sseKms,
  sseS3,
  type Client,
  type ComposeSource,
  type Sse,
  type SseCustomerKey,
} from 'stowage'
import { conformance } from './harness/conformance.ts'
import { contentOf, digest, md5, mebibyte, partSize, pattern, refusal } from './harness/content.ts'
import { verdict } from './harness/forms.ts'
import { plainHttp } from './harness/plain-http.ts'
import type { RunningTarget } from './harness/target.ts'

const key = sseC(new Uint8Array(32).fill(1))
const otherKey = sseC(new Uint8Array(32).fill(2))

function kms({ kmsKeyId }: RunningTarget, context?: Record<string, string>): Sse {
  if (kmsKeyId === undefined) throw new Error("a case without needs: ['kms keys']")
  return sseKms(kmsKeyId, context)
}

conformance('SSE-C', (defineCase) => {
  defineCase(
    'has an ETag that tells nothing about the content',
    async ({ client, bucket, running }) => {
      const name = await bucket()
      for (const sse of [key, kms(running)]) {
        const { etag } = await client.putObject(name, 'a', 'hello', { sse })
        expect(etag).not.toBe(md5('hello'))
      }
    },
    { needs: ['customer keys', 'kms keys', 'hidden MD5'] },
  )

  defineCase(
    'gives the content back for its key, and for no other',
    async ({ client, bucket }) => {
      const name = await bucket()
      const content = pattern(100_000)
      await client.putObject(name, 'a', content, { sse: key })
      expect(digest(await contentOf(client, name, 'a', { sse: key }))).toBe(digest(content))
      const range = { offset: 65_530, length: 20 }
      const part = await contentOf(client, name, 'a', { sse: key, ...range })
      expect(digest(part)).toBe(digest(content.subarray(65_530, 65_550)))
      expect(await refusal(client.getObject(name, 'a'))).toMatch(/^400 /)
      const wrong = client.getObject(name, 'a', { sse: otherKey })
      expect(await refusal(wrong)).toMatch(/^40[03] /)
    },
    { needs: ['customer keys'] },
  )

  defineCase(
    'refuses a key for what is in the clear',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'plain', 'a')
      const needless = client.getObject(name, 'plain', { sse: key })
      expect(await refusal(needless)).toBe('400 InvalidRequest')
    },
    { needs: ['customer keys', 'needed keys only'] },
  )

  defineCase(
    'shows itself to who has the key',
    async ({ client, bucket }) => {
      const name = await bucket()
      const { etag } = await client.putObject(name, 'a', 'hello', { sse: key })
      expect(await client.statObject(name, 'a', { sse: key })).toMatchObject({
        etag,
        sizeBytes: 5,
        sseCustomerAlgorithm: 'AES256',
        sseAlgorithm: undefined,
      })
      expect(await refusal(client.statObject(name, 'a'))).toMatch(/^400 /)
      expect(await refusal(client.statObject(name, 'a', { sse: otherKey }))).toMatch(/^40[03] /)
      const [listed] = await client.listObjectsV2(name).toArray()
      expect(listed).toMatchObject({ object: 'a', sizeBytes: 5, etag })
    },
    { needs: ['customer keys'] },
  )

  defineCase(
    'works in parts, and in files',
    async ({ client, bucket }) => {
      const name = await bucket()
      const content = pattern(11 * mebibyte)
      const { etag } = await client.putObject(name, 'a', content, { sse: key, partSize })
      expect(etag.endsWith('-3')).toBe(true)
      expect(digest(await contentOf(client, name, 'a', { sse: key }))).toBe(digest(content))
      const at = { offset: partSize - 5, length: 10 }
      const border = await contentOf(client, name, 'a', { sse: key, ...at })
      expect(digest(border)).toBe(digest(content.subarray(partSize - 5, partSize + 5)))
      const folder = await mkdtemp(join(tmpdir(), 'stowage-sse-'))
      try {
        const path = join(folder, 'a')
        await client.fGetObject(name, 'a', path, { sse: key, partSize: mebibyte })
        expect(digest(await readFile(path))).toBe(digest(content))
        await client.fPutObject(name, 'b', path, { sse: otherKey, partSize })
        expect(digest(await contentOf(client, name, 'b', { sse: otherKey }))).toBe(digest(content))
        const wrong = client.fGetObject(name, 'a', path, { sse: otherKey })
        expect(await refusal(wrong)).toMatch(/^40[03] /)
      } finally {
        await rm(folder, { recursive: true })
      }
    },
    { needs: ['customer keys'] },
  )

  defineCase(
    'is read through a presigned request by who sends the key',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'a', 'hello', { sse: key })
      const { url, headers } = await client.presignedRequest('GET', name, 'a', { sse: key })
      expect((await plainHttp(url, { headers })).body).toBe('hello')
      expect((await plainHttp(url)).status).toBe(403)
      const other = await plainHttp(url, { headers: { ...otherKey.headers() } })
      expect(verdict(other)).toBe('403 SignatureDoesNotMatch')
    },
    { needs: ['customer keys'] },
  )
})

conformance('SSE-S3', (defineCase) => {
  defineCase(
    'encrypts unseen: content, size and ETag are those of what was sent',
    async ({ client, bucket }) => {
      const name = await bucket()
      const content = pattern(100_000)
      const { etag } = await client.putObject(name, 'a', content, { sse: sseS3() })
      expect(etag).toBe(md5(content))
      await client.putObject(name, 'parts', pattern(partSize + 1), { sse: sseS3(), partSize })
      await client.putObject(name, 'empty', '', { sse: sseS3() })
      for (const [object, sizeBytes] of Object.entries({
        a: 100_000,
        parts: partSize + 1,
        empty: 0,
      })) {
        const stat = await client.statObject(name, object)
        expect(stat, object).toMatchObject({ sizeBytes, sseAlgorithm: 'AES256' })
        expect(digest(await contentOf(client, name, object)), object).toBe(
          digest(pattern(sizeBytes)),
        )
      }
    },
    { needs: ['encryption'] },
  )

  defineCase(
    'comes from the default of the bucket',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putBucketEncryption(name, { algorithm: 'AES256' })
      await client.putObject(name, 'a', 'hello')
      await client.putObject(name, 'own', 'hello', { sse: key })
      expect((await client.statObject(name, 'a')).sseAlgorithm).toBe('AES256')
      const own = await client.statObject(name, 'own', { sse: key })
      expect(own.sseCustomerAlgorithm).toBe('AES256')
      expect((await contentOf(client, name, 'a')).toString()).toBe('hello')
    },
    { needs: ['encryption', 'bucket encryption', 'customer keys'] },
  )
})

conformance('SSE-KMS', (defineCase) => {
  defineCase(
    'encrypts with the key that is named',
    async ({ client, bucket, running }) => {
      const name = await bucket()
      const content = pattern(100_000)
      await client.putObject(name, 'a', content, { sse: kms(running) })
      const sse = kms(running, { tenant: 'Köln' })
      await client.putObject(name, 'parts', pattern(partSize + 1), { sse, partSize })
      for (const object of ['a', 'parts']) {
        const stat = await client.statObject(name, object)
        expect(stat.sseAlgorithm, object).toBe('aws:kms')
        expect(stat.sseKmsKeyId?.endsWith(running.kmsKeyId ?? '?'), object).toBe(true)
        expect(digest(await contentOf(client, name, object)), object).toBe(
          digest(pattern(stat.sizeBytes)),
        )
      }
    },
    { needs: ['kms keys'] },
  )

  defineCase(
    'refuses a key that is not there',
    async ({ client, bucket }) => {
      const name = await bucket()
      const put = client.putObject(name, 'a', 'a', { sse: sseKms('no-such-key') })
      expect(['400 KMS.NotFoundException', '400 InvalidArgument']).toContain(await refusal(put))
      expect(await client.objectExists(name, 'a')).toBe(false)
    },
    { needs: ['kms keys'] },
  )
})

interface Kind {
  readonly sse: Sse | undefined
  /** What reading takes. */
  readonly customerKey?: SseCustomerKey
}

function kindsOf(running: RunningTarget, customerKey: SseCustomerKey): Record<string, Kind> {
  return {
    none: { sse: undefined },
    s3: { sse: sseS3() },
    kms: { sse: kms(running) },
    customer: { sse: customerKey, customerKey },
  }
}

async function copyAll(
  client: Client,
  bucket: string,
  running: RunningTarget,
  inParts: boolean,
): Promise<void> {
  const content = pattern(partSize + 1000)
  const targets = Object.entries(kindsOf(running, otherKey))
  for (const [from, source] of Object.entries(kindsOf(running, key))) {
    await client.putObject(bucket, from, content, { sse: source.sse, partSize })
    for (const [to, { sse, customerKey }] of targets) {
      const object = `${from} to ${to}`
      const { customerKey: sourceSse } = source
      const { etag } = await client.copyObject(bucket, object, `${bucket}/${from}`, {
        sse,
        sourceSse,
        ...(inParts && { partSize }),
      })
      const copied = await contentOf(client, bucket, object, { sse: customerKey })
      expect(digest(copied), object).toBe(digest(content))
      const stat = await client.statObject(bucket, object, { sse: customerKey })
      expect([stat.etag, stat.sseCustomerAlgorithm !== undefined], object).toEqual([
        etag,
        to === 'customer',
      ])
      // One request leaves it to the bucket; a copy in parts is no worse than its source.
      const kept = inParts && to === 'none' ? from : to
      expect(stat.sseAlgorithm, object).toBe({ s3: 'AES256', kms: 'aws:kms' }[kept])
    }
  }
}

conformance('copies between encryptions', (defineCase) => {
  defineCase(
    'from each kind to each other',
    async ({ client, bucket, running }) => copyAll(client, await bucket(), running, false),
    { needs: ['encryption', 'kms keys', 'customer keys', 'copies between encryptions'] },
  )

  defineCase(
    'from each kind to each other, in parts',
    async ({ client, bucket, running }) => copyAll(client, await bucket(), running, true),
    { needs: ['encryption', 'kms keys', 'customer keys', 'copies between encryptions'] },
  )

  defineCase(
    'keep the key of the first source, unless the bucket has a default that does as much',
    async ({ client, bucket, running }) => {
      const name = await bucket()
      await client.putObject(name, 'kms', pattern(partSize), { sse: kms(running) })
      await client.putObject(name, 's3', pattern(partSize), { sse: sseS3() })
      const kmsFirst = [
        { bucket: name, object: 'kms' },
        { bucket: name, object: 's3' },
      ]
      const compose = async (object: string, sources: ComposeSource[]) => {
        await client.composeObject(name, object, sources)
        return client.statObject(name, object)
      }
      const kept = await compose('kept', kmsFirst)
      expect(kept.sseAlgorithm).toBe('aws:kms')
      expect(kept.sseKmsKeyId?.endsWith(running.kmsKeyId ?? '?')).toBe(true)
      await client.putBucketEncryption(name, { algorithm: 'AES256' })
      expect((await compose('stronger', kmsFirst)).sseAlgorithm).toBe('aws:kms')
      await client.putBucketEncryption(name, { algorithm: 'aws:kms', kmsKeyId: running.kmsKeyId })
      const s3First = kmsFirst.toReversed()
      expect((await compose('lifted', s3First)).sseAlgorithm).toBe('aws:kms')
    },
    { needs: ['encryption', 'bucket encryption', 'kms keys', 'copies between encryptions'] },
  )

  defineCase(
    'compose objects of several kinds into one',
    async ({ client, bucket, running }) => {
      const name = await bucket()
      const kinds = Object.entries(kindsOf(running, key))
      const content = pattern(partSize + 1000)
      const sources: ComposeSource[] = []
      for (const [object, { sse, customerKey: sourceSse }] of kinds) {
        await client.putObject(name, object, content, { sse })
        sources.push({ bucket: name, object, sourceSse })
      }
      await client.composeObject(name, 'all', sources, { sse: otherKey })
      const all = await contentOf(client, name, 'all', { sse: otherKey })
      expect(digest(all)).toBe(digest(Buffer.concat(kinds.map(() => content))))
    },
    { needs: ['encryption', 'kms keys', 'customer keys', 'copies between encryptions'] },
  )

  defineCase(
    'need the key of the source',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'a', 'a', { sse: key })
      const copy = (sourceSse: SseCustomerKey | undefined) =>
        client.copyObject(name, 'b', `${name}/a`, { sourceSse })
      expect(await refusal(copy(undefined))).toMatch(/^400 /)
      expect(await refusal(copy(otherKey))).toMatch(/^40[03] /)
      expect(await client.objectExists(name, 'b')).toBe(false)
    },
    { needs: ['customer keys', 'copies between encryptions'] },
  )

  defineCase(
    'change the key of an object in its place',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'a', 'hello', { sse: key })
      await client.copyObject(name, 'a', `${name}/a`, { sourceSse: key, sse: otherKey })
      const read = await contentOf(client, name, 'a', { sse: otherKey })
      expect(read.toString()).toBe('hello')
      expect(await refusal(client.getObject(name, 'a', { sse: key }))).toMatch(/^40[03] /)
    },
    { needs: ['customer keys', 'new keys in place'] },
  )
})
