import { Buffer } from 'node:buffer'
import { utf8TextOf } from '../encoding/utf8.ts'
import { decodeWords, encodeWords } from './encoded-words.ts'

/** Prefix of the headers that carry user metadata. */
export const metadataPrefix = 'x-amz-meta-'

/**
 * Headers of S3 and HTTP that callers of MinIO clients put among their metadata. They are sent
 * under their own names.
 */
const ownHeaders: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-acl',
  'x-amz-storage-class',
  'x-amz-tagging',
  'x-amz-website-redirect-location',
])

const ownHeaderPrefixes: readonly string[] = [
  'x-amz-grant-',
  'x-amz-object-lock-',
  'x-amz-server-side-encryption',
]

/**
 * The header name under which one entry of user metadata travels, in lower case.
 *
 * @example
 * metadataHeaderName('Colour') // 'x-amz-meta-colour'
 * metadataHeaderName('X-Amz-Meta-Colour') // 'x-amz-meta-colour'
 * metadataHeaderName('Content-Type') // 'content-type'
 */
export function metadataHeaderName(name: string): string {
  const lower = name.toLowerCase()
  const isReady =
    lower.startsWith(metadataPrefix) ||
    ownHeaders.has(lower) ||
    ownHeaderPrefixes.some((prefix) => lower.startsWith(prefix))
  return isReady ? lower : metadataPrefix + lower
}

/**
 * What is wrong with user metadata, as a sentence without subject; undefined when it can be sent.
 * Names must be HTTP tokens and differ by more than case; values must hold no control characters
 * (tabs may stand) and no lone surrogates.
 */
export function metadataProblem(metadata: unknown): string | undefined {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    return 'must be an object of strings'
  }
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(metadata)) {
    const headerName = metadataHeaderName(name)
    const problem = nameProblem(name) ?? valueProblem(headerName, value)
    if (problem !== undefined) return `${problem} (${JSON.stringify(name)})`
    if (seen.has(headerName)) return `must not hold one name twice (${JSON.stringify(name)})`
    seen.add(headerName)
  }
  return undefined
}

/**
 * Turns user metadata into headers with lower-case names. Values beyond ASCII, values that HTTP
 * would trim, and values that look encoded, become encoded words of RFC 2047;
 * {@link decodeMetadata} reads them back.
 *
 * @returns an object without prototype, so that a name such as `__proto__` is a name
 * @throws TypeError when {@link metadataProblem} finds one
 * @example
 * encodeMetadata({ Colour: 'grün' }) // { 'x-amz-meta-colour': '=?UTF-8?B?Z3LDvG4=?=' }
 */
export function encodeMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const problem = metadataProblem(metadata)
  if (problem !== undefined) throw new TypeError(`The metadata ${problem}`)
  const headers = emptyRecord()
  for (const [name, value] of Object.entries(metadata)) {
    const headerName = metadataHeaderName(name)
    headers[headerName] =
      isUserMetadata(headerName) && needsEncoding(value) ? encodeWords(value) : value
  }
  return headers
}

/**
 * Reads the user metadata out of the headers of an answer: names in lower case and without
 * prefix, encoded words decoded. Some stores send UTF-8 as it is; such bytes, read as Latin-1 by
 * the HTTP layer, are read as UTF-8 again. A header that comes twice is joined with a comma, as
 * HTTP means it. A decoded value may hold any character, line ends included.
 *
 * @param headers pairs of name (any case) and value
 * @returns an object without prototype
 */
export function decodeMetadata(
  headers: Iterable<readonly [name: string, value: string]>,
): Record<string, string> {
  const metadata = emptyRecord()
  for (const [headerName, value] of headers) {
    const lower = headerName.toLowerCase()
    if (!isUserMetadata(lower)) continue
    const name = lower.slice(metadataPrefix.length)
    const text = decodeWords(utf8OfLatin1(value))
    const earlier = metadata[name]
    metadata[name] = earlier === undefined ? text : `${earlier},${text}`
  }
  return metadata
}

function emptyRecord(): Record<string, string> {
  const record: Record<string, string> = {}
  // Object.create(null) would be typed as any.
  Object.setPrototypeOf(record, null)
  return record
}

function isUserMetadata(headerName: string): boolean {
  return headerName.startsWith(metadataPrefix)
}

/** Tokens of RFC 9110, 5.6.2. */
function nameProblem(name: string): string | undefined {
  const isToken = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)
  if (!isToken) return 'must have names of letters, digits and -_.~ only'
  return name.length === metadataPrefix.length && isUserMetadata(name.toLowerCase())
    ? 'must have a name behind the prefix'
    : undefined
}

function valueProblem(headerName: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must have strings as values'
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) return 'must hold no control characters'
  if (!isUserMetadata(headerName)) {
    return isAscii(value) ? undefined : 'must have an ASCII value for a header that is not its own'
  }
  return /\p{Surrogate}/u.test(value) ? 'must hold no lone surrogates' : undefined
}

/**
 * HTTP drops white space around a value, and signers disagree about tabs. What looks encoded would
 * come back decoded.
 */
function needsEncoding(value: string): boolean {
  return !isAscii(value) || /^ | $|\t/.test(value) || decodeWords(value) !== value
}

function isAscii(value: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the range is that of ASCII
  return /^[\u0000-\u007f]*$/.test(value)
}

function utf8OfLatin1(value: string): string {
  const isBytes = !isAscii(value) && /^[\u0000-\u00ff]*$/.test(value)
  return isBytes ? (utf8TextOf(Buffer.from(value, 'latin1')) ?? value) : value
}
