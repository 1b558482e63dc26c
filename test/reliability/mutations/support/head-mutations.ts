import { requestHeaders, ruleForUnsigned } from '@stowage/protocol'
import { subresources } from '../../../../packages/server/src/route-table.ts'
import {
  effectiveValues,
  unknownOrders,
} from '../../../../packages/server/test/support/header-additions.ts'
import { changed, headerOf, type RecordedRequest } from '../../../support/recorded-request.ts'
import { isPresigned, isSigned, withMore, type Mutation } from './mutation.ts'

/** The mutations of a head that come from tables. */
export function* headMutations(request: RecordedRequest): Generator<Mutation> {
  yield* addedParameters(request)
  yield* addedHeaders(request)
  if (!isSigned(request)) return
  yield* repeatedHeaders(request)
  yield* repeatedParameters(request)
  yield* equivalents(request)
  yield* moreBlanks(request)
  if (isPresigned(request)) yield* presigningParameters(request)
}

/** Parameters that select, name, answer otherwise, sign, or stand for headers. */
const parameters: readonly string[] = [
  ...[...subresources].map((name) => `${name}=`),
  'versionId=null',
  'partNumber=1',
  'uploadId=0',
  'prefix=p',
  'delimiter=/',
  'max-keys=1',
  'marker=a',
  'response-content-type=text%2Fhtml',
  'response-cache-control=no-store',
  'x-id=PutObject',
  'x-minio-force-delete=true',
  'x-amz-acl=private',
  'X-Amz-Copy-Source=%2Fattacked%2Fother',
  'x-amz-meta-added=added',
  'x-amz-tagging=added%3Dyes',
  'X-Amz-Content-Sha256=UNSIGNED-PAYLOAD',
  'x-amz-content-sha256=UNSIGNED-PAYLOAD',
  'X-Amz-Security-Token=made-up',
  'X-Amz-Signature=0',
  'x-amz-signature=0',
  'X-Amz-Expires=604800',
  'X-Amz-SignedHeaders=host',
  'AWSAccessKeyId=root',
  'Signature=0',
  '=',
  'x',
]

function* addedParameters(request: RecordedRequest): Generator<Mutation> {
  const [path = '', query] = request.target.split('?')
  for (const parameter of parameters) {
    const behind = query === undefined ? parameter : `${query}&${parameter}`
    const target = `${path}?${behind}`
    yield { what: `and ${parameter}`, request: changed(request, { target }), expected: 'refused' }
  }
}

/** Those of the framing, which would only try Node's parser, or wait for bytes that never come. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding'])

/** Headers that take effect unsigned, as their rows in the table argue, in these methods. */
const arguedEffects: Readonly<Record<string, readonly string[]>> = {
  'cache-control': ['PUT', 'POST'],
  'content-type': ['PUT', 'POST'],
  range: ['GET', 'HEAD'],
}

/** Headers that proxies and frameworks are known to obey, and this server must not. */
const foreign: readonly (readonly [name: string, value: string])[] = [
  ['cookie', 'token=root'],
  ['date', 'Wed, 04 Mar 2026 06:06:07 GMT'],
  ['expect', '100-continue'],
  ['forwarded', 'for=127.0.0.1;host=locked.localhost;proto=https'],
  ['if-range', '"00000000000000000000000000000000"'],
  ['x-amzn-trace-id', 'Root=1'],
  ['x-forwarded-for', '127.0.0.1'],
  ['x-forwarded-host', 'locked.localhost'],
  ['x-forwarded-prefix', '/locked'],
  ['x-http-method-override', 'DELETE'],
  ['x-original-url', '/locked/held'],
  ['x-rewrite-url', '/locked/held'],
]

function* addedHeaders(request: RecordedRequest): Generator<Mutation> {
  const presigned = isPresigned(request)
  const ofTable = requestHeaders.map((name) => [name, effectiveValues[name]] as const)
  for (const [name, value] of [...ofTable, ...unknownOrders, ...foreign]) {
    if (headerOf(request, name) !== undefined || framing.has(name)) continue
    const rule = ruleForUnsigned(name, presigned)
    if (rule === 'used' && arguedEffects[name]?.includes(request.method) === true) continue
    yield {
      what: `and ${name}: ${value}`,
      request: withMore(request, name, value),
      expected: rule === 'refused' && isSigned(request) ? 'refused' : 'same',
    }
  }
}

