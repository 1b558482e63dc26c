import { describe, expect, test } from 'vitest'
import { copyObject } from '../../src/operations/copy-object.ts'
import { sseC, sseKms } from '../../src/request/sse.ts'
import { reply } from '../support/replies.ts'

function sourceHeader(source: Parameters<typeof copyObject>[2]): string | undefined {
  return copyObject('bucket', 'key', source, {}).headers?.['x-amz-copy-source']
}

describe('copyObject', () => {
  test('is a PUT of the target that names the source, and may fail in its body', () => {
    expect(copyObject('bucket', 'key', 'from/a', {})).toMatchObject({
      operation: 'CopyObject',
      method: 'PUT',
      bucket: 'bucket',
      object: 'key',
      errorInBody: true,
      idempotent: true,
      headers: { 'x-amz-copy-source': '/from/a' },
    })
  })

  test.each([
    ['from/a/b', '/from/a/b'],
    ['/from/a/b', '/from/a/b'],
    ['from//a', '/from//a'],
    ['from/a+b 100%/ü?x', '/from/a%2Bb%20100%25/%C3%BC%3Fx'],
    ['from/../x', '/from/../x'],
    ['from/a%20b', '/from/a%2520b'],
    ['from/line\nend', '/from/line%0Aend'],
    ['from/a?versionId=v+1', '/from/a?versionId=v%2B1'],
    ['from/a?versionId=x?versionId=null', '/from/a%3FversionId%3Dx?versionId=null'],
    [{ bucket: 'from', object: 'a?versionId=x' }, '/from/a%3FversionId%3Dx'],
    [{ bucket: 'from', object: '/a', versionId: '0123' }, '/from//a?versionId=0123'],
  ])('source %j', (source, header) => {
    expect(sourceHeader(source)).toBe(header)
  })

  test.each([
    ['source', ''],
    ['source', 'from'],
    ['source', 'from/'],
    ['source', '/from'],
    ['source', 7],
    ['source', null],
    ['source.versionId', 'from/a?versionId='],
    ['source.bucket', { object: 'a' }],
    ['source.object', { bucket: 'from' }],
    ['source.object', { bucket: 'from', object: '' }],
    ['source.versionId', { bucket: 'from', object: 'a', versionId: '' }],
  ])('wrong %s is refused before any request: %j', (argument, source) => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => sourceHeader(source)).toThrow(expect.objectContaining({ argument }))
  })

  test('everything comes from the source by default', () => {
    const { headers } = copyObject('bucket', 'key', 'from/a', { sse: sseKms('k') })
    expect(headers).toEqual({
      'x-amz-copy-source': '/from/a',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'k',
    })
  })

  test('metadata replaces that of the source, the content type with it', () => {
    const { headers } = copyObject('bucket', 'key', 'from/a', { metadata: { colour: 'blue' } })
    expect(headers).toMatchObject({
      'x-amz-metadata-directive': 'REPLACE',
      'x-amz-meta-colour': 'blue',
      'content-type': 'application/octet-stream',
    })
    expect(
      copyObject('bucket', 'key', 'from/a', { contentType: 'text/plain' }).headers,
    ).toMatchObject({ 'x-amz-metadata-directive': 'REPLACE', 'content-type': 'text/plain' })
  })

  test('tags replace those of the source; none of them, too', () => {
    const tagged = copyObject('bucket', 'key', 'from/a', { tags: { a: 'b&c' } }).headers
    expect(tagged).toMatchObject({
      'x-amz-tagging-directive': 'REPLACE',
      'x-amz-tagging': 'a=b%26c',
    })
    expect(tagged).not.toHaveProperty('x-amz-metadata-directive')
    expect(copyObject('bucket', 'key', 'from/a', { tags: {} }).headers).toMatchObject({
      'x-amz-tagging-directive': 'REPLACE',
      'x-amz-tagging': '',
    })
  })

  test('conditions and keys of the source have names of their own', () => {
    const date = new Date('2024-02-29T10:00:00Z')
    const { headers } = copyObject('bucket', 'key', 'from/a', {
      conditions: {
        ifMatch: 'e',
        ifNoneMatch: 'f',
        ifModifiedSince: date,
        ifUnmodifiedSince: date,
      },
      sourceSse: sseC(Buffer.alloc(32, 1)),
      sse: sseC(Buffer.alloc(32, 2)),
    })
    expect(headers).toMatchObject({
      'x-amz-copy-source-if-match': '"e"',
      'x-amz-copy-source-if-none-match': '"f"',
      'x-amz-copy-source-if-modified-since': 'Thu, 29 Feb 2024 10:00:00 GMT',
      'x-amz-copy-source-if-unmodified-since': 'Thu, 29 Feb 2024 10:00:00 GMT',
      'x-amz-copy-source-server-side-encryption-customer-key': Buffer.alloc(32, 1).toString(
        'base64',
      ),
      'x-amz-server-side-encryption-customer-key': Buffer.alloc(32, 2).toString('base64'),
    })
  })

  test.each([
    ['conditions.ifMatch', { ifMatch: '' }],
    ['conditions.ifModifiedSince', { ifModifiedSince: new Date(Number.NaN) }],
  ])('wrong %s is refused before any request', (argument, conditions) => {
    expect(() => copyObject('bucket', 'key', 'from/a', { conditions })).toThrow(
      expect.objectContaining({ argument }),
    )
  })

  test('a key of the source that is none is refused before any request', () => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => copyObject('bucket', 'key', 'from/a', { sourceSse: {} })).toThrow(
      expect.objectContaining({ argument: 'sourceSse' }),
    )
  })

  test('reads the answer, blanks before it included', () => {
    const { read } = copyObject('bucket', 'key', 'from/a', {})
    const body =
      '\n  <?xml version="1.0"?>\n<CopyObjectResult><LastModified>2024-02-29T10:00:00.000Z</LastModified><ETag>&quot;e-2&quot;</ETag></CopyObjectResult>'
    const headers = { 'x-amz-version-id': 'n', 'x-amz-copy-source-version-id': 'o' }
    expect(read(reply(body, headers))).toEqual({
      etag: 'e-2',
      lastModified: new Date('2024-02-29T10:00:00Z'),
      versionId: 'n',
      sourceVersionId: 'o',
      checksums: {},
      checksumType: undefined,
    })
  })

  test('of a version is of that version, also where the store does not say so', () => {
    const { read } = copyObject('bucket', 'key', 'from/a?versionId=v', {})
    expect(
      read(reply('<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>')).sourceVersionId,
    ).toBe('v')
  })
})
