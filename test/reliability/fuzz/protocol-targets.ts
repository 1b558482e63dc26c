import {
  bucketEncryptionDocument,
  bucketNameProblem,
  ChunkedDecoder,
  ChunkedEncoder,
  ChunkedError,
  completeMultipartUploadDocument,
  completeMultipartUploadResultDocument,
  copyObjectDocument,
  corsDocument,
  createBucketDocument,
  decodeDigest,
  decodeFormComponent,
  decodeMetadata,
  decodeUriComponentStrict,
  decodeUrlEncoded,
  decodeUrlText,
  decodeXml,
  deleteObjectsDocument,
  deleteResultDocument,
  encodeKeyPath,
  encodeMessage,
  encodeMetadata,
  encodeUriComponentStrict,
  encodeUrlText,
  encodeXml,
  errorDocument,
  EventStreamDecoder,
  EventStreamError,
  initiateMultipartUploadDocument,
  isNotificationEventName,
  isXmlText,
  legalHoldDocument,
  lifecycleDocument,
  listBucketsDocument,
  listMultipartUploadsDocument,
  listObjectsDocument,
  listObjectsV2Document,
  listObjectVersionsDocument,
  listPartsDocument,
  locationDocument,
  metadataProblem,
  notificationDocument,
  objectAttributesDocument,
  objectKeyProblem,
  objectLockDocument,
  parseAmzDate,
  parseContentRange,
  parseHttpDate,
  parseIsoDate,
  parseRange,
  parseTarget,
  policyStatusDocument,
  postResultDocument,
  quoteEtag,
  regionNameProblem,
  retentionDocument,
  rootName,
  selectObjectContentDocument,
  selectStatsDocument,
  stsDocument,
  stsErrorDocument,
  taggingDocument,
  unquoteEtag,
  verifyRequest,
  versioningDocument,
  XmlError,
  type HeaderPair,
  type XmlDocument,
} from '@stowage/protocol'
import { latin1, mustEqual, utf8, type Target } from './target.ts'

const date = '<LastModified>2026-01-02T03:04:05.678Z</LastModified>'
const contents = `<Contents><Key>a&amp;b</Key>${date}<ETag>"d41d"</ETag><Size>7</Size><StorageClass>STANDARD</StorageClass><Owner><ID>o</ID></Owner></Contents>`
const version = `<Version><Key>k</Key><VersionId>v</VersionId><IsLatest>true</IsLatest>${date}<ETag>"e"</ETag><Size>1</Size></Version>`

