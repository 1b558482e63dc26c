import { describe, expect, test } from 'vitest'
import { InvalidArgumentError, InvalidResponseError } from '../../src/errors.ts'
import { listAnyObjects } from '../../src/operations/list-any-objects.ts'
import { listMultipartUploads } from '../../src/operations/list-multipart-uploads.ts'
import { listObjectVersions } from '../../src/operations/list-object-versions.ts'
import { listObjectsV2 } from '../../src/operations/list-objects-v2.ts'
import { listObjects } from '../../src/operations/list-objects.ts'
import { listParts } from '../../src/operations/list-parts.ts'
import { queryOf, reply } from '../support/replies.ts'

function contents(key: string): string {
  return `<Contents><Key>${key}</Key><LastModified>2024-01-02T03:04:05.000Z</LastModified><ETag>"e"</ETag><Size>1</Size></Contents>`
}

function prefixes(prefix: string): string {
  return `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`
}

function page(inner: string, isTruncated = true): string {
  return `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${isTruncated}</IsTruncated>${inner}</ListBucketResult>`
}

const encoded = '<EncodingType>url</EncodingType>'

describe('listObjects', () => {
  test('sends prefix, delimiter and max-keys always', () => {
    const { operation, page: describePage } = listObjects('bucket', {})
    expect(operation).toBe('ListObjects')
    const request = describePage()
    expect(request).toMatchObject({ method: 'GET', bucket: 'bucket', idempotent: true })
    expect(queryOf(request)).toEqual({
      'encoding-type': 'url',
      prefix: '',
      delimiter: '/',
      'max-keys': '1000',
    })
  })

  test('sends what was asked for, and the marker of the page', () => {
    const options = { prefix: 'a+b', recursive: true, startAfter: 'a+b/1', pageSize: 7 }
    const { page: describePage } = listObjects('bucket', options)
    const rest = { 'encoding-type': 'url', prefix: 'a+b', delimiter: '', 'max-keys': '7' }
    expect(queryOf(describePage())).toEqual({ ...rest, marker: 'a+b/1' })
    expect(queryOf(describePage('ü'))).toEqual({ ...rest, marker: 'ü' })
  })

  test.each([
    [
      'NextMarker, where there is one',
      `<NextMarker>n+1%2B</NextMarker>${encoded}${contents('z')}`,
      'n 1+',
    ],
    ['the last key', contents('a') + contents('b'), 'b'],
    ['the last key, where it is later', prefixes('a/') + contents('a0'), 'a0'],
    ['the last prefix, where it is later', prefixes('b/') + contents('a'), 'b/'],
    ['the last prefix alone, after an empty NextMarker', `<NextMarker/>${prefixes('p/')}`, 'p/'],
    // U+FF5E comes before U+1F600 in bytes, behind it in code units.
    ['the later one in bytes', contents('\u{1F600}') + prefixes('\u{FF5E}/'), '\u{1F600}'],
    ['a decoded key', `${encoded}${contents('a%2Fb+c')}`, 'a/b c'],
    ['a key that only looks encoded', contents('100%25+'), '100%25+'],
  ])('goes on at %s', (_, inner, next) => {
    const { read } = listObjects('bucket', {}).page()
    expect(read(reply(page(inner))).next).toEqual([next])
  })

  test('ends where the page is the last one', () => {
    const { read } = listObjects('bucket', {}).page()
    const { entries, next } = read(reply(page(contents('0123') + prefixes('d/'), false)))
    expect(next).toBeUndefined()
    expect(entries).toMatchObject([
      { isPrefix: false, object: '0123', etag: 'e', sizeBytes: 1 },
      { isPrefix: true, prefix: 'd/' },
    ])
  })

  test('refuses a truncated page from which nothing follows', () => {
    const { read } = listObjects('bucket', {}).page()
    expect(() => read(reply(page('')))).toThrow(InvalidResponseError)
  })
})

