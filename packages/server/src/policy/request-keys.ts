import { isIP } from 'node:net'

import { decodeFormComponent, parseAmzDate, type RequestHeader } from '@stowage/protocol'

import { readCopySource } from '../http/copy-source-text.ts'
import type { IncomingRequest } from '../http/incoming.ts'
import {
  existingTagPrefix,
  requestTagPrefix,
  type KeySource,
  type KeyValues,
} from './condition-keys.ts'
import { userArn } from './parse-principals.ts'

/** How a request arrived: what its headers cannot say of themselves. */
export interface Arrival {
  /** The address at the other end of the connection, whatever headers claim. */
  readonly sourceIp: string | undefined
  /** Whether the connection is encrypted. */
  readonly secure: boolean
  /** Undefined for a request that is not signed. */
  readonly authType: 'REST-HEADER' | 'REST-QUERY-STRING' | 'POST' | undefined
}

/** What condition keys take their values from. */
export interface KeyInput {
  readonly action: string
  readonly principal: {
    readonly type: 'Account' | 'User' | 'Anonymous'
    readonly accessKey: string
  }
  readonly arrival: Arrival
  readonly now: Date
  readonly request: IncomingRequest
  readonly query: ReadonlyMap<string, string>
  readonly versionId: string | undefined
  /** The tags of the stored object as a query string; undefined when they were not read. */
  readonly existingTags: string | undefined
}

type Read = (input: KeyInput) => string | undefined

const readers: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['aws:currenttime', ({ now }) => now.toISOString()],
  ['aws:epochtime', ({ now }) => String(Math.floor(now.getTime() / 1000))],
  ['aws:principalarn', ({ principal }) => signed(principal, userArn(principal.accessKey))],
  ['aws:principaltype', ({ principal }) => principal.type],
  ['aws:securetransport', ({ arrival }) => String(arrival.secure)],
  ['aws:sourceip', ({ arrival }) => plainAddress(arrival.sourceIp)],
  ['aws:userid', ({ principal }) => signed(principal, principal.accessKey) ?? 'anonymous'],
  ['aws:username', ({ principal }) => signed(principal, principal.accessKey)],
  ['s3:authtype', ({ arrival }) => arrival.authType],
  ['s3:delimiter', (input) => listParameter(input, 'delimiter')],
  ['s3:max-keys', (input) => listParameter(input, 'max-keys')],
  ['s3:prefix', (input) => listParameter(input, 'prefix')],
  ['s3:signatureage', signatureAge],
  ['s3:signatureversion', ({ arrival }) => arrival.authType && 'AWS4-HMAC-SHA256'],
  ['s3:versionid', ({ versionId }) => versionId],
  ['s3:x-amz-copy-source', copySource],
])

/** The keys of object lock, which are headers. */
const lockKeys: ReadonlyMap<string, RequestHeader> = new Map([
  ['s3:object-lock-legal-hold', 'x-amz-object-lock-legal-hold'],
  ['s3:object-lock-mode', 'x-amz-object-lock-mode'],
  ['s3:object-lock-retain-until-date', 'x-amz-object-lock-retain-until-date'],
])

/** The keys that are the value of a header. */
const headerKeys: ReadonlyMap<string, RequestHeader> = new Map([
  ...lockKeys,
  ['aws:referer', 'referer'],
  ['aws:useragent', 'user-agent'],
  ['s3:if-match', 'if-match'],
  ['s3:if-none-match', 'if-none-match'],
  ['s3:x-amz-acl', 'x-amz-acl'],
  ['s3:x-amz-content-sha256', 'x-amz-content-sha256'],
  ['s3:x-amz-grant-full-control', 'x-amz-grant-full-control'],
  ['s3:x-amz-grant-read', 'x-amz-grant-read'],
  ['s3:x-amz-grant-read-acp', 'x-amz-grant-read-acp'],
  ['s3:x-amz-grant-write', 'x-amz-grant-write'],
  ['s3:x-amz-grant-write-acp', 'x-amz-grant-write-acp'],
  ['s3:x-amz-metadata-directive', 'x-amz-metadata-directive'],
  ['s3:x-amz-server-side-encryption', 'x-amz-server-side-encryption'],
  ['s3:x-amz-server-side-encryption-aws-kms-key-id', 'x-amz-server-side-encryption-aws-kms-key-id'],
  [
    's3:x-amz-server-side-encryption-customer-algorithm',
    'x-amz-server-side-encryption-customer-algorithm',
  ],
  ['s3:x-amz-storage-class', 'x-amz-storage-class'],
  ['s3:x-amz-website-redirect-location', 'x-amz-website-redirect-location'],
])

