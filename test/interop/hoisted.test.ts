import { PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { describe, expect, it } from 'vitest'

import { openAwsClient } from './support/aws-client.ts'
import { startSeeded, type SeededServer } from './support/replay.ts'
import { sendUrl, type WireReply } from './support/raw-http.ts'

const body = Buffer.from('uploaded by a browser')

/** Uploads with a URL into which the client of AWS has put the headers of the operation. */
async function upload(
  { server }: SeededServer,
  more: Partial<PutObjectCommandInput>,
): Promise<WireReply> {
  const client = openAwsClient(server)
  const command = new PutObjectCommand({ Bucket: 'seeded', Key: 'hoisted', ...more })
  const url = await getSignedUrl(client, command)
  client.destroy()
  return sendUrl(url, 'PUT', body)
}

describe('headers in the query of a presigned URL', () => {
  it('keeps the metadata', async () => {
    await using seeded = await startSeeded()
    const metadata = { colour: 'red', words: 'one two+three%20' }
    expect((await upload(seeded, { Metadata: metadata })).status).toBe(200)
    expect(await seeded.witness.stat('seeded', 'hoisted')).toMatchObject({ metadata })
  })

  it('keeps the storage class and the tags', async () => {
    await using seeded = await startSeeded()
    const options = { StorageClass: 'STANDARD_IA', Tagging: 'a=1&b=2' } as const
    expect((await upload(seeded, options)).status).toBe(200)
    const reply = await sendUrl(await seeded.witness.presignGet('seeded', 'hoisted'))
    expect(reply.headers.get('x-amz-storage-class')).toBe('STANDARD_IA')
    expect(reply.headers.get('x-amz-tagging-count')).toBe('2')
  })

  it.each<[string, Partial<PutObjectCommandInput>, string]>([
    ['an access list', { ACL: 'public-read' }, 'AccessControlListNotSupported'],
    ['object lock', { ObjectLockMode: 'GOVERNANCE' }, 'InvalidArgument'],
    ['a value that no header holds', { Metadata: { a: 'b\r\nx-c: d' } }, 'InvalidArgument'],
  ])('refuses %s as it refuses the header', async (what, more, code) => {
    await using seeded = await startSeeded()
    expect(what).not.toBe('')
    expect((await upload(seeded, more)).code).toBe(code)
    expect((await seeded.witness.list('seeded')).keys).not.toContain('hoisted')
    expect(seeded.defects).toEqual([])
  })
})