describe('listObjectsV2', () => {
  test('sends its options and the token', () => {
    const options = {
      prefix: 'p',
      startAfter: 's',
      fetchOwner: true,
      includeUserMetadata: true,
      pageSize: 1,
    }
    const { page: describePage } = listObjectsV2('bucket', options)
    expect(queryOf(describePage('a+/='))).toEqual({
      'list-type': '2',
      'encoding-type': 'url',
      prefix: 'p',
      delimiter: '/',
      'max-keys': '1',
      'start-after': 's',
      'fetch-owner': 'true',
      metadata: 'true',
      'continuation-token': 'a+/=',
    })
  })

  test('gives metadata under plain names', () => {
    const { read } = listObjectsV2('bucket', { includeUserMetadata: true }).page()
    const inner = contents('k').replace(
      '</Contents>',
      '<UserMetadata><X-Amz-Meta-Colour>=?UTF-8?B?Z3LDvG4=?=</X-Amz-Meta-Colour><content-type>text/plain</content-type></UserMetadata><UserTags>a=b</UserTags></Contents>',
    )
    const { entries } = read(reply(page(inner, false)))
    expect(entries).toMatchObject([{ userMetadata: { colour: 'grün' }, userTags: 'a=b' }])
  })

  test('refuses a truncated page without a token', () => {
    const { read } = listObjectsV2('bucket', {}).page()
    expect(() => read(reply(page(contents('k'))))).toThrow(InvalidResponseError)
    expect(() => read(reply(page('<NextContinuationToken/>')))).toThrow(InvalidResponseError)
  })
})

describe('versions', () => {
  const listed =
    '<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k+1</NextKeyMarker><NextVersionIdMarker>0123</NextVersionIdMarker><EncodingType>url</EncodingType>' +
    '<DeleteMarker><Key>k+1</Key><VersionId>9</VersionId><IsLatest>true</IsLatest><LastModified>2024-01-02T03:04:05Z</LastModified></DeleteMarker>' +
    '<Version><Key>k+1</Key><VersionId>0123</VersionId><IsLatest>false</IsLatest><LastModified>2024-01-02T03:04:04Z</LastModified><ETag>"e"</ETag><Size>3</Size></Version>' +
    '<DeleteMarker><Key>k+2</Key><VersionId>null</VersionId><IsLatest>true</IsLatest><LastModified>2024-01-02T03:04:05Z</LastModified></DeleteMarker>' +
    '<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListVersionsResult>'

  test('come in the order of the store, delete markers among them', () => {
    const { entries, next } = listObjectVersions('bucket', {}).page().read(reply(listed))
    expect(entries).toMatchObject([
      { object: 'k 1', versionId: '9', isLatest: true, isDeleteMarker: true },
      { object: 'k 1', versionId: '0123', isLatest: false, isDeleteMarker: false, sizeBytes: 3 },
      { object: 'k 2', versionId: 'null', isLatest: true, isDeleteMarker: true },
      { isPrefix: true, prefix: 'p/' },
    ])
    expect(next).toEqual(['k 1', '0123'])
  })

  test('go on behind both markers', () => {
    const { operation, page: describePage } = listObjectVersions('bucket', { recursive: true })
    expect(operation).toBe('ListObjectVersions')
    const rest = { versions: '', 'encoding-type': 'url', prefix: '', delimiter: '' }
    expect(queryOf(describePage())).toEqual(rest)
    expect(queryOf(describePage('k 1', '0123'))).toEqual({
      ...rest,
      'key-marker': 'k 1',
      'version-id-marker': '0123',
    })
  })

  test('go on behind a prefix, which has no version: an empty marker is not sent', () => {
    const { page: describePage } = listObjectVersions('bucket', {})
    const { next } = describePage().read(
      reply(listed.replace('<NextVersionIdMarker>0123<', '<NextVersionIdMarker><')),
    )
    expect(next).toEqual(['k 1'])
    expect(queryOf(describePage(...(next ?? [])))).not.toHaveProperty('version-id-marker')
  })

  test('start behind a key', () => {
    const { page: describePage } = listObjectVersions('bucket', { startAfter: 'm', pageSize: 2 })
    expect(queryOf(describePage())).toMatchObject({ 'key-marker': 'm', 'max-keys': '2' })
    expect(queryOf(describePage('n', '1'))).toMatchObject({ 'key-marker': 'n' })
  })

  test('behind a key leave out that key, which Ceph lists, but not a prefix before it', () => {
    const { read } = listObjectVersions('bucket', { startAfter: 'k 1' }).page()
    const { entries, next } = read(reply(listed.replace('<Prefix>p/', '<Prefix>a/')))
    expect(entries).toMatchObject([{ object: 'k 2' }, { prefix: 'a/' }])
    expect(next).toEqual(['k 1', '0123'])
  })

  test('go on at a marker that is not encoded while the names are, as Ceph sends it', () => {
    const { read } = listObjectVersions('bucket', {}).page()
    const versions =
      '<Version><Key>a%20b</Key><VersionId>1</VersionId><LastModified>2024-01-02T03:04:04Z</LastModified><Size>3</Size></Version>' +
      '<Version><Key>a%2Bb</Key><VersionId>2</VersionId><LastModified>2024-01-02T03:04:04Z</LastModified><Size>3</Size></Version>'
    const page =
      '<ListVersionsResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><NextKeyMarker>a+b</NextKeyMarker><NextVersionIdMarker>2</NextVersionIdMarker>'
    expect(read(reply(`${page}${versions}</ListVersionsResult>`)).next).toEqual(['a+b', '2'])
    // From a store that encodes the marker as well, the same one names the other key.
    const encodedLast = versions.replace('a%2Bb', 'a+b')
    expect(read(reply(`${page}${encodedLast}</ListVersionsResult>`)).next).toEqual(['a b', '2'])
  })

  test('need a marker where there is more', () => {
    const { read } = listObjectVersions('bucket', {}).page()
    const cut = listed.replace('<NextKeyMarker>k+1</NextKeyMarker>', '')
    expect(() => read(reply(cut))).toThrow(InvalidResponseError)
  })

  test('are listed by either version of the listing where they are asked for', () => {
    for (const list of [listObjects, listObjectsV2]) {
      const operationOf = (includeVersions: boolean | undefined): string =>
        listAnyObjects('bucket', { includeVersions }, list).operation
      expect(operationOf(true)).toBe('ListObjectVersions')
      expect(operationOf(false)).toBe(list === listObjects ? 'ListObjects' : 'ListObjectsV2')
      expect(operationOf(undefined)).toBe(operationOf(false))
    }
  })
})