const documents: readonly Target[] = [
  documentTarget(
    bucketEncryptionDocument,
    '<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>',
  ),
  documentTarget(
    completeMultipartUploadDocument,
    '<Part><PartNumber>1</PartNumber><ETag>"a"</ETag></Part>',
  ),
  documentTarget(
    completeMultipartUploadResultDocument,
    '<Bucket>b</Bucket><Key>k</Key><ETag>"a-1"</ETag>',
  ),
  documentTarget(copyObjectDocument, `${date}<ETag>"e"</ETag>`),
  documentTarget(
    corsDocument,
    '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule>',
  ),
  documentTarget(createBucketDocument, '<LocationConstraint>eu-west-1</LocationConstraint>'),
  documentTarget(
    deleteObjectsDocument,
    '<Quiet>true</Quiet><Object><Key>a</Key><VersionId>v</VersionId></Object>',
  ),
  documentTarget(
    deleteResultDocument,
    '<Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code></Error>',
  ),
  documentTarget(
    errorDocument,
    '<Code>NoSuchKey</Code><Message>m</Message><Key>k</Key><Other>o</Other>',
  ),
  documentTarget(
    initiateMultipartUploadDocument,
    '<Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId>',
  ),
  documentTarget(legalHoldDocument, '<Status>ON</Status>'),
  documentTarget(
    lifecycleDocument,
    '<Rule><ID>i</ID><Status>Enabled</Status><Filter><And><Prefix>p</Prefix><Tag><Key>a</Key><Value>b</Value></Tag></And></Filter><Expiration><Days>3</Days></Expiration><New><A>1</A></New></Rule>',
  ),
  documentTarget(
    listBucketsDocument,
    '<Owner><ID>o</ID></Owner><Buckets><Bucket><Name>b</Name><CreationDate>2026-01-02T03:04:05.678Z</CreationDate></Bucket></Buckets>',
  ),
  documentTarget(
    listMultipartUploadsDocument,
    '<Upload><Key>k</Key><UploadId>u</UploadId><Initiated>2026-01-02T03:04:05Z</Initiated></Upload>',
  ),
  documentTarget(
    listObjectsDocument,
    `<Name>b</Name><IsTruncated>false</IsTruncated>${contents.repeat(5)}`,
  ),
  documentTarget(
    listObjectsV2Document,
    `<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>${contents.repeat(9)}<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>`,
  ),
  documentTarget(
    listObjectVersionsDocument,
    `${version.repeat(6)}<DeleteMarker><Key>k</Key><VersionId>v</VersionId>${date}</DeleteMarker>`,
  ),
  documentTarget(
    listPartsDocument,
    `<UploadId>u</UploadId><Part><PartNumber>1</PartNumber>${date}<ETag>"e"</ETag><Size>5</Size></Part>`,
  ),
  documentTarget(locationDocument, 'eu-west-1'),
  documentTarget(
    notificationDocument,
    '<QueueConfiguration><Id>i</Id><Queue>arn</Queue><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>prefix</Name><Value>a</Value></FilterRule></S3Key></Filter></QueueConfiguration><Event><A/></Event>',
  ),
  documentTarget(
    objectAttributesDocument,
    '<ETag>e</ETag><ObjectSize>3</ObjectSize><StorageClass>S</StorageClass>',
  ),
  documentTarget(
    objectLockDocument,
    '<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>',
  ),
  documentTarget(policyStatusDocument, '<IsPublic>true</IsPublic>'),
  documentTarget(
    postResultDocument,
    '<Location>l</Location><Bucket>b</Bucket><Key>k</Key><ETag>"e"</ETag>',
  ),
  documentTarget(
    retentionDocument,
    '<Mode>COMPLIANCE</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>',
  ),
  documentTarget(
    selectObjectContentDocument,
    '<Expression>SELECT 1</Expression><ExpressionType>SQL</ExpressionType><InputSerialization><CSV><RecordDelimiter>&#10;</RecordDelimiter></CSV></InputSerialization><ScanRange><Start>1</Start></ScanRange>',
  ),
  documentTarget(
    selectStatsDocument,
    '<BytesScanned>1</BytesScanned><BytesProcessed>2</BytesProcessed>',
  ),
  documentTarget(
    stsDocument('AssumeRole'),
    '<AssumeRoleResult><Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>b</SecretAccessKey><SessionToken>c</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>',
  ),
  documentTarget(
    stsErrorDocument,
    '<Error><Type>Sender</Type><Code>C</Code><Message>m</Message></Error>',
  ),
  documentTarget(taggingDocument, '<TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>'),
  documentTarget(versioningDocument, '<Status>Enabled</Status>'),
]

function documentTarget<T>(document: XmlDocument<T>, inside: string): Target {
  const { root } = document
  return {
    name: `XML of ${root}`,
    seeds: [
      `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="u">${inside}</${root}>`,
      `<${root}/>`,
    ],
    tokens: [root, ...inside.split(/(?=<)/)],
    errors: [XmlError],
    parse: (input) => {
      const value = decodeXml(document, input)
      mustEqual(decodeXml(document, utf8(input)), value, 'bytes and text')
      mustEqual(decodeXml(document, encodeXml(document, value)), value, 'written and read')
    },
  }
}

const headerPairs = (input: Buffer): HeaderPair[] =>
  latin1(input)
    .split('\n')
    .map((line): HeaderPair => {
      const colon = Math.max(0, line.indexOf(':'))
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1)]
    })

