import { describe, expect, test } from 'vitest'
import {
  completeMultipartUploadDocument,
  completeMultipartUploadResultDocument,
} from '../../src/documents/complete-multipart-upload.ts'
import { copyObjectDocument, copyPartDocument } from '../../src/documents/copy-result.ts'
import { createBucketDocument } from '../../src/documents/create-bucket.ts'
import { deleteObjectsDocument, deleteResultDocument } from '../../src/documents/delete-objects.ts'
import { errorDocument } from '../../src/documents/error.ts'
import { initiateMultipartUploadDocument } from '../../src/documents/initiate-multipart-upload.ts'
import { listBucketsDocument } from '../../src/documents/list-buckets.ts'
import { listMultipartUploadsDocument } from '../../src/documents/list-multipart-uploads.ts'
import { listObjectVersionsDocument } from '../../src/documents/list-object-versions.ts'
import { listObjectsV2Document } from '../../src/documents/list-objects-v2.ts'
import { listObjectsDocument } from '../../src/documents/list-objects.ts'
import { listPartsDocument } from '../../src/documents/list-parts.ts'
import { locationDocument, regionOfLocation } from '../../src/documents/location.ts'
import { taggingDocument } from '../../src/documents/tagging.ts'
import { versioningDocument } from '../../src/documents/versioning.ts'
import { decodeXml, encodeXml, type XmlDocument } from '../../src/xml/shape.ts'
import { XmlError } from '../../src/xml/xml-error.ts'
import * as answers from './answers.ts'

/** Reads an answer, and checks that writing and reading it again changes nothing. */
function decodeTwice<T>(document: XmlDocument<T>, source: string): T {
  const value = decodeXml(document, source)
  expect(decodeXml(document, encodeXml(document, value))).toEqual(value)
  return value
}

/** Writes a value, checks that reading gives it back, and returns the document without its frame. */
function encodeTwice<T>(document: XmlDocument<T>, value: T): string {
  const source = encodeXml(document, value)
  expect(decodeXml(document, source)).toEqual(value)
  return source.replace(/^<\?.*\?>\n<\w+[^>]*>/, '').replace(/<\/\w+>$/, '')
}

describe('errors', () => {
  test('of AWS, with elements of their own', () => {
    expect(decodeTwice(errorDocument, answers.awsError)).toEqual({
      code: 'PermanentRedirect',
      message: 'The bucket is elsewhere <there>.',
      endpoint: 'bucket.s3.eu-west-1.amazonaws.com',
      requestId: '4442587FB7D0A2F9',
      hostId: 'Uuag1LuByRx9e6j5Onimru9pO4ZVKnJ2Qz7/C1NPcfTWAtRPfTaOFg==',
      others: new Map([['Bucket', 'bucket']]),
    })
  })

  test('of MinIO and Ceph', () => {
    expect(decodeTwice(errorDocument, answers.minioError)).toEqual({
      code: 'NoSuchKey',
      message: 'The specified key does not exist.',
      key: 'a/b',
      bucketName: 'bucket',
      resource: '/bucket/a/b',
      region: 'us-east-1',
      requestId: '17B8F1D0',
      hostId: 'dd9025bab4ad464b',
      others: new Map(),
    })
    expect(decodeTwice(errorDocument, answers.cephError)).toMatchObject({
      code: 'NoSuchBucket',
      message: '',
      bucketName: 'nope',
    })
  })

  test('without anything, and without a namespace when written', () => {
    const empty = { code: '', message: '', others: new Map<string, string>() }
    expect(decodeXml(errorDocument, '<Error/>')).toEqual(empty)
    expect(encodeXml(errorDocument, { ...empty, code: 'A' })).toContain('<Error><Code>A</Code>')
  })
})

