import { describe, expect, test } from 'vitest'
import {
  bucketEncryptionDocument,
  corsDocument,
  decodeXml,
  encodeXml,
  isNotificationEventName,
  legalHoldDocument,
  lifecycleDocument,
  notificationDocument,
  objectLockDocument,
  retentionDocument,
  XmlError,
  type XmlDocument,
} from '../../src/index.ts'

const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

/** Reads an answer, and checks that writing and reading it again changes nothing. */
function decodeTwice<T>(document: XmlDocument<T>, source: string): T {
  const value = decodeXml(document, source)
  expect(decodeXml(document, encodeXml(document, value))).toEqual(value)
  return value
}

/** What stands between the root's tags. */
function inner(source: string): string {
  return source.replace(/^<\?.*\?>\n<\w+[^>]*>/, '').replace(/<\/\w+>$/, '')
}

describe('notification', () => {
  const topic =
    '<TopicConfiguration><Id>t 1</Id><Topic>arn:aws:sns:::t</Topic><Event>s3:ObjectCreated:*</Event><Event>s3:ObjectRemoved:Delete</Event>' +
    '<Filter><S3Key><FilterRule><Name>prefix</Name><Value>a&amp;b/ </Value></FilterRule><FilterRule><Name>suffix</Name><Value>.jpg</Value></FilterRule></S3Key></Filter></TopicConfiguration>'

  test('comes back as it was written, unknown kinds too', () => {
    const source =
      topic +
      '<QueueConfiguration><Queue>arn:minio:sqs::1:webhook</Queue><Event>s3:Scanner:BigPrefix</Event></QueueConfiguration>' +
      '<EventBridgeConfiguration></EventBridgeConfiguration><New><Deep>1</Deep><Deep>2</Deep></New>'
    const value = decodeTwice(
      notificationDocument,
      `<NotificationConfiguration ${namespace}>${source}</NotificationConfiguration>`,
    )
    expect(value).toEqual({
      topics: [
        {
          id: 't 1',
          arn: 'arn:aws:sns:::t',
          events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:Delete'],
          filter: { prefix: 'a&b/ ', suffix: '.jpg' },
        },
      ],
      queues: [{ arn: 'arn:minio:sqs::1:webhook', events: ['s3:Scanner:BigPrefix'] }],
      cloudFunctions: [],
      others: [
        { name: 'EventBridgeConfiguration', content: '' },
        {
          name: 'New',
          content: [
            { name: 'Deep', content: '1' },
            { name: 'Deep', content: '2' },
          ],
        },
      ],
    })
    expect(inner(encodeXml(notificationDocument, value))).toBe(source)
  })

  test('functions under both names; AWS capitals in filters; a filter of nothing', () => {
    const rest = '<Event>s3:ObjectCreated:Put</Event>'
    const { cloudFunctions } = decodeTwice(
      notificationDocument,
      `<NotificationConfiguration><CloudFunctionConfiguration><CloudFunction>a</CloudFunction>${rest}</CloudFunctionConfiguration>` +
        `<LambdaFunctionConfiguration><LambdaFunctionArn>b</LambdaFunctionArn>${rest}<Filter><S3Key><FilterRule><Name>Prefix</Name><Value/></FilterRule></S3Key></Filter></LambdaFunctionConfiguration>` +
        `<CloudFunctionConfiguration><CloudFunction>c</CloudFunction>${rest}<Filter><S3Key/></Filter></CloudFunctionConfiguration></NotificationConfiguration>`,
    )
    const events = ['s3:ObjectCreated:Put']
    expect(cloudFunctions).toEqual([
      { arn: 'a', events },
      { arn: 'b', events, filter: { prefix: '' } },
      { arn: 'c', events },
    ])
  })

  test('none', () => {
    expect(decodeTwice(notificationDocument, '<NotificationConfiguration/>')).toEqual({
      topics: [],
      queues: [],
      cloudFunctions: [],
    })
  })

  test.each([
    ['a rule without a target', topic.replace(/<Topic>.*<\/Topic>/, '')],
    ['an unknown filter', topic.replace('<Name>suffix', '<Name>infix')],
    ['a malformed event', topic.replace('s3:ObjectCreated:*', 'ObjectCreated')],
  ])('refuses %s', (_, source) => {
    expect(() =>
      decodeXml(
        notificationDocument,
        `<NotificationConfiguration>${source}</NotificationConfiguration>`,
      ),
    ).toThrow(XmlError)
  })

  test('event names', () => {
    for (const name of ['s3:ObjectCreated:*', 's3:IntelligentTiering', 's3:Replication:Missed']) {
      expect(isNotificationEventName(name)).toBe(true)
    }
    for (const name of ['', 's3:', 's3:ObjectCreated:', 'S3:A:*', 's3:A:*:B', 's3:A b', 7]) {
      expect(isNotificationEventName(name)).toBe(false)
    }
  })

  test('does not write an unknown kind under a name that would be markup', () => {
    const others = [{ name: 'a><b', content: '' }]
    const value = { topics: [], queues: [], cloudFunctions: [], others }
    expect(() => encodeXml(notificationDocument, value)).toThrow(XmlError)
  })
})

