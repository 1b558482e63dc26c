import {
  formRequest,
  type FormFields,
  type Signer,
} from '../../../../packages/server/test/support/signing-kinds.ts'
import { changed, type RecordedRequest } from '../../../support/recorded-request.ts'
import { withMore, type Mutation } from './mutation.ts'

const addedFields: FormFields = [
  ['acl', 'bucket-owner-full-control'],
  ['awsaccesskeyid', 'root'],
  ['bucket', 'locked'],
  ['cache-control', 'no-store'],
  ['content-encoding', 'gzip'],
  ['content-md5', 'AAAAAAAAAAAAAAAAAAAAAA=='],
  ['expires', 'Wed, 04 Mar 2026 06:06:07 GMT'],
  ['if-none-match', '*'],
  ['signature', 'x'],
  ['success_action_redirect', 'https://example.com/'],
  ['success_action_status', '200'],
  ['x-amz-acl', 'private'],
  ['x-amz-checksum-crc32', 'AAAAAA=='],
  ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'],
  ['x-amz-copy-source', '/attacked/other'],
  ['x-amz-meta-added', 'added'],
  ['x-amz-object-lock-mode', 'COMPLIANCE'],
  ['x-amz-security-token', 'made-up'],
  ['x-amz-server-side-encryption', 'AES256'],
  ['x-amz-tagging', 'added=yes'],
  ['x-amz-website-redirect-location', '/elsewhere'],
  ['x-minio-force-delete', 'true'],
]

/** Mutations of a signed form; its file is the last field, and left to the sender. */
export function* formMutations(
  bucket: string,
  fields: FormFields,
  signer: Signer,
): Generator<Mutation> {
  const mutated = (
    what: string,
    others: FormFields,
    expected: Mutation['expected'] = 'refused',
  ): Mutation => ({ what, request: formRequest(bucket, others, signer), expected })
  for (const [index, [name, value]] of fields.entries()) {
    if (name === 'file') continue
    yield mutated(`without ${name}`, fields.toSpliced(index, 1))
    yield mutated(`${name} twice`, fields.toSpliced(index, 0, [name, value]))
    yield mutated(`${name} empty`, fields.with(index, [name, '']))
    yield mutated(`${name} under another name`, fields.with(index, [`${name}x`, value]))
    yield mutated(`${name} in capitals`, fields.with(index, [name.toUpperCase(), value]), 'same')
    for (const other of otherValues(value)) {
      yield mutated(`${name}=${other}`, fields.with(index, [name, other]))
    }
    yield mutated(`${name} behind the file`, [...fields.toSpliced(index, 1), [name, value]])
  }
  for (const field of addedFields) {
    if (fields.some(([name]) => name === field[0])) continue
    yield mutated(`and ${field.join('=')}`, fields.toSpliced(0, 0, field))
    yield mutated(`and ${field.join('=')} behind the file`, [...fields, field], 'same')
  }
  yield mutated('the fields in another order', inAnotherOrder(fields), 'same')
  yield mutated('and x-ignore-this', [['x-ignore-this', 'x'], ...fields], 'same')
  yield mutated('two files', [...fields, ['file', 'another']])
  yield mutated('no file', fields.slice(0, -1))
  yield* addresses(formRequest(bucket, fields, signer))
}

function inAnotherOrder(fields: FormFields): FormFields {
  return [...fields.slice(0, -1).toReversed(), ...fields.slice(-1)]
}

/** The value with one character changed, at each place. */
function* otherValues(value: string): Generator<string> {
  for (const at of value.split('').keys()) {
    const other = value[at] === 'A' ? 'B' : 'A'
    yield value.slice(0, at) + other + value.slice(at + 1)
  }
  yield `${value}A`
  yield ` ${value}`
}

/** The same form, sent elsewhere or with more in its head. */
function* addresses(request: RecordedRequest): Generator<Mutation> {
  for (const target of ['/locked', '/empty', '/attacked/', '/attacked/key', '/', '/attacked?acl']) {
    yield { what: `to ${target}`, request: changed(request, { target }), expected: 'same' }
  }
  for (const method of ['PUT', 'GET', 'DELETE', 'HEAD', 'PATCH']) {
    yield { what: `by ${method}`, request: changed(request, { method }), expected: 'refused' }
  }
  const authorization = 'AWS4-HMAC-SHA256 Credential=root/20260304/us-east-1/s3/aws4_request'
  for (const [name, value] of [
    ['authorization', authorization],
    ['authorization', ''],
    ['x-amz-content-sha256', '0'.repeat(64)],
    ['content-md5', 'AAAAAAAAAAAAAAAAAAAAAA=='],
  ] as const) {
    yield { what: `and ${name}`, request: withMore(request, name, value), expected: 'refused' }
  }
}
