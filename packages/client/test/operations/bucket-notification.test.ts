import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../src/errors.ts'
import {
  getBucketNotification,
  setBucketNotification,
} from '../../src/operations/bucket-notification.ts'
import { checkedBody, queryOf, reply } from '../support/replies.ts'

const events = ['s3:ObjectCreated:*'] as const

describe('getBucketNotification', () => {
  test('is a GET of ?notification, and empty where nothing is set', () => {
    const request = getBucketNotification('bucket')
    expect(request).toMatchObject({
      method: 'GET',
      operation: 'GetBucketNotificationConfiguration',
    })
    expect(queryOf(request)).toEqual({ notification: '' })
    expect(request.read(reply('<NotificationConfiguration/>'))).toEqual({
      topics: [],
      queues: [],
      cloudFunctions: [],
    })
  })
})

describe('setBucketNotification', () => {
  test('writes topics, queues and functions', () => {
    const request = setBucketNotification('bucket', {
      topics: [{ id: 'i', arn: 'arn:t', events: ['s3:ObjectCreated:Put', 's3:ObjectRemoved:*'] }],
      queues: [{ arn: 'arn:q', events, filter: { prefix: 'a&<b> ', suffix: '' } }],
      cloudFunctions: [{ arn: 'arn:f', events, filter: { suffix: '.jpg' } }],
    })
    expect(request).toMatchObject({
      method: 'PUT',
      operation: 'PutBucketNotificationConfiguration',
    })
    expect(queryOf(request)).toEqual({ notification: '' })
    expect(checkedBody(request)).toBe(
      '<NotificationConfiguration>' +
        '<TopicConfiguration><Id>i</Id><Topic>arn:t</Topic><Event>s3:ObjectCreated:Put</Event><Event>s3:ObjectRemoved:*</Event></TopicConfiguration>' +
        '<QueueConfiguration><Queue>arn:q</Queue><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>prefix</Name><Value>a&amp;&lt;b&gt; </Value></FilterRule><FilterRule><Name>suffix</Name><Value></Value></FilterRule></S3Key></Filter></QueueConfiguration>' +
        '<CloudFunctionConfiguration><CloudFunction>arn:f</CloudFunction><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>suffix</Name><Value>.jpg</Value></FilterRule></S3Key></Filter></CloudFunctionConfiguration>' +
        '</NotificationConfiguration>',
    )
  })

  test('takes back what the getter gave, byte for byte, EventBridge too', () => {
    const document =
      '<NotificationConfiguration><QueueConfiguration><Id>q</Id><Queue>arn:q</Queue><Event>s3:Scanner:ManyVersions</Event></QueueConfiguration><EventBridgeConfiguration></EventBridgeConfiguration></NotificationConfiguration>'
    const config = getBucketNotification('bucket').read(reply(document))
    expect(checkedBody(setBucketNotification('bucket', config))).toBe(document)
  })

  test('an empty one removes all', () => {
    expect(checkedBody(setBucketNotification('bucket', {}))).toBe(
      '<NotificationConfiguration></NotificationConfiguration>',
    )
  })

  const wrong: readonly (readonly [string, unknown])[] = [
    ['config', undefined],
    ['config', null],
    ['config', []],
    ['config', { topic: [] }],
    ['config.topics', { topics: {} }],
    ['config.queues[0]', { queues: ['arn'] }],
    ['config.queues[0]', { queues: [{ arn: 'a', events, extra: 1 }] }],
    ['config.queues[0].arn', { queues: [{ events }] }],
    ['config.queues[0].arn', { queues: [{ arn: '', events }] }],
    ['config.topics[0].id', { topics: [{ id: 7, arn: 'a', events }] }],
    ['config.cloudFunctions[0].events', { cloudFunctions: [{ arn: 'a' }] }],
    ['config.cloudFunctions[0].events', { cloudFunctions: [{ arn: 'a', events: [] }] }],
    ['config.topics[0].events', { topics: [{ arn: 'a', events: 's3:ObjectCreated:*' }] }],
    [
      'config.topics[1].events',
      {
        topics: [
          { arn: 'a', events },
          { arn: 'a', events: ['Put'] },
        ],
      },
    ],
    ['config.topics[0].filter', { topics: [{ arn: 'a', events, filter: {} }] }],
    ['config.topics[0].filter', { topics: [{ arn: 'a', events, filter: { infix: 'x' } }] }],
    ['config.topics[0].filter', { topics: [{ arn: 'a', events, filter: 'x' }] }],
    ['config.topics[0].filter.prefix', { topics: [{ arn: 'a', events, filter: { prefix: 1 } }] }],
    ['config.topics[0].filter.suffix', { topics: [{ arn: 'a', events, filter: { suffix: [] } }] }],
    ['config', { others: [{ name: '<', content: '' }] }],
  ]
  test.each(wrong)('%s is refused before any request: %j', (argument, config) => {
    // @ts-expect-error -- what callers without types may pass
    expect(() => setBucketNotification('bucket', config)).toThrow(
      expect.objectContaining({ name: InvalidArgumentError.name, argument }),
    )
  })
})