describe('arguments', () => {
  const wrong: readonly (readonly [string, object])[] = [
    ['prefix', { prefix: 1 }],
    ['prefix', { prefix: '\ud800' }],
    ['startAfter', { startAfter: null }],
    ['recursive', { recursive: 'yes' }],
    ['includeVersions', { includeVersions: 1 }],
    ['pageSize', { pageSize: 0 }],
    ['pageSize', { pageSize: 1001 }],
    ['pageSize', { pageSize: 1.5 }],
  ]
  test.each(wrong)('%s is refused before any request: %j', (argument, options) => {
    for (const list of [listObjects, listObjectsV2, listObjectVersions]) {
      expect(() => list('bucket', options)).toThrow(
        expect.objectContaining({ name: InvalidArgumentError.name, argument }),
      )
    }
  })

  test('the bucket', () => {
    expect(() => listObjects('', {})).toThrow(expect.objectContaining({ argument: 'bucket' }))
  })
})

describe('listMultipartUploads', () => {
  function uploads(uploadId: string, head = ''): string {
    const upload = (key: string) =>
      `<Upload><Key>${key}</Key><UploadId>${uploadId}</UploadId></Upload>`
    return `<ListMultipartUploadsResult>${head}<IsTruncated>true</IsTruncated><NextKeyMarker>a+b</NextKeyMarker><NextUploadIdMarker>${uploadId}</NextUploadIdMarker>${upload('%01')}${upload('a%2Bb')}</ListMultipartUploadsResult>`
  }

  const keysIn = (text: string) => {
    const { entries, next } = listMultipartUploads('bucket', {}).page().read(reply(text))
    return [...entries.map((entry) => ('object' in entry ? entry.object : '')), next?.[0]]
  }

  // As recorded from Ceph 18.2: no EncodingType, encoded keys, a marker that is not.
  test('decodes what Ceph encodes without saying so', () => {
    expect(keysIn(uploads('2~WKjc_S7dtsvtPzJSpCjuSr8rgdLYOEd'))).toEqual(['\u0001', 'a+b', 'a+b'])
  })

  test('leaves the keys of other stores that do not encode', () => {
    expect(keysIn(uploads('VXBsb2FkIElE'))).toEqual(['%01', 'a%2Bb', 'a+b'])
  })

  test('decodes what a store says that it has encoded', () => {
    const said = uploads('VXBsb2FkIElE', '<EncodingType>url</EncodingType>')
    expect(keysIn(said).slice(0, 2)).toEqual(['\u0001', 'a+b'])
  })
})

