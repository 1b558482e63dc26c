import { Buffer } from 'node:buffer'
import { utf8TextOf } from '../encoding/utf8.ts'

/** RFC 2047 permits 75 characters: 10 + 60 of base64 + 2 are the most that stay below. */
const maxWordBytes = 45

const wordPattern =
  /^=\?(?<charset>[^?*\s]+)(?:\*[^?\s]*)?\?(?<encoding>[BbQq])\?(?<text>[^?\s]*)\?=$/

/**
 * Writes text in the form in which S3 carries metadata beyond ASCII ("Working with object
 * metadata" in the S3 user guide): one or more base64 words of RFC 2047, joined by a space. No character is cut in two, since
 * some readers decode each word by itself.
 *
 * @param text must hold no lone surrogate
 * @example
 * encodeWords('é') // '=?UTF-8?B?w6k=?='
 */
export function encodeWords(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  const words: string[] = []
  for (let start = 0; start < bytes.length;) {
    const end = characterBorder(bytes, start + maxWordBytes)
    words.push(`=?UTF-8?B?${bytes.toString('base64', start, end)}?=`)
    start = end
  }
  return words.join(' ')
}

/**
 * Reads encoded words, B and Q, among other text. White space between two of them is dropped,
 * as RFC 2047 demands. What is malformed, or in another character set than UTF-8, ISO-8859-1 or
 * ASCII, stays as it is.
 *
 * @example
 * decodeWords('=?UTF-8?Q?caf=C3=A9?= au lait') // 'café au lait'
 */
export function decodeWords(text: string): string {
  if (!text.includes('=?')) return text
  let result = ''
  let run: WordRun | undefined
  let gap = ''
  // The odd pieces are the white space between the others.
  for (const [index, piece] of text.split(/([ \t\r\n]+)/).entries()) {
    if (index % 2 === 1) {
      gap = piece
      continue
    }
    const word = readWord(piece)
    if (word !== undefined && run?.charset === word.charset) {
      run.parts.push(word.bytes)
      run.raw += gap + piece
    } else {
      const isBetweenWords = run !== undefined && word !== undefined
      result += textOfRun(run) + (isBetweenWords ? '' : gap)
      run = word && { charset: word.charset, parts: [word.bytes], raw: piece }
      if (word === undefined) result += piece
    }
    gap = ''
  }
  return result + textOfRun(run)
}

type Charset = 'utf-8' | 'latin1'

interface EncodedWord {
  readonly charset: Charset
  readonly bytes: Buffer
}

/** Adjacent words of one character set; decoded as one, since some writers cut characters in two. */
interface WordRun {
  readonly charset: Charset
  readonly parts: Buffer[]
  /** The words as they stood in the header. */
  raw: string
}

const charsets: ReadonlyMap<string, Charset> = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['iso-8859-1', 'latin1'],
])

function readWord(piece: string): EncodedWord | undefined {
  const groups = wordPattern.exec(piece)?.groups
  if (groups === undefined) return undefined
  const charset = charsets.get((groups['charset'] ?? '').toLowerCase())
  const text = groups['text'] ?? ''
  const bytes = groups['encoding']?.toUpperCase() === 'B' ? readBase64(text) : readQuoted(text)
  return charset === undefined || bytes === undefined ? undefined : { charset, bytes }
}

/** Node skips what is no base64; a damaged word must not become other text. */
function readBase64(text: string): Buffer | undefined {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
  return isBase64 ? Buffer.from(text, 'base64') : undefined
}

function readQuoted(text: string): Buffer | undefined {
  if (!/^(?:[!-<>-~]|=[0-9A-Fa-f]{2})*$/.test(text)) return undefined
  const latin1 = text
    .replaceAll('_', ' ')
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  return Buffer.from(latin1, 'latin1')
}

function textOfRun(run: WordRun | undefined): string {
  if (run === undefined) return ''
  const bytes = Buffer.concat(run.parts)
  if (run.charset === 'latin1') return bytes.toString('latin1')
  return utf8TextOf(bytes) ?? run.raw
}

/** The last border of a character at or before `limit`. */
function characterBorder(bytes: Buffer, limit: number): number {
  if (limit >= bytes.length) return bytes.length
  let border = limit
  while (((bytes[border] ?? 0) & 0xc0) === 0x80) border--
  return border
}
