import { taggingDocument, type HeaderPair } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { IncomingRequest } from '../http/incoming.ts'
import { invalidArgument } from './parameters.ts'
import { checkTags, formatTags } from './tags.ts'
import { parseDocument } from './xml.ts'

/** Fields that mean the header of the same name. */
const headerFields: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-md5',
  'content-type',
  'expires',
  'if-match',
  'if-none-match',
])

/** Headers of the form itself that policies may ask about. */
const ownHeaders: ReadonlySet<string> = new Set(['host', 'referer', 'user-agent'])

/** Fields about the signature, which is done with. */
const signatureFields: ReadonlySet<string> = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-signature',
])

/** Headers that make of an upload what a form cannot be, or speak of its framing. */
const refused: ReadonlySet<string> = new Set([
  'x-amz-content-sha256',
  'x-amz-copy-source',
  'x-amz-decoded-content-length',
  'x-amz-meta-snowball-auto-extract',
  'x-amz-rename-source',
  'x-amz-trailer',
  'x-amz-write-offset-bytes',
])

/**
 * The PUT that a form stands for: its fields as headers. Headers of the form itself say nothing of
 * the object.
 * @throws S3Failure InvalidArgument for a field that cannot be a header; MalformedXML for tags
 */
export function formRequest(
  form: IncomingRequest,
  fields: ReadonlyMap<string, string>,
): IncomingRequest {
  const headers: HeaderPair[] = []
  for (const [name, value] of fields) {
    const header = headerOf(name, value)
    if (header !== undefined) headers.push(header)
  }
  return form.withoutHeaders((name) => !ownHeaders.has(name)).withHeaders(headers)
}

function headerOf(name: string, value: string): HeaderPair | undefined {
  if (name === 'acl') return ['x-amz-acl', headerValue(name, value)]
  if (name === 'tagging') return ['x-amz-tagging', tagQuery(value)]
  if (refused.has(name)) throw invalidArgument(name, value)
  const isHeader = headerFields.has(name) || name.startsWith('x-amz-')
  if (!isHeader || signatureFields.has(name)) return undefined
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) throw invalidArgument(name, value)
  return [name, headerValue(name, value)]
}

/** A header holds one character per byte, and no control characters. */
function headerValue(name: string, value: string): string {
  const bytes = Buffer.from(value, 'utf8').toString('latin1')
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (!/[\u0000-\u0008\u000a-\u001f\u007f]/.test(bytes)) return bytes.trim()
  throw new S3Failure('InvalidArgument', {
    message: 'The field must not hold control characters.',
    extra: { ArgumentName: name },
  })
}

/** Forms have their tags as a document. */
function tagQuery(source: string): string {
  const { tags } = parseDocument(taggingDocument, source)
  checkTags(tags, 'object')
  return formatTags(tags) ?? ''
}
