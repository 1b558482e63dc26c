import { describe, expect, test } from 'vitest'
import {
  getBucketVersioning,
  putBucketVersioning,
  suspended,
} from '../../src/operations/bucket-versioning.ts'
import { enableBucketVersioning } from '../../src/transfer/enable-bucket-versioning.ts'
import { checkedBody, FakeStore, queryOf, reply } from '../support/replies.ts'

const minio =
  '<VersioningConfiguration><Status>Suspended</Status><ExcludedPrefixes><Prefix>tmp/</Prefix></ExcludedPrefixes><ExcludedPrefixes><Prefix>a&amp;b</Prefix></ExcludedPrefixes><ExcludeFolders>true</ExcludeFolders></VersioningConfiguration>'

describe('getBucketVersioning', () => {
  const { read, ...request } = getBucketVersioning('bucket')

  test('is a GET of ?versioning', () => {
    expect(request).toMatchObject({ method: 'GET', operation: 'GetBucketVersioning' })
    expect(queryOf(request)).toEqual({ versioning: '' })
  })

  test.each([
    ['never', '<VersioningConfiguration xmlns="x"/>', undefined, undefined, [], false],
    [
      'AWS',
      '<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>',
      'Enabled',
      'Disabled',
      [],
      false,
    ],
    ['MinIO', minio, 'Suspended', undefined, ['tmp/', 'a&b'], true],
  ])('reads: %s', (_, body, status, mfaDelete, excludedPrefixes, excludeFolders) => {
    expect(read(reply(body))).toEqual({ status, mfaDelete, excludedPrefixes, excludeFolders })
  })
})

describe('enableBucketVersioning', () => {
  function store(current: string): FakeStore {
    return new FakeStore(({ method }) => reply(method === 'GET' ? current : ''))
  }

  test('keeps the exclusions of MinIO', async () => {
    const { sent, send } = store(minio)
    await enableBucketVersioning(send, 'bucket', {})
    expect(sent.map(({ request }) => request.method)).toEqual(['GET', 'PUT'])
    const put = sent[1]?.request
    if (!put) throw new Error('no PUT')
    expect(checkedBody(put)).toBe(minio.replace('Suspended', 'Enabled'))
    expect(queryOf(put)).toEqual({ versioning: '' })
  })

  test('does not send MfaDelete, which S3 then leaves as it is', async () => {
    const { sent, send } = store(
      '<VersioningConfiguration><Status>Suspended</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>',
    )
    await enableBucketVersioning(send, 'bucket', {})
    const put = sent[1]?.request
    expect(put && checkedBody(put)).toBe(
      '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
    )
  })

  test('needs no reading where the caller names both', async () => {
    const { sent, send } = store(minio)
    const options = { excludedPrefixes: ['x'], excludeFolders: false }
    await enableBucketVersioning(send, 'bucket', options)
    expect(sent.map(({ request }) => checkedBody(request))).toEqual([
      '<VersioningConfiguration><Status>Enabled</Status><ExcludedPrefixes><Prefix>x</Prefix></ExcludedPrefixes></VersioningConfiguration>',
    ])
  })

  test.each([
    ['excludedPrefixes', { excludedPrefixes: 'x' }],
    ['excludedPrefixes', { excludedPrefixes: [1] }],
    ['excludeFolders', { excludeFolders: 'yes' }],
  ])('refuses wrong %s before any request', async (argument, options) => {
    const { sent, send } = store(minio)
    // @ts-expect-error -- what callers without types may pass
    await expect(enableBucketVersioning(send, 'bucket', options)).rejects.toMatchObject({
      argument,
    })
    expect(sent).toEqual([])
  })
})

test('suspending sends no exclusions: MinIO refuses them', () => {
  const request = putBucketVersioning('bucket', suspended)
  expect(request).toMatchObject({ method: 'PUT', operation: 'PutBucketVersioning' })
  expect(checkedBody(request)).toBe(
    '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>',
  )
})
