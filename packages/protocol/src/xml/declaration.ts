import { isBlank } from './characters.ts'
import { XmlError } from './xml-error.ts'

const grammar =
  /^\s+version\s*=\s*(?:"1\.[0-9]+"|'1\.[0-9]+')(?:\s+encoding\s*=\s*(?:"([A-Za-z][\w.-]*)"|'([A-Za-z][\w.-]*)'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*$/

const encodings: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])

/**
 * The index after the XML declaration at `from`, or `from` where there is none.
 *
 * @throws XmlError for a malformed one, and for encodings other than UTF-8: the source was decoded
 *   as UTF-8, so that its text would not be what the sender meant
 */
export function skipDeclaration(source: string, from: number): number {
  const bodyStart = from + '<?xml'.length
  if (!source.startsWith('<?xml', from) || !isBlank(source.charCodeAt(bodyStart))) return from
  const bodyEnd = source.indexOf('?>', bodyStart)
  const match = bodyEnd < 0 ? null : grammar.exec(source.slice(bodyStart, bodyEnd))
  if (match === null) throw new XmlError('malformed XML declaration', from)
  const encoding = match[1] ?? match[2] ?? 'utf-8'
  if (!encodings.has(encoding.toLowerCase())) throw new XmlError('encoding is not UTF-8', from)
  return bodyEnd + '?>'.length
}
