import { emptySha256 } from '@stowage/protocol'

import { changed, headerOf, type RecordedRequest } from '../../support/recorded-request.ts'
import type { Attempt } from './replay.ts'

/** Headers that change what a request does, when somebody adds them behind the signer's back. */
const uncovered: readonly (readonly [string, string])[] = [
  ['x-amz-copy-source', '/seeded/present'],
  ['x-amz-copy-source-range', 'bytes=0-1'],
  ['x-amz-metadata-directive', 'REPLACE'],
  ['x-amz-meta-x', 'added'],
  ['x-amz-acl', 'public-read'],
  ['x-amz-acl', 'private'],
  ['x-amz-grant-read', 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'],
  ['x-amz-tagging', 'added=yes'],
  ['x-amz-storage-class', 'STANDARD_IA'],
  ['x-amz-website-redirect-location', '/elsewhere'],
  ['x-amz-object-lock-mode', 'GOVERNANCE'],
  ['x-amz-bypass-governance-retention', 'true'],
  ['x-amz-server-side-encryption', 'AES256'],
  ['x-amz-server-side-encryption-customer-algorithm', 'AES256'],
  ['x-amz-decoded-content-length', '5'],
  ['x-amz-trailer', 'x-amz-checksum-crc32'],
  ['x-amz-checksum-sha256', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='],
  ['x-amz-security-token', 'made-up'],
  ['x-amz-meta-snowball-auto-extract', 'true'],
]

const madeUpQuery =
  'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=interop-key%2F20260101%2Fus-east-1%2Fs3' +
  '%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host' +
  `&X-Amz-Signature=${emptySha256}`

const madeUpAuthorization =
  'AWS4-HMAC-SHA256 Credential=interop-key/20260101/us-east-1/s3/aws4_request, ' +
  `SignedHeaders=host, Signature=${emptySha256}`

/** What can be added to a signed request without its secret; each must be refused. */
export function additionsTo(request: RecordedRequest): Attempt[] {
  return [
    ...uncovered
      .filter(([name]) => headerOf(request, name) === undefined)
      .map(([name, value]) => ({
        what: `unsigned ${name}: ${value}`,
        request: changed(request, { headers: [...request.headers, [name, value]] }),
      })),
    ...copies(request),
    ...secondSignatures(request),
    ...lostSignatures(request),
  ]
}

/** A second copy of a header, the same or another, in front or behind. */
function copies(request: RecordedRequest): Attempt[] {
  return ['host', 'authorization', 'x-amz-date', 'x-amz-content-sha256'].flatMap((name) => {
    const value = headerOf(request, name)
    if (value === undefined) return []
    return [value, `${value}0`, ''].flatMap((copy) => [
      {
        what: `${name} twice, ${copy} in front`,
        request: changed(request, { headers: [[name, copy], ...request.headers] }),
      },
      {
        what: `${name} twice, ${copy} behind`,
        request: changed(request, { headers: [...request.headers, [name, copy]] }),
      },
    ])
  })
}

function secondSignatures(request: RecordedRequest): Attempt[] {
  const joint = request.target.includes('?') ? '&' : '?'
  const inQuery = changed(request, { target: `${request.target}${joint}${madeUpQuery}` })
  const oneParameter = ['X-Amz-Algorithm=AWS4-HMAC-SHA256', 'X-Amz-Signature=0', 'Signature=0'].map(
    (parameter) => ({
      what: `and ${parameter} in the query`,
      request: changed(request, { target: `${request.target}${joint}${parameter}` }),
    }),
  )
  const rest = request.headers.filter(([name]) => name.toLowerCase() !== 'authorization')
  const values = [madeUpAuthorization, 'AWS interop-key:c2lnbmF0dXJl', 'Basic eDp5', 'Bearer x', '']
  return [
    { what: 'and a made-up signature in the query', request: inQuery },
    ...oneParameter,
    ...values.map((value) => ({
      what: `authorization: ${value}`,
      request: changed(request, { headers: [...rest, ['authorization', value]] }),
    })),
  ]
}

function lostSignatures(request: RecordedRequest): Attempt[] {
  const headers = request.headers.filter(([name]) => name.toLowerCase() !== 'authorization')
  const [path = ''] = request.target.split('?')
  return [
    { what: 'no signature', request: changed(request, { headers, target: path }) },
    { what: 'no query', request: changed(request, { headers, target: `${path}?x=` }) },
  ]
}
