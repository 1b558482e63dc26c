import type { Answer, Field, Fields, S3Request, Tree } from '../s3-model.ts'
import { statusOf } from '../s3-model.ts'
import type { Symbols } from './symbols.ts'
import type { Observed } from './wire.ts'
import { itemsOf, parseXml, textOf } from './xml-tree.ts'

/** Headers that every answer has, and that tell nothing of S3. */
const ignoredHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'server',
  'x-amz-request-id',
  'x-content-type-options',
])

/** Elements that the model leaves out: whose they are, and where. */
const ignoredElements: ReadonlySet<string> = new Set(['Owner', 'Initiator', 'Location', 'Message'])

/** Elements that hold names, which a listing may have encoded. */
const names: ReadonlySet<string> = new Set([
  'Delimiter',
  'Key',
  'KeyMarker',
  'Marker',
  'NextKeyMarker',
  'NextMarker',
  'Prefix',
  'StartAfter',
])

/** @returns what differs, undefined when nothing does */
export function difference(
  request: S3Request,
  expected: Answer,
  observed: Observed,
  symbols: Symbols,
): string | undefined {
  if (expected.codes !== undefined) return refusalDifference(request, expected, observed, symbols)
  if (observed.status !== expected.status) {
    return `status ${observed.status} instead of ${expected.status}: ${String(observed.body)}`
  }
  return (
    headerDifference(expected, observed, symbols) ??
    bodyDifference(request, expected, observed, symbols)
  )
}

function refusalDifference(
  { method }: S3Request,
  expected: Answer,
  observed: Observed,
  symbols: Symbols,
): string | undefined {
  const { codes = [] } = expected
  const matching = codes.filter((code) => statusOf(code) === observed.status)
  const told = `${observed.status} ${String(observed.body)} instead of ${codes.join(' or ')}`
  if (matching.length === 0) return told
  if (method !== 'HEAD') {
    const code = textOf(parseXml(String(observed.body)).fields, 'Code')
    if (!matching.includes(code)) return told
  }
  return codes.length === 1 ? headerDifference(expected, observed, symbols) : undefined
}

function headerDifference(
  { headers = {}, body, codes }: Answer,
  observed: Observed,
  symbols: Symbols,
): string | undefined {
  for (const [name, wanted] of Object.entries(headers)) {
    const found = observed.headers[name]
    if (wanted === undefined && found === undefined) continue
    if (wanted === undefined || found === undefined || !symbols.matches(wanted, found)) {
      return `header ${name}: ${found} instead of ${wanted}`
    }
  }
  const more = Object.keys(observed.headers).find(
    (name) => !(name in headers) && !ignoredHeaders.has(name),
  )
  if (more !== undefined) return `header ${more}: ${observed.headers[more]} was not expected`
  const isXml = codes !== undefined || (body !== undefined && !Buffer.isBuffer(body))
  const type = observed.headers['content-type']
  if (isXml && observed.body.length > 0 && type !== 'application/xml')
    return `a document is ${type}`
  return undefined
}

function bodyDifference(
  { method }: S3Request,
  { body, headers }: Answer,
  observed: Observed,
  symbols: Symbols,
): string | undefined {
  const { length } = observed.body
  if (method !== 'HEAD' && headers?.['content-length'] === undefined) {
    const told = observed.headers['content-length']
    if (told !== undefined && Number(told) !== length) return `content-length ${told} for ${length}`
  }
  if (body === undefined) return length === 0 ? undefined : `a body: ${String(observed.body)}`
  if (Buffer.isBuffer(body)) {
    return body.equals(observed.body) ? undefined : `other bytes: ${length} for ${body.length}`
  }
  return treeDifference(body, parseXml(String(observed.body)), symbols)
}

function treeDifference(expected: Tree, observed: Tree, symbols: Symbols): string | undefined {
  if (expected.root !== observed.root) return `<${observed.root}> instead of <${expected.root}>`
  const isEncoded = textOf(observed.fields, 'EncodingType') === 'url'
  return fieldsDifference(expected.fields, observed.fields, {
    symbols,
    isEncoded,
    path: expected.root,
  })
}

interface Place {
  readonly symbols: Symbols
  readonly isEncoded: boolean
  readonly path: string
}

function fieldsDifference(expected: Fields, observed: Fields, place: Place): string | undefined {
  for (const name of new Set([...Object.keys(expected), ...Object.keys(observed)])) {
    if (ignoredElements.has(name)) continue
    const wanted = itemsOf(expected[name]).filter((item) => !isEmpty(item))
    const found = itemsOf(observed[name]).filter((item) => !isEmpty(item))
    const here = { ...place, path: `${place.path}/${name}` }
    if (wanted.length !== found.length) {
      return `${here.path}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`
    }
    for (const [index, item] of wanted.entries()) {
      const differs = itemDifference(item, found[index], name, here)
      if (differs !== undefined) return differs
    }
  }
  return undefined
}

/** An element without content says as much as none. */
function isEmpty(item: string | Fields): boolean {
  if (typeof item === 'string') return item === ''
  return Object.values(item).every((field) => itemsOf(field).every((inner) => isEmpty(inner)))
}

function itemDifference(
  wanted: string | Fields,
  found: Field,
  name: string,
  place: Place,
): string | undefined {
  if (typeof wanted !== 'string') {
    return typeof found === 'object' && !Array.isArray(found)
      ? fieldsDifference(wanted, found as Fields, place)
      : `${place.path}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`
  }
  const text = typeof found === 'string' ? found : JSON.stringify(found)
  const decoded =
    place.isEncoded && names.has(name) ? decodeURIComponent(text.replaceAll('+', ' ')) : text
  if (name === 'ETag' && wanted.replaceAll('"', '') === decoded.replaceAll('"', ''))
    return undefined
  if (place.symbols.matches(wanted, decoded)) return undefined
  return `${place.path}: ${JSON.stringify(decoded)} instead of ${JSON.stringify(wanted)}`
}
