import { describe, expect, it } from 'vitest'
import type { QueryPair } from '@stowage/protocol'

import { S3Failure } from '../src/failure.ts'
import { subresources } from '../src/route-table.ts'
import { detectRoute, type Route } from '../src/route.ts'

interface Case {
  readonly method?: string
  readonly path?: string
  readonly query?: readonly QueryPair[]
  readonly host?: string
  readonly headers?: readonly string[]
}

function route(input: Case): Route {
  const { method = 'GET', path = '/', query = [], host = '127.0.0.1:9000', headers = [] } = input
  return detectRoute(
    { method, path, query, host, has: (name) => headers.includes(name) },
    'localhost',
  )
}

function refusal(input: Case): string {
  try {
    route(input)
  } catch (error) {
    if (error instanceof S3Failure) return error.code
    throw error
  }
  return 'none'
}

describe('detectRoute', () => {
  it.each([
    ['GET', '/', [], 'ListBuckets'],
    ['PUT', '/b', [], 'CreateBucket'],
    ['PUT', '/b/', [], 'CreateBucket'],
    ['HEAD', '/b', [], 'HeadBucket'],
    ['DELETE', '/b', [], 'DeleteBucket'],
    ['GET', '/b', [], 'ListObjects'],
    ['GET', '/b', ['list-type'], 'ListObjectsV2'],
    ['GET', '/b', ['prefix', 'list-type', 'x-id'], 'ListObjectsV2'],
    ['GET', '/b', ['location'], 'GetBucketLocation'],
    ['GET', '/b', ['versioning'], 'GetBucketVersioning'],
    ['POST', '/b', ['delete'], 'DeleteObjects'],
    ['PUT', '/b/k', [], 'PutObject'],
    ['GET', '/b/k', [], 'GetObject'],
    ['GET', '/b/k', ['partNumber', 'versionId', 'response-expires'], 'GetObject'],
    ['HEAD', '/b/k', [], 'HeadObject'],
    ['DELETE', '/b/k', ['versionId'], 'DeleteObject'],
  ])('%s %s %j is %s', (method, path, names, operation) => {
    const query = names.map((name): QueryPair => [name, ''])
    expect(route({ method, path, query }).operation).toBe(operation)
  })

  it.each([
    ['/b/k', 'b', 'k'],
    ['/b/k/', 'b', 'k/'],
    ['/b//k', 'b', '/k'],
    ['/b/../k', 'b', '../k'],
    ['/b/./k', 'b', './k'],
    ['/b/ ', 'b', ' '],
  ])('finds bucket and key of %s', (path, bucket, key) => {
    expect(route({ path })).toMatchObject({ bucket, key })
  })

  it.each([
    ['photos.localhost', '/k', 'photos', 'k'],
    ['photos.localhost:9000', '/a/b', 'photos', 'a/b'],
    ['PHOTOS.LocalHost', '/', 'photos', ''],
    ['my.photos.localhost', '//k', 'my.photos', '/k'],
    ['localhost:9000', '/b/k', 'b', 'k'],
    ['evil-localhost', '/b/k', 'b', 'k'],
    ['.localhost', '/b/k', 'b', 'k'],
    ['[::1]:9000', '/b/k', 'b', 'k'],
  ])('finds the bucket of host %s', (host, path, bucket, key) => {
    expect(route({ host, path })).toMatchObject({ bucket, key })
  })

  it('never takes a sub-resource for the plain request', () => {
    for (const name of [...subresources]) {
      for (const path of ['/', '/b', '/b/k']) {
        for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']) {
          const input = { method, path, query: [[name, '']] as const }
          const found = refusal(input)
          if (found !== 'none') expect(found).toBe('NotImplemented')
          else expect(route(input).operation).not.toBe(plainOperation(method, path))
        }
      }
    }
  })

  it('tells an upload of a part from a plain upload', () => {
    const query = [
      ['partNumber', '1'],
      ['uploadId', 'x'],
    ] as const
    const part = { method: 'PUT', path: '/b/k' }
    const copy = { ...part, headers: ['x-amz-copy-source'] }
    expect(route({ ...part, query }).operation).toBe('UploadPart')
    expect(route({ ...part, query: query.slice(1) }).operation).toBe('UploadPart')
    expect(route({ ...copy, query }).operation).toBe('UploadPartCopy')
    expect(refusal({ ...part, query: query.slice(0, 1) })).toBe('NotImplemented')
    expect(route(copy).operation).toBe('CopyObject')
  })

  it.each(['x-amz-meta-snowball-auto-extract', 'x-amz-rename-source'])(
    'tells a PUT with %s from a plain one',
    (header) => {
      const put = { method: 'PUT', path: '/b/k', headers: [header] }
      expect(refusal(put)).toBe('NotImplemented')
    },
  )

  it('refuses two sub-resources at once, and methods that are none', () => {
    const query = [
      ['acl', ''],
      ['tagging', ''],
    ] as const
    expect(refusal({ path: '/b/k', query })).toBe('InvalidArgument')
    expect(refusal({ path: '/b/k', method: 'PATCH' })).toBe('MethodNotAllowed')
    expect(refusal({ path: '/', method: 'DELETE' })).toBe('MethodNotAllowed')
    expect(refusal({ path: '//k' })).toBe('InvalidBucketName')
  })
})

function plainOperation(method: string, path: string): string | undefined {
  const input = { method, path }
  return refusal(input) === 'none' ? route(input).operation : undefined
}
