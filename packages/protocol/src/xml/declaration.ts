import { isBlank } from './characters.ts'

const blank = '[ \\t\\r\\n]'

function attribute(name: string, value: string): string {
  return `${blank}+${name}${blank}*=${blank}*(?:"${value}"|'${value}')`
}

const grammar = new RegExp(
  `^${attribute('version', '1\\.[0-9]+')}(?:${attribute('encoding', '([A-Za-z][\\w.-]*)')})?` +
    `(?:${attribute('standalone', '(?:yes|no)')})?${blank}*$`,
)

const encodings: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])

/**
 * The index after the XML declaration at `from`, or `from` where there is none.
 *
 * @returns undefined for a malformed one, and for encodings other than UTF-8: the source was
 *   decoded as UTF-8, so that its text would not be what the sender meant
 */
export function endOfDeclaration(source: string, from: number): number | undefined {
  const bodyStart = from + '<?xml'.length
  if (!source.startsWith('<?xml', from) || !isBlank(source.charCodeAt(bodyStart))) return from
  const bodyEnd = source.indexOf('?>', bodyStart)
  const match = bodyEnd < 0 ? null : grammar.exec(source.slice(bodyStart, bodyEnd))
  if (match === null) return undefined
  const encoding = match[1] ?? match[2] ?? 'utf-8'
  return encodings.has(encoding.toLowerCase()) ? bodyEnd + '?>'.length : undefined
}
