import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  completeMultipartUploadResultDocument,
  decodeXml,
  errorDocument,
  initiateMultipartUploadDocument,
  listPartsDocument,
  rootName,
} from '../../src/index.ts'

const folder = fileURLToPath(
  new URL('../../../../../shared/vectors/mock-responses-aws-c-s3/', import.meta.url),
)

interface Answer {
  readonly body: readonly string[]
}

function bodyOf(path: string): string {
  const answer: Answer = JSON.parse(readFileSync(`${folder}${path}.json`, 'utf8'))
  return answer.body.join('\n')
}

describe.skipIf(!existsSync(folder))('scripted answers of aws-c-s3 (vectors needed)', () => {
  const errors: Readonly<Record<string, string>> = {
    'CompleteMultipartUpload/async_access_denied_error': 'AccessDenied',
    'CompleteMultipartUpload/async_internal_error': 'InternalError',
    'CreateMultipartUpload/request_time_too_skewed': 'RequestTimeTooSkewed',
    'UploadPart/throttle': 'SlowDown',
  }
  test.each(Object.entries(errors))('%s', (path, code) => {
    const body = bodyOf(path)
    expect(rootName(body)).toBe('Error')
    expect(decodeXml(errorDocument, body)).toMatchObject({ code })
  })

  test('CompleteMultipartUpload, CreateMultipartUpload', () => {
    const completed = bodyOf('CompleteMultipartUpload/default')
    expect(decodeXml(completeMultipartUploadResultDocument, completed).etag).not.toBe('')
    const created = bodyOf('CreateMultipartUpload/default')
    expect(decodeXml(initiateMultipartUploadDocument, created).uploadId).not.toBe('')
  })

  test('ListParts', () => {
    const first = decodeXml(listPartsDocument, bodyOf('ListParts/multiple_list_parts_1'))
    expect(first).toMatchObject({
      isTruncated: true,
      nextPartNumberMarker: 2,
      parts: [{ partNumber: 2, checksumCRC32: 'KtQF9Q==', sizeBytes: 8_388_608 }],
    })
  })
})