describe('buckets', () => {
  test('listed by AWS and Ceph; names stay text', () => {
    expect(decodeTwice(listBucketsDocument, answers.awsListBuckets)).toEqual({
      owner: { id: '79a59df900b949e5' },
      buckets: [
        {
          name: '123',
          creationDate: new Date('2019-12-11T23:32:47Z'),
          bucketRegion: 'eu-west-1',
        },
        { name: 'true', creationDate: new Date('2019-11-10T23:32:13Z') },
      ],
      prefix: '',
      continuationToken: 'a+b/c==',
    })
    const { owner, buckets } = decodeTwice(listBucketsDocument, answers.cephListBuckets)
    expect(owner).toEqual({ id: 'testid', displayName: 'M. Tester' })
    expect(buckets.map((bucket) => bucket.name)).toEqual(['one'])
  })

  test('listed: none, without owner, without date', () => {
    for (const inner of ['', '<Buckets/>', '<Buckets></Buckets>']) {
      const source = `<ListAllMyBucketsResult>${inner}</ListAllMyBucketsResult>`
      expect(decodeTwice(listBucketsDocument, source)).toEqual({ buckets: [] })
    }
    const source =
      '<ListAllMyBucketsResult><Owner/><Buckets><Bucket><Name>a</Name></Bucket></Buckets></ListAllMyBucketsResult>'
    expect(decodeTwice(listBucketsDocument, source)).toEqual({
      owner: { id: '' },
      buckets: [{ name: 'a' }],
    })
  })

  test('created in a region', () => {
    expect(encodeTwice(createBucketDocument, { locationConstraint: 'eu-west-3' })).toBe(
      '<LocationConstraint>eu-west-3</LocationConstraint>',
    )
    expect(encodeTwice(createBucketDocument, {})).toBe('')
  })

  test('location', () => {
    const locations = { 'eu-west-3': 'eu-west-3', '': 'us-east-1', EU: 'eu-west-1' }
    for (const [constraint, region] of Object.entries(locations)) {
      expect(encodeTwice(locationDocument, constraint)).toBe(constraint)
      expect(regionOfLocation(constraint)).toBe(region)
    }
    expect(decodeXml(locationDocument, '<LocationConstraint xmlns="x"/>')).toBe('')
  })

  test('versioning', () => {
    expect(decodeTwice(versioningDocument, '<VersioningConfiguration xmlns="x"/>')).toEqual({
      excludedPrefixes: [],
    })
    const minio = {
      status: 'Suspended',
      mfaDelete: 'Disabled',
      excludedPrefixes: [{ prefix: 'a/' }, { prefix: 'b/*' }],
      excludeFolders: true,
    } as const
    expect(encodeTwice(versioningDocument, minio)).toBe(
      '<Status>Suspended</Status><MfaDelete>Disabled</MfaDelete>' +
        '<ExcludedPrefixes><Prefix>a/</Prefix></ExcludedPrefixes>' +
        '<ExcludedPrefixes><Prefix>b/*</Prefix></ExcludedPrefixes>' +
        '<ExcludeFolders>true</ExcludeFolders>',
    )
  })

  test('tags', () => {
    const tags = [
      { key: 'a', value: '' },
      { key: ' b ', value: '<&>' },
    ]
    expect(encodeTwice(taggingDocument, { tags })).toBe(
      '<TagSet><Tag><Key>a</Key><Value></Value></Tag>' +
        '<Tag><Key> b </Key><Value>&lt;&amp;&gt;</Value></Tag></TagSet>',
    )
    expect(encodeTwice(taggingDocument, { tags: [] })).toBe('<TagSet></TagSet>')
  })
})