/** Longer values are not compared: a policy may hold thousands of patterns for one. */
const maxValueLength = 2048

/** The values of one request for the condition keys of a policy. */
export function requestKeys(input: KeyInput): KeySource {
  return (key) => {
    if (isInBody(key, input)) return 'unknown'
    if (key.startsWith(existingTagPrefix)) {
      if (input.existingTags === undefined) return 'unknown'
      return tagValues(input.existingTags, key.slice(existingTagPrefix.length))
    }
    const tagging = input.request.header('x-amz-tagging')
    if (key.startsWith(requestTagPrefix)) {
      return tagValues(tagging, key.slice(requestTagPrefix.length))
    }
    if (key === 's3:requestobjecttagkeys') return [...tagsOf(tagging).keys()]
    const value = valueOf(key, input)
    if (value === undefined) return []
    return value.length > maxValueLength ? 'unknown' : [value]
  }
}

function valueOf(key: string, input: KeyInput): string | undefined {
  const read = readers.get(key)
  if (read !== undefined) return read(input)
  const header = headerKeys.get(key)
  return header && input.request.header(header)
}

/** What PutObjectTagging and the like say stands in a document, not in headers. */
function isInBody(key: string, { action, request }: KeyInput): boolean {
  if (key.startsWith(requestTagPrefix) || key === 's3:requestobjecttagkeys') {
    const isTagging = action === 's3:PutObjectTagging' || action === 's3:PutObjectVersionTagging'
    return isTagging && request.header('x-amz-tagging') === undefined
  }
  const header = lockKeys.get(key)
  const isLocking = action === 's3:PutObjectRetention' || action === 's3:PutObjectLegalHold'
  return header !== undefined && isLocking && request.header(header) === undefined
}

function signed({ type }: KeyInput['principal'], value: string): string | undefined {
  return type === 'Anonymous' ? undefined : value
}

/** A socket that takes both families writes IPv4 as `::ffff:192.0.2.1`. */
function plainAddress(address: string | undefined): string | undefined {
  const plain = address?.replace(/^::ffff:/i, '')
  return plain !== undefined && isIP(plain) === 4 ? plain : address
}

const listActions: ReadonlySet<string> = new Set([
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:ListBucketMultipartUploads',
])

/** A GET of an object may carry a `prefix` too; it must not pass for that of a listing. */
function listParameter({ action, query }: KeyInput, name: string): string | undefined {
  return listActions.has(action) ? query.get(name) : undefined
}

/** How old a signature is, in milliseconds. */
function signatureAge({ arrival, query, request, now }: KeyInput): string | undefined {
  if (arrival.authType === undefined) return undefined
  const text = query.get('X-Amz-Date') ?? request.header('x-amz-date') ?? ''
  const date = parseAmzDate(text)
  return date && String(now.getTime() - date.getTime())
}

/** `bucket/key`, as the copy will read it; what it cannot read it will refuse. */
function copySource({ request }: KeyInput): string | undefined {
  const header = request.header('x-amz-copy-source')
  return header === undefined ? undefined : (readCopySource(header)?.location ?? header)
}

function tagValues(tagging: string | undefined, name: string): KeyValues {
  const value = tagsOf(tagging).get(name)
  return value === undefined ? [] : [value]
}

function tagsOf(tagging: string | undefined): ReadonlyMap<string, string> {
  const tags = new Map<string, string>()
  for (const pair of (tagging ?? '').split('&')) {
    const equals = pair.indexOf('=')
    const name = decoded(equals === -1 ? pair : pair.slice(0, equals))
    if (name !== '') tags.set(name, decoded(equals === -1 ? '' : pair.slice(equals + 1)))
  }
  return tags
}

function decoded(text: string): string {
  try {
    return decodeFormComponent(text)
  } catch {
    // An upload with such tags is refused.
    return text
  }
}