const verifyOptions = {
  region: 'us-east-1',
  now: new Date('2026-01-02T03:04:05Z'),
  credentialsFor: () => ({ accessKey: 'AKID', secretKey: 'secret' }),
}
const authorization = `AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${'0'.repeat(64)}`
const presigned = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260102%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=${'0'.repeat(64)}`

function verify(target: string, headers: readonly HeaderPair[]): void {
  const verdict = verifyRequest({ method: 'GET', target, headers }, verifyOptions)
  // Nobody guesses a signature, and without one nobody is anybody.
  if (verdict.kind === 'signed') mustEqual(verdict, undefined, 'a forged signature')
}

const messages = [
  encodeMessage(
    [
      [':message-type', 'event'],
      [':event-type', 'Records'],
    ],
    Buffer.from('a,b\n'),
  ),
  encodeMessage(
    [
      ['a', { type: 'boolean', value: true }],
      ['b', { type: 'long', value: 5n }],
      ['c', { type: 'uuid', value: '00000000-0000-0000-0000-000000000000' }],
      ['d', { type: 'timestamp', value: new Date(0) }],
    ],
    new Uint8Array(),
  ),
]

function decodeMessages(input: Buffer, cut: number): unknown {
  const decoder = new EventStreamDecoder({ maxMessageBytes: 65_536 })
  const all = [...decoder.push(input.subarray(0, cut)), ...decoder.push(input.subarray(cut))]
  decoder.end()
  return all.map(({ headers, payload }) => [
    [...headers.keys()],
    Buffer.from(payload).toString('hex'),
  ])
}

function unframed(input: Buffer, cut: number): string {
  const decoder = new ChunkedDecoder({ trailer: true, maxChunkBytes: 65_536 })
  const data = [...decoder.push(input.subarray(0, cut)), ...decoder.push(input.subarray(cut))]
  decoder.end()
  return Buffer.concat(data).toString('hex')
}

const encoder = new ChunkedEncoder()
const framed = `${encoder.header(Buffer.from('abcd'))}abcd\r\n${encoder.end([['x-amz-checksum-crc32', 'AAAAAA==']])}`

export const protocolTargets: readonly Target[] = [
  ...documents,
  {
    name: 'the root of a document',
    seeds: ['<Error/>', '\ufeff<?xml version="1.0"?><!-- a --><a:b c="d">'],
    parse: (input) => mustEqual(rootName(utf8(input)), rootName(input), 'text and bytes'),
  },
  {
    name: 'event stream',
    seeds: [Buffer.concat(messages), ...messages],
    errors: [EventStreamError],
    parse: (input) => {
      const whole = decodeMessages(input, input.length)
      mustEqual(decodeMessages(input, input.length >> 1), whole, 'cut in two')
    },
  },
  {
    name: 'aws-chunked',
    seeds: [framed, '0\r\n\r\n'],
    tokens: ['\r\n0\r\n', ';chunk-signature=', 'x-amz-checksum-crc32:', 'ffffffffffffffff\r\n'],
    errors: [ChunkedError],
    parse: (input) =>
      mustEqual(unframed(input, input.length >> 1), unframed(input, input.length), 'cut in two'),
  },
  {
    name: 'Authorization',
    seeds: [authorization],
    tokens: ['Credential=', 'SignedHeaders=', 'Signature=', 'aws4_request', 'x-amz-security-token'],
    parse: (input) =>
      verify('/bucket/key', [
        ['host', 'h'],
        ['x-amz-date', '20260102T030405Z'],
        ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'],
        ['authorization', latin1(input)],
      ]),
  },
  {
    name: 'presigned queries',
    seeds: [`/bucket/key?${presigned}`],
    tokens: presigned.split('&'),
    parse: (input) => verify(latin1(input), [['host', 'h']]),
  },
  {
    name: 'heads to verify',
    seeds: [
      `host:h\nx-amz-date:20260102T030405Z\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nauthorization:${authorization}`,
    ],
    parse: (input) => verify('/', headerPairs(input)),
  },
  {
    name: 'request targets',
    seeds: ['/bucket/a%20b?list-type=2&prefix=%C3%A9', '/?a=b&c', '/b/%F0%9F%98%80'],
    parse: (input) => {
      const target = parseTarget(latin1(input))
      if (target !== undefined)
        mustEqual(parseTarget(encodeKeyPath(target.path))?.path, target.path, 'a path')
    },
  },
  {
    name: 'percent-encoding',
    seeds: ['a%20b+c', '%C3%A9', '%F0%9F%98%80'],
    errors: [URIError],
    parse: (input) => {
      const text = decodeFormComponent(utf8(input))
      mustEqual(decodeUriComponentStrict(encodeUriComponentStrict(text)), text, 'a component')
      mustEqual(decodeFormComponent(encodeUriComponentStrict(text)), text, 'a form component')
    },
  },
  {
    name: 'url-encoding of listings',
    seeds: ['a+b%2Fc', '%zz%ff', 'é'],
    parse: (input) => {
      const text = utf8(input)
      mustEqual(decodeUrlText(encodeUrlText(text)), text, 'a key')
      decodeUrlEncoded({
        encodingType: 'url',
        prefix: text,
        entries: [{ object: text }, { prefix: text }],
      })
    },
  },
  {
    name: 'dates',
    seeds: [
      '2026-01-02T03:04:05.678Z',
      '20260102T030405Z',
      'Sun, 06 Nov 1994 08:49:37 GMT',
      '2024-02-29T23:59:59.1+09:00',
    ],
    parse: (input) => {
      for (const parse of [parseIsoDate, parseAmzDate, parseHttpDate]) {
        const found = parse(latin1(input))
        if (found !== undefined)
          mustEqual(parseIsoDate(found.toISOString())?.getTime(), found.getTime(), 'a date')
      }
    },
  },
  {
    name: 'ranges',
    seeds: ['bytes=0-4', 'bytes=-5', 'bytes 0-4/10', 'bytes */10'],
    parse: (input) => {
      const range = parseRange(latin1(input), 100)
      if (typeof range === 'object')
        mustEqual(range.start >= 0 && range.start <= range.end && range.end < 100, true, 'a range')
      const content = parseContentRange(latin1(input))
      if (content !== undefined) mustEqual(content.start <= content.end, true, 'a content range')
    },
  },
  {
    name: 'metadata and encoded words',
    seeds: [
      'x-amz-meta-a:=?UTF-8?B?w6k=?= =?UTF-8?Q?=C3=A9?=',
      'x-amz-meta-b:plain',
      'x-amz-meta-c:=?iso-8859-1?Q?=E9?=',
    ],
    tokens: ['=?UTF-8?Q?', '=?UTF-8?B?', '?=', '=?us-ascii*en?q?'],
    parse: (input) => void decodeMetadata(headerPairs(input)),
  },
  {
    name: 'metadata to be sent',
    seeds: ['größe', '=?UTF-8?B?w6k=?=', ' a ', 'a\tb'],
    parse: (input) => {
      const metadata = { key: utf8(input) }
      if (metadataProblem(metadata) !== undefined) return
      mustEqual(
        decodeMetadata(Object.entries(encodeMetadata(metadata)))['key'],
        metadata.key,
        'metadata',
      )
    },
  },
  {
    name: 'ETags',
    seeds: ['"d41d8"', 'W/"a"', '*', '"a'],
    parse: (input) => {
      const etag = unquoteEtag(latin1(input))
      mustEqual(quoteEtag(quoteEtag(etag)), quoteEtag(etag), 'a quoted ETag')
    },
  },
  {
    name: 'names of buckets, keys and regions',
    seeds: ['my-bucket', 'a.b', '192.168.0.1', 'xn--a', 'eu-west-1', 'a/b'],
    parse: (input) => {
      for (const text of [utf8(input), latin1(input)]) {
        bucketNameProblem(text, { creating: true })
        bucketNameProblem(text, { creating: false })
        objectKeyProblem(text)
        regionNameProblem(text)
        isNotificationEventName(text)
        isXmlText(text)
      }
    },
  },
  {
    name: 'digests',
    seeds: ['AAAAAA==', 'XUFAKrxLKna5cZ2REBfFkg=='],
    parse: (input) => {
      for (const name of ['CRC32', 'CRC64NVME', 'SHA256', 'MD5'] as const)
        decodeDigest(name, latin1(input))
    },
  },
]