describe('encryption', () => {
  test('with the key service', () => {
    const source = `<ServerSideEncryptionConfiguration ${namespace}><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:us-east-1:1:key/k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`
    const value = decodeTwice(bucketEncryptionDocument, source)
    expect(value).toEqual({
      rules: [
        {
          byDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: 'arn:aws:kms:us-east-1:1:key/k' },
          bucketKeyEnabled: true,
        },
      ],
    })
    expect(encodeXml(bucketEncryptionDocument, value)).toContain(inner(source))
  })
})

describe('object lock', () => {
  test('configuration', () => {
    const source = `<ObjectLockConfiguration ${namespace}><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>30</Days></DefaultRetention></Rule></ObjectLockConfiguration>`
    expect(decodeTwice(objectLockDocument, source)).toEqual({
      objectLockEnabled: 'Enabled',
      rule: { defaultRetention: { mode: 'GOVERNANCE', days: 30 } },
    })
  })

  test('retention and legal hold', () => {
    const source =
      '<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2030-01-02T03:04:05.678912345Z</RetainUntilDate></Retention>'
    expect(decodeTwice(retentionDocument, source)).toEqual({
      mode: 'COMPLIANCE',
      retainUntilDate: new Date('2030-01-02T03:04:05.678Z'),
    })
    expect(inner(encodeXml(retentionDocument, {}))).toBe('')
    expect(decodeTwice(legalHoldDocument, '<LegalHold><Status>ON</Status></LegalHold>')).toEqual({
      status: 'ON',
    })
  })
})

describe('lifecycle', () => {
  test('of AWS, with every kind of action', () => {
    const source =
      '<Rule><ID>r1</ID><Status>Enabled</Status><Filter><And><Prefix>logs/</Prefix><Tag><Key>a</Key><Value>b</Value></Tag><ObjectSizeGreaterThan>500</ObjectSizeGreaterThan><ObjectSizeLessThan>64000</ObjectSizeLessThan></And></Filter>' +
      '<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration><Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition><Transition><Days>90</Days><StorageClass>DEEP_ARCHIVE</StorageClass></Transition>' +
      '<NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays><NewerNoncurrentVersions>3</NewerNoncurrentVersions></NoncurrentVersionExpiration><NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>' +
      '<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>'
    const value = decodeTwice(
      lifecycleDocument,
      `<LifecycleConfiguration ${namespace}>${source}</LifecycleConfiguration>`,
    )
    expect(value.rules).toHaveLength(1)
    expect(value.rules[0]?.filter?.and).toEqual({
      prefix: 'logs/',
      tags: [{ key: 'a', value: 'b' }],
      objectSizeGreaterThan: 500,
      objectSizeLessThan: 64_000,
    })
    expect(inner(encodeXml(lifecycleDocument, value))).toBe(source)
  })

  test('what MinIO adds, and what comes tomorrow, is kept', () => {
    const source =
      '<Rule><ID>x</ID><Status>Disabled</Status><Filter><Prefix></Prefix></Filter><Expiration><Days>1</Days><ExpiredObjectAllVersions>true</ExpiredObjectAllVersions></Expiration><DelMarkerExpiration><Days>3</Days></DelMarkerExpiration></Rule>'
    const value = decodeTwice(
      lifecycleDocument,
      `<LifecycleConfiguration>${source}</LifecycleConfiguration>`,
    )
    expect(inner(encodeXml(lifecycleDocument, value))).toBe(source)
  })

  test('the old form, with a prefix instead of a filter', () => {
    const { rules } = decodeTwice(
      lifecycleDocument,
      '<LifecycleConfiguration><Rule><Prefix>a/</Prefix><Status>Enabled</Status></Rule></LifecycleConfiguration>',
    )
    expect(rules).toMatchObject([{ prefix: 'a/', status: 'Enabled' }])
  })
})

test('CORS', () => {
  const source =
    '<CORSRule><ID>c</ID><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>'
  const value = decodeTwice(
    corsDocument,
    `<CORSConfiguration ${namespace}>${source}</CORSConfiguration>`,
  )
  expect(value.rules).toEqual([
    {
      id: 'c',
      allowedOrigins: ['https://*.example.com', '*'],
      allowedMethods: ['GET', 'PUT'],
      allowedHeaders: ['*'],
      exposeHeaders: ['ETag'],
      maxAgeSeconds: 3000,
    },
  ])
  expect(inner(encodeXml(corsDocument, value))).toBe(source)
})