describe('a page of any listing', () => {
  const version =
    '<Version><Key>b/1</Key><VersionId>1</VersionId><LastModified>2024-01-02T03:04:04Z</LastModified><Size>3</Size></Version>'
  const upload = '<Upload><Key>b/1</Key><UploadId>u</UploadId></Upload>'
  const lists = [
    ['V1', listObjects, 'ListBucketResult', contents('b/1'), 'NextMarker'],
    ['V2', listObjectsV2, 'ListBucketResult', contents('b/1'), 'NextContinuationToken'],
    ['versions', listObjectVersions, 'ListVersionsResult', version, 'NextKeyMarker'],
    ['uploads', listMultipartUploads, 'ListMultipartUploadsResult', upload, 'NextKeyMarker'],
  ] as const

  test.each(lists)('of %s goes on at its token without IsTruncated', (...row) => {
    const [, list, root, row1, token] = row
    const { read } = list('bucket', { prefix: 'b/' }).page()
    const said = `<${token}>b/1</${token}>`
    expect(read(reply(`<${root}>${row1}${said}</${root}>`)).next).toEqual(['b/1'])
    expect(read(reply(`<${root}>${row1}</${root}>`)).next).toBeUndefined()
    const ended = `<IsTruncated>false</IsTruncated>${row1}${said}`
    expect(read(reply(`<${root}>${ended}</${root}>`)).next).toBeUndefined()
  })

  test.each(lists)('of %s with a name outside the prefix is an error', (...row) => {
    const [, list, root, row1] = row
    for (const rows of [row1, prefixes('b/')]) {
      const { read } = list('bucket', { prefix: 'a' }).page()
      expect(() => read(reply(`<${root}>${rows}</${root}>`))).toThrow(InvalidResponseError)
    }
    const { read } = list('bucket', { prefix: 'b/' }).page()
    expect(read(reply(`<${root}>${row1}</${root}>`)).entries).toHaveLength(1)
  })

  test('with a key that is not beyond the marker is an error', () => {
    const answer = reply(page(contents('b/1'), false))
    for (const startAfter of ['b/1', 'c']) {
      for (const list of [listObjects, listObjectsV2]) {
        const { read } = list('bucket', { startAfter }).page()
        expect(() => read(answer)).toThrow(InvalidResponseError)
      }
    }
    expect(() => listObjects('bucket', {}).page('b/2').read(answer)).toThrow(InvalidResponseError)
    const ahead = listObjects('bucket', { startAfter: 'b/0' }).page().read(answer)
    expect(ahead.entries).toHaveLength(1)
  })
})

describe('listParts', () => {
  const address = { bucket: 'bucket', object: 'k', uploadId: 'u' }
  const part = '<Part><PartNumber>3</PartNumber><ETag>"e"</ETag><Size>1</Size></Part>'

  test('goes on at its marker without IsTruncated, and ends with an empty page', () => {
    const next = '<NextPartNumberMarker>3</NextPartNumberMarker>'
    const root = (inner: string): string => `<ListPartsResult>${inner}</ListPartsResult>`
    expect(listParts(address, undefined).read(reply(root(next + part))).next).toBe(3)
    expect(listParts(address, 3).read(reply(root(next))).next).toBeUndefined()
  })

  test('is an error where the store lists another upload', () => {
    const foreign = reply(`<ListPartsResult><UploadId>v</UploadId>${part}</ListPartsResult>`)
    expect(() => listParts(address, undefined).read(foreign)).toThrow(InvalidResponseError)
  })
})