describe('listings of objects', () => {
  test('version 2 of AWS', () => {
    expect(decodeTwice(listObjectsV2Document, answers.awsListObjectsV2)).toEqual({
      name: 'bucket',
      prefix: 'photos/',
      nextContinuationToken: '1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=',
      keyCount: 3,
      maxKeys: 3,
      delimiter: '/',
      isTruncated: true,
      entries: [
        {
          isPrefix: false,
          object: 'photos/',
          lastModified: new Date('2024-02-29T10:00:00Z'),
          etag: 'd41d8cd98f00b204e9800998ecf8427e',
          checksumAlgorithm: ['CRC64NVME'],
          checksumType: 'FULL_OBJECT',
          sizeBytes: 0,
          storageClass: 'STANDARD',
        },
        {
          isPrefix: false,
          object: ' photos/\u0001&😀 ',
          lastModified: new Date('2024-02-29T10:00:01Z'),
          etag: '9b2cf535f27731c974343645a3985328-2',
          sizeBytes: 5 * 2 ** 40,
          owner: { id: '75aa57f09aa0c8ca' },
          restoreStatus: {
            isRestoreInProgress: false,
            restoreExpiryDate: new Date('2030-01-01T00:00:00Z'),
          },
          storageClass: 'GLACIER',
        },
        { isPrefix: true, prefix: 'photos/2024/' },
      ],
    })
  })

  test('version 2 of MinIO with metadata', () => {
    const listing = decodeTwice(listObjectsV2Document, answers.minioListObjectsV2)
    expect(listing).toMatchObject({ encodingType: 'url', isTruncated: false, keyCount: 2 })
    const [first, second] = listing.entries
    expect(second).toEqual({ isPrefix: true, prefix: 'dir%2F' })
    expect(first).toMatchObject({
      object: 'a%2Bb+c',
      owner: { id: '02d6176db174dc93', displayName: 'minio' },
      userTags: 'a=1&b=2',
    })
    const metadata = first?.isPrefix === false ? first.userMetadata : undefined
    expect(Object.entries(metadata ?? {})).toEqual([
      ['content-type', 'text/plain'],
      ['X-Amz-Meta-Colour', 'blue & green'],
      ['__proto__', 'x'],
    ])
  })

  test('version 1 of Ceph: prefixes and objects in the order of the answer', () => {
    const listing = decodeTwice(listObjectsDocument, answers.cephListObjects)
    expect(listing).toMatchObject({ isTruncated: true, marker: '', nextMarker: 'b/', maxKeys: 2 })
    expect(listing.entries).toMatchObject([
      { isPrefix: true, prefix: 'a/' },
      { isPrefix: false, object: 'aa', etag: 'd41d8cd98f00b204e9800998ecf8427e' },
      { isPrefix: true, prefix: 'b/' },
    ])
  })

  test('none; several prefixes in one element of their own each', () => {
    for (const source of ['<ListBucketResult/>', '<ListBucketResult></ListBucketResult>']) {
      expect(decodeXml(listObjectsV2Document, source)).toEqual({ isTruncated: false, entries: [] })
    }
  })

  const contents =
    '<Key>k</Key><LastModified>2024-02-29T10:00:00Z</LastModified><Size>1</Size><ETag/>'
  const damages: readonly (readonly [from: string, to: string])[] = [
    ['<Key>k</Key>', ''],
    ['<Size>1</Size>', ''],
    ['>1<', '>1e3<'],
    ['>1<', '>9007199254740993<'],
    ['02-29', '02-30'],
    ['<Key>', '<key>'],
    ['<Key>k</Key>', '<Key><k/></Key>'],
  ]
  test.each(damages)('%s replaced by %j is refused', (from, to) => {
    const wrap = (inner: string): string =>
      `<ListBucketResult><Contents>${inner}</Contents></ListBucketResult>`
    expect(decodeXml(listObjectsV2Document, wrap(contents)).entries).toHaveLength(1)
    const damaged = contents.replace(from, to)
    expect(() => decodeXml(listObjectsV2Document, wrap(damaged))).toThrow(XmlError)
  })

  test('a listing is never shorter because it was cut', () => {
    const source = answers.awsListObjectsV2
    for (let length = 0; length < source.length; length++) {
      expect(() => decodeXml(listObjectsV2Document, source.slice(0, length))).toThrow(XmlError)
    }
  })

  test('versions, delete markers and prefixes in the order of the answer', () => {
    const listing = decodeTwice(listObjectVersionsDocument, answers.awsListVersions)
    expect(listing).toMatchObject({
      keyMarker: '',
      nextKeyMarker: 'my-second',
      nextVersionIdMarker: '00012',
      isTruncated: true,
    })
    expect(listing.entries).toMatchObject([
      { isPrefix: false, isDeleteMarker: false, object: 'my-image.jpg', isLatest: false },
      { isPrefix: false, isDeleteMarker: true, object: 'my-second', versionId: '00012' },
      { isPrefix: false, isDeleteMarker: false, versionId: 'null', sizeBytes: 166434 },
      { isPrefix: true, prefix: 'my/' },
    ])
  })
})

