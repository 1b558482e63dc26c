import type { Client } from 'stowage'
import { plainHttp, type PlainAnswer } from './plain-http.ts'

function succeeded(answer: PlainAnswer): PlainAnswer {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`)
  return answer
}

/** Begins a multipart upload as another program would, and leaves it. Gives its upload id. */
export async function beginUpload(client: Client, bucket: string, key: string): Promise<string> {
  const url = await client.presignedUrl('POST', bucket, key, { extraQueryParams: { uploads: '' } })
  const { body } = succeeded(await plainHttp(url, { method: 'POST' }))
  const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(body)?.[1]
  if (uploadId === undefined) throw new Error(`no upload id: ${body}`)
  return uploadId
}

/** Uploads one part of it. Gives the ETag. */
export async function uploadPart(
  client: Client,
  bucket: string,
  key: string,
  part: { readonly uploadId: string; readonly partNumber: number; readonly body: string },
): Promise<string> {
  const { body, ...options } = part
  const url = await client.presignedUploadPart(bucket, key, options)
  const { headers } = succeeded(await plainHttp(url, { method: 'PUT', body }))
  return String(headers['etag'])
}

/** Makes an object of the parts that are listed. */
export async function completeUpload(
  client: Client,
  bucket: string,
  key: string,
  upload: {
    readonly uploadId: string
    readonly parts: readonly (readonly [partNumber: number, etag: string])[]
  },
): Promise<PlainAnswer> {
  const { uploadId, parts } = upload
  const extraQueryParams = { uploadId }
  const url = await client.presignedUrl('POST', bucket, key, { extraQueryParams })
  const listed = parts.map(
    ([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
  )
  const body = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`
  return plainHttp(url, { method: 'POST', body })
}
