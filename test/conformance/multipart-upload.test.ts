import { expect } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { contentOf, keysOf, partSize } from './harness/content.ts'
import { verdict } from './harness/forms.ts'
import { beginUpload, completeUpload, uploadPart } from './harness/uploads.ts'

/** What `putObject` never sends, and stores meet all the same. */
conformance('multipart upload of another program', (defineCase) => {
  defineCase('may be one empty part', async ({ client, bucket }) => {
    const name = await bucket()
    const uploadId = await beginUpload(client, name, 'empty')
    const etag = await uploadPart(client, name, 'empty', { uploadId, partNumber: 1, body: '' })
    const parts = [[1, etag]] as const
    const { status } = await completeUpload(client, name, 'empty', { uploadId, parts })
    expect(status).toBe(200)
    const stat = await client.statObject(name, 'empty')
    expect([stat.sizeBytes, stat.etag?.endsWith('-1')]).toEqual([0, true])
    expect((await contentOf(client, name, 'empty')).length).toBe(0)
  })

  defineCase(
    'is refused when its list of parts is wrong, and can be mended',
    async (context) => {
      const { client } = context
      const name = await context.bucket()
      const uploadId = await beginUpload(client, name, 'a')
      const put = (partNumber: number, body: string): Promise<string> =>
        uploadPart(client, name, 'a', { uploadId, partNumber, body })
      const large = await put(3, 'x'.repeat(partSize))
      const small = await put(7, 'small')
      const last = await put(9, 'last')
      const verdictOf = async (...parts: readonly (readonly [number, string])[]): Promise<string> =>
        verdict(await completeUpload(client, name, 'a', { uploadId, parts }))
      expect(await verdictOf([7, small], [3, large])).toBe('400 InvalidPartOrder')
      expect(await verdictOf([3, large], [4, last])).toBe('400 InvalidPart')
      expect(await verdictOf([3, small])).toBe('400 InvalidPart')
      expect(await verdictOf([3, large], [7, small], [9, last])).toBe('400 EntityTooSmall')
      expect(await verdictOf()).toMatch(/^400 (MalformedXML|InvalidRequest)$/)
      expect(await keysOf(client, name)).toEqual([])
      // What is not listed is dropped.
      expect(await verdictOf([3, large], [9, last])).toBe('200')
      expect((await contentOf(client, name, 'a')).subarray(partSize).toString()).toBe('last')
      expect(await client.listIncompleteUploads(name).toArray()).toEqual([])
    },
    { needs: ['part lists of S3'] },
  )

  defineCase(
    'that does not exist is said to be none',
    async ({ client, bucket }) => {
      const name = await bucket()
      const uploadId = await beginUpload(client, name, 'a')
      const etag = await uploadPart(client, name, 'a', { uploadId, partNumber: 1, body: 'a' })
      await client.removeIncompleteUpload(name, 'a')
      const parts = [[1, etag]] as const
      const answer = await completeUpload(client, name, 'a', { uploadId, parts })
      expect(verdict(answer)).toBe('404 NoSuchUpload')
      expect(await keysOf(client, name)).toEqual([])
    },
    { needs: ['ended uploads'] },
  )
})