describe('multipart uploads', () => {
  test('listed', () => {
    const listing = decodeTwice(listMultipartUploadsDocument, answers.awsListUploads)
    expect(listing).toMatchObject({
      nextKeyMarker: 'my-movie.m2ts',
      nextUploadIdMarker: 'YW55IGlkZWEgd2h5',
      maxUploads: 3,
      isTruncated: true,
    })
    expect(listing.entries).toEqual([
      {
        isPrefix: false,
        object: 'my-movie.m2ts',
        uploadId: 'XMgbGlrZSBlbHZpbmcncyBub3Q',
        initiator: { id: 'arn:aws:iam::111122223333:user/some-user', displayName: 'umat-user' },
        owner: { id: '' },
        storageClass: 'STANDARD',
        initiated: new Date('2010-11-10T20:48:33Z'),
        checksumAlgorithm: 'CRC32',
      },
      { isPrefix: true, prefix: 'photos/' },
    ])
  })

  test('parts listed', () => {
    const listing = decodeTwice(listPartsDocument, answers.awsListParts)
    expect(listing).toMatchObject({
      object: 'key',
      partNumberMarker: 1,
      nextPartNumberMarker: 3,
      isTruncated: true,
    })
    expect(listing.parts).toEqual([
      {
        partNumber: 2,
        lastModified: new Date('2010-11-10T20:48:34Z'),
        etag: '7778aef83f66abc1fa1e8477f296d394',
        checksumCRC32: 'KtQF9Q==',
        sizeBytes: 10_485_760,
      },
      { partNumber: 3, etag: 'aaaa18db4cc2f85cedef654fccc4a4x8', sizeBytes: 10_485_760 },
    ])
  })

  test('begun and completed', () => {
    expect(
      encodeTwice(initiateMultipartUploadDocument, { bucket: 'b', object: 'k', uploadId: 'u' }),
    ).toBe('<Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId>')
    const parts = [
      { partNumber: 1, etag: 'a' },
      { partNumber: 10_000, etag: 'b', checksumCRC32C: 'AAAAAA==' },
    ]
    expect(encodeTwice(completeMultipartUploadDocument, { parts })).toBe(
      '<Part><PartNumber>1</PartNumber><ETag>&quot;a&quot;</ETag></Part>' +
        '<Part><ChecksumCRC32C>AAAAAA==</ChecksumCRC32C><PartNumber>10000</PartNumber>' +
        '<ETag>&quot;b&quot;</ETag></Part>',
    )
    expect(decodeTwice(completeMultipartUploadResultDocument, answers.prefixedComplete)).toEqual({
      etag: '3858f62230ac3c915f300c664312c11f-9',
    })
  })

  test('the request to complete needs number and ETag of each part', () => {
    for (const part of ['<PartNumber>1</PartNumber>', '<ETag>a</ETag>']) {
      const source = `<CompleteMultipartUpload><Part>${part}</Part></CompleteMultipartUpload>`
      expect(() => decodeXml(completeMultipartUploadDocument, source)).toThrow(XmlError)
    }
  })

  test('copies', () => {
    const copy = { lastModified: new Date(1709200000123), etag: 'a', checksumSHA256: 's' }
    const xml =
      '<LastModified>2024-02-29T09:46:40.123Z</LastModified><ETag>&quot;a&quot;</ETag>' +
      '<ChecksumSHA256>s</ChecksumSHA256>'
    expect(encodeTwice(copyObjectDocument, copy)).toBe(xml)
    expect(encodeTwice(copyPartDocument, copy)).toBe(xml)
  })
})

describe('deleting', () => {
  test('request', () => {
    const request = {
      quiet: true,
      objects: [
        { object: ' <a>&\r\n" ' },
        { object: 'b', versionId: 'null', etag: 'e', lastModified: new Date(0), sizeBytes: 0 },
      ],
    }
    expect(encodeTwice(deleteObjectsDocument, request)).toBe(
      '<Quiet>true</Quiet><Object><Key> &lt;a&gt;&amp;&#13;&#10;&quot; </Key></Object>' +
        '<Object><Key>b</Key><VersionId>null</VersionId><ETag>&quot;e&quot;</ETag>' +
        '<LastModifiedTime>1970-01-01T00:00:00.000Z</LastModifiedTime><Size>0</Size></Object>',
    )
    expect(() => decodeXml(deleteObjectsDocument, '<Delete><Object/></Delete>')).toThrow(XmlError)
  })

  test('result', () => {
    expect(decodeTwice(deleteResultDocument, answers.awsDeleteResult)).toEqual({
      deleted: [
        { object: 'a', deleteMarker: true, deleteMarkerVersionId: 'A._w1z6EFiCF5uhtQMDal9JDkID9' },
        { object: 'c' },
      ],
      errors: [{ object: 'b', versionId: '3', code: 'AccessDenied', message: 'Access Denied' }],
    })
    expect(decodeXml(deleteResultDocument, '<DeleteResult/>')).toEqual({ deleted: [], errors: [] })
  })
})
