import { objectKeyProblem, type QueryPair, type RequestHeader } from '@stowage/protocol'

import { S3Failure } from './failure.ts'
import {
  copySource,
  routes,
  selectingHeaders,
  subresources,
  uploadPartCopySelector,
  type Level,
  type OperationName,
} from './route-table.ts'

/** What a request is about. */
export interface Route {
  readonly operation: OperationName
  /** Empty for an operation on the service. */
  readonly bucket: string
  /** Empty for an operation on the service or on a bucket. */
  readonly key: string
}

/** What the route of a request depends on. */
export interface RouteInput {
  readonly method: string
  /** The decoded path. */
  readonly path: string
  readonly query: readonly QueryPair[]
  /** The Host header as sent. */
  readonly host: string
  /** Whether a header is in the request; some select another operation. */
  has(header: RequestHeader): boolean
}

/**
 * Finds the operation that a request asks for. Pure; nothing is looked up.
 * @param domain hosts `bucket.domain` name a bucket (virtual-host style)
 * @throws S3Failure MethodNotAllowed or NotImplemented: a request that asks for something which is
 *   not in the table never falls through to a plain PUT, GET or DELETE of the object.
 * @throws S3Failure KeyTooLongError for every operation, since a deletion makes a record as well
 */
export function detectRoute(input: RouteInput, domain: string): Route {
  const address = addressOf(input.path, input.host, domain)
  if (address === undefined) throw new S3Failure('InvalidBucketName')
  const { bucket, key } = address
  const level: Level = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object'
  const selector = selectorOf(input)
  const operation = routes[level].get(selector)?.get(input.method)
  if (operation !== undefined) return { operation, bucket, key: checkedKey(key) }
  throw new S3Failure(selector === '' ? 'MethodNotAllowed' : 'NotImplemented')
}

function checkedKey(key: string): string {
  if (key === '' || objectKeyProblem(key) === undefined) return key
  throw new S3Failure('KeyTooLongError')
}

/** What a request addresses. */
export interface Address {
  readonly bucket: string
  readonly key: string
}

/**
 * The bucket and the key that a request addresses; undefined for a path without a bucket's name.
 * @param domain hosts `bucket.domain` name a bucket
 */
export function addressOf(path: string, host: string, domain: string): Address | undefined {
  const virtual = bucketOfHost(host, domain)
  if (virtual !== undefined) return { bucket: virtual, key: path.slice(1) }
  const slash = path.indexOf('/', 1)
  if (slash === -1) return { bucket: path.slice(1), key: '' }
  const bucket = path.slice(1, slash)
  if (bucket === '') return undefined
  return { bucket, key: path.slice(slash + 1) }
}

function bucketOfHost(host: string, domain: string): string | undefined {
  const colon = host.indexOf(':')
  const name = (colon === -1 ? host : host.slice(0, colon)).toLowerCase()
  const suffix = `.${domain}`
  if (!name.endsWith(suffix) || name.length === suffix.length) return undefined
  return name.slice(0, -suffix.length)
}

/** The sub-resource or header that selects the operation; empty for the plain one. */
function selectorOf(input: RouteInput): string {
  let found = ''
  for (const [name] of input.query) {
    if (name === found || !isSelector(name, input)) continue
    if (found !== '') {
      const message = `The parameters ${found} and ${name} do not go together.`
      throw new S3Failure('InvalidArgument', { message })
    }
    found = name
  }
  if (input.method !== 'PUT') return found
  if (found === 'uploadId' && input.has(copySource)) return uploadPartCopySelector
  if (found !== '') return found
  return selectingHeaders.find((header) => input.has(header)) ?? ''
}

/** `partNumber` alone is a parameter of GET and HEAD, but a broken UploadPart in a PUT. */
function isSelector(name: string, input: RouteInput): boolean {
  if (name !== 'partNumber') return subresources.has(name)
  return input.method === 'PUT' && !input.query.some(([other]) => other === 'uploadId')
}