function* repeatedHeaders(request: RecordedRequest): Generator<Mutation> {
  for (const [index, [name, value]] of request.headers.entries()) {
    if (name === 'connection' || framing.has(name)) continue
    for (const copy of [value, `${value}0`, '', effectiveOf(name)]) {
      for (const at of [index, index + 1]) {
        const headers = request.headers.toSpliced(at, 0, [name, copy])
        yield {
          what: `${name} twice, ${at === index ? 'first' : 'last'}: ${copy}`,
          request: changed(request, { headers }),
          expected: 'refused',
        }
      }
    }
  }
}

function effectiveOf(name: string): string {
  return Object.entries(effectiveValues).find(([other]) => other === name)?.[1] ?? 'added'
}

function* repeatedParameters(request: RecordedRequest): Generator<Mutation> {
  const [path = '', query] = request.target.split('?')
  for (const parameter of query?.split('&') ?? []) {
    const [name = ''] = parameter.split('=')
    for (const copy of [parameter, `${name}=`, `${name}=0`, `${name.toLowerCase()}=0`]) {
      yield* [`${copy}&${query}`, `${query}&${copy}`].map((text): Mutation => ({
        what: `and ${copy} in ${text}`,
        request: changed(request, { target: `${path}?${text}` }),
        expected: 'refused',
      }))
    }
  }
}

/** What the canonical request does not tell apart. */
function* equivalents(request: RecordedRequest): Generator<Mutation> {
  const [path = '', query] = request.target.split('?')
  const { headers } = request
  const forms: Readonly<Record<string, Partial<RecordedRequest>>> = {
    'headers in another order': { headers: headers.toReversed() },
    'names in capitals': { headers: headers.map(([name, value]) => [name.toUpperCase(), value]) },
    'blanks around values': { headers: headers.map(([name, value]) => [name, ` \t${value}  `]) },
    'parameters in another order':
      query === undefined ? {} : { target: `${path}?${query.split('&').toReversed().join('&')}` },
    'an empty value without its sign': { target: request.target.replace(/=(?=&|$)/, '') },
  }
  for (const [what, change] of Object.entries(forms)) {
    yield { what, request: changed(request, change), expected: 'same' }
  }
}

/** The canonical request folds blanks within values, where they may mean something. */
function* moreBlanks(request: RecordedRequest): Generator<Mutation> {
  for (const [index, [name, value]] of request.headers.entries()) {
    if (!value.includes(' ')) continue
    const header = [name, value.replace(' ', '  ')] as const
    yield {
      what: `more blanks in ${name}`,
      request: changed(request, { headers: request.headers.with(index, header) }),
      expected: name.startsWith('x-amz-') ? 'refused' : 'same',
    }
  }
}

const wrongExpiries = [
  '',
  '0',
  '-1',
  '1e3',
  '601',
  '604801',
  '99999999999',
  '0x258',
  ' 600',
] as const

function* presigningParameters(request: RecordedRequest): Generator<Mutation> {
  const replaced = (from: RegExp, to: string): Mutation => ({
    what: `${to} in the query`,
    request: changed(request, { target: request.target.replace(from, to) }),
    expected: 'refused',
  })
  for (const expiry of wrongExpiries) {
    yield replaced(/X-Amz-Expires=\d+/, `X-Amz-Expires=${encodeURIComponent(expiry)}`)
  }
  for (const name of ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature']) {
    yield replaced(new RegExp(`X-Amz-${name}=`), `x-amz-${name.toLowerCase()}=`)
    yield replaced(new RegExp(`X-Amz-${name}=[^&]*&?`), '')
  }
  for (const region of ['us-west-2', '', 'us-east-1%2Fs3%2Faws4_request%2F']) {
    yield replaced(/us-east-1/, region)
  }
  for (const service of ['sts', 's3tables', '']) yield replaced(/%2Fs3%2F/, `%2F${service}%2F`)
}
