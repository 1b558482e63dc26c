import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { PostPolicy, type Client } from 'stowage'
import { conformance } from './harness/conformance.ts'
import { contentOf, digest, partSize, pattern } from './harness/content.ts'
import { postForm } from './harness/forms.ts'
import { plainHttp } from './harness/plain-http.ts'

type Way = (client: Client, bucket: string, object: string, content: Buffer) => Promise<unknown>

/** Every way for bytes to become an object. */
const waysIn: Record<string, Way> = {
  'one request': (client, bucket, object, content) => client.putObject(bucket, object, content),
  parts: (client, bucket, object, content) =>
    client.putObject(bucket, object, content, { partSize }),
  'a stream': (client, bucket, object, content) =>
    client.putObject(bucket, object, new Blob([new Uint8Array(content)]).stream(), { partSize }),
  'a copy': async (client, bucket, object, content) => {
    await client.putObject(bucket, `source of ${object}`, content)
    await client.copyObject(bucket, object, { bucket, object: `source of ${object}` })
  },
  'a copy of parts': async (client, bucket, object, content) => {
    await client.putObject(bucket, `source of ${object}`, content, { partSize })
    await client.copyObject(bucket, object, { bucket, object: `source of ${object}` })
  },
  'a presigned URL': async (client, bucket, object, content) => {
    const url = await client.presignedPutObject(bucket, object)
    expect((await plainHttp(url, { method: 'PUT', body: content })).status).toBe(200)
  },
  'a form': async (client, bucket, object, content) => {
    const policy = new PostPolicy()
      .setBucket(bucket)
      .setKey(object)
      .setExpires(new Date(Date.now() + 60_000))
    const { url, fields } = await client.presignedPostPolicy(policy)
    expect((await postForm(url, fields, { name: 'a', content })).status).toBe(204)
  },
  'a file': (client, bucket, object, content) =>
    withFile(async (path) => {
      await writeFile(path, content)
      await client.fPutObject(bucket, object, path, { partSize })
    }),
}

/** Every way to read one. */
const waysOut: Record<string, (client: Client, bucket: string, object: string) => Promise<Buffer>> =
  {
    'one request': (client, bucket, object) => contentOf(client, bucket, object),
    'two ranges': async (client, bucket, object) =>
      Buffer.concat([
        await contentOf(client, bucket, object, { length: 1234 }),
        await contentOf(client, bucket, object, { offset: 1234 }),
      ]),
    'a presigned URL': async (client, bucket, object) =>
      (await plainHttp(await client.presignedGetObject(bucket, object))).bytes,
    'a file': (client, bucket, object) =>
      withFile(async (path) => {
        await client.fGetObject(bucket, object, path, { partSize: 1_000_000 })
        return readFile(path)
      }),
  }

async function withFile<T>(body: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-same-'))
  try {
    return await body(join(folder, 'a'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

conformance('the same bytes', (defineCase) => {
  defineCase(
    'come back, whichever way they went in and out',
    async ({ client, bucket }) => {
      const name = await bucket()
      const content = pattern(partSize + 12_345)
      for (const [wayIn, put] of Object.entries(waysIn)) {
        await put(client, name, wayIn, content)
        for (const [wayOut, get] of Object.entries(waysOut)) {
          const label = `in by ${wayIn}, out by ${wayOut}`
          expect(digest(await get(client, name, wayIn)), label).toBe(digest(content))
        }
      }
    },
    { needs: ['post forms'] },
  )
})
