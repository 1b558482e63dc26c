import { Buffer } from 'node:buffer'
import {
  AMPERSAND,
  APOSTROPHE,
  BANG,
  BYTE_ORDER_MARK,
  CR,
  EQUALS,
  GREATER,
  LESS,
  LF,
  QUESTION,
  QUOTE,
  RIGHT_BRACKET,
  SLASH,
  characterWidth,
  endOfPlainText,
  findIllegalCharacter,
  skipBlanks,
} from './characters.ts'
import { endOfDeclaration } from './declaration.ts'
import { NameTable, type XmlName } from './names.ts'
import { sourceOf, type TextPieces } from './pieces.ts'
import { decodeReference, type Reference } from './references.ts'
import { XmlError } from './xml-error.ts'

/** What {@link XmlReader.next} found. One text may come in several events. */
export type XmlEvent = 'start' | 'text' | 'end' | 'done'

/** S3's deepest document has seven levels; a document deeper than this is an attack. */
export const MAX_DEPTH = 64

const NOT_BLANK = /[^ \t\r\n]/

/**
 * A pull reader for S3's dialect of XML: elements, text, CDATA, comments, processing instructions;
 * attributes and prefixes are checked and dropped. DOCTYPE is refused, and with it every entity
 * beyond the five of XML itself.
 *
 * It reads forward once, keeps no tree, and never recurses. It stays strict on purpose: a document
 * cut short, or followed by anything, is an error, so that a truncated answer can never pass for a
 * shorter listing. White space is accepted before the declaration, because S3 keeps slow
 * connections alive with blanks (CompleteMultipartUpload).
 *
 * Strings that it returns may share memory with the source.
 */
export class XmlReader {
  /** The piece that is being read. */
  #source: string
  readonly #pieces: TextPieces | undefined
  /** How long the pieces before it are. */
  #passed = 0
  readonly #names: NameTable = new NameTable()
  readonly #open: XmlName[] = []
  #at = 0
  #name = ''
  #text = ''
  #tagOffset = 0
  #rootSeen = false
  /** The innermost open element is written `<a/>`: its end comes next without a tag of its own. */
  #isEmptyElement = false

  /** @param source - in one piece, or in many */
  constructor(source: string | TextPieces) {
    this.#pieces = typeof source === 'string' ? undefined : source
    this.#source = typeof source === 'string' ? source : source.next()
  }

  /** The name, without prefix, of the element whose start was read last. */
  get name(): string {
    return this.#name
  }

  /** The {@link offset} at which that start tag begins. */
  get tagOffset(): number {
    return this.#tagOffset
  }

  /** The text of the last 'text' event, references decoded, line ends normalised. */
  get text(): string {
    return this.#text
  }

  /** Where reading stands: an index into the source. */
  get offset(): number {
    return this.#passed + this.#at
  }

  /**
   * Reads one event; 'done' stands for the end of a complete document.
   *
   * @throws XmlError where the document is not well-formed, or ends
   */
  next(): XmlEvent {
    if (this.#isEmptyElement) {
      this.#isEmptyElement = false
      this.#open.pop()
      return 'end'
    }
    for (;;) {
      if (this.#at === this.#source.length) this.#turn()
      if (this.#open.length === 0 && this.#skipToMarkup()) return 'done'
      if (this.#source.charCodeAt(this.#at) !== LESS) return this.#characterData()
      const kind = this.#source.charCodeAt(this.#at + 1)
      if (kind === SLASH) return this.#endTag()
      if (kind === QUESTION) this.#skipInstruction()
      else if (kind !== BANG) return this.#startTag()
      else if (this.#source.startsWith('--', this.#at + 2)) this.#skipComment()
      else return this.#cdata()
    }
  }

  /**
   * Moves to the next child of the open element, or to the element's end.
   *
   * @returns whether there is a child; its name is then in {@link name}
   * @throws XmlError also for text between the children: S3 has no mixed content
   */
  nextChild(): boolean {
    for (;;) {
      const event = this.next()
      if (event === 'start') return true
      if (event !== 'text') return false
      if (NOT_BLANK.test(this.#text)) throw this.#error('text between elements')
    }
  }

  /**
   * Reads the whole text of the open element, up to and with its end.
   *
   * @throws XmlError also where the element has children
   */
  readText(): string {
    const text = this.readLeaf()
    if (text === undefined) throw this.#error('an element where text was expected')
    return text
  }

  /** Like {@link readText}, but passes over an element with children and returns undefined. */
  readLeaf(): string | undefined {
    const start = this.#at
    if (!this.#isEmptyElement) {
      const end = endOfPlainText(this.#source, start)
      if (this.#source.charCodeAt(end) === LESS && this.#source.charCodeAt(end + 1) === SLASH) {
        this.#at = end
        this.#endTag()
        return this.#source.slice(start, end)
      }
    }
    return this.#readPieces()
  }

  /** Matches a sticky expression against what comes next in the open element; nothing is read. */
  peek(pattern: RegExp): RegExpExecArray | undefined {
    if (this.#isEmptyElement) return undefined
    pattern.lastIndex = this.#at
    return pattern.exec(this.#source) ?? undefined
  }

  /** Passes over what {@link peek} has just found: whole elements, well-formed in every part. */
  passPeeked(pattern: RegExp): void {
    this.#at = pattern.lastIndex
  }

  /** What was read since an earlier {@link offset}, unless it began in another piece. */
  readSince(offset: number): string | undefined {
    const from = offset - this.#passed
    return from < 0 ? undefined : this.#source.slice(from, this.#at)
  }

  /** Goes on to the next piece. Behind the last one nothing changes. */
  #turn(): void {
    const next = this.#pieces?.next()
    if (next === undefined || next === '') return
    this.#passed += this.#source.length
    this.#source = next
    this.#at = 0
  }

  #readPieces(): string | undefined {
    let text = ''
    for (;;) {
      const event = this.next()
      if (event === 'text') text += this.#text
      else if (event === 'end') return text
      else break
    }
    this.skip()
    this.skip()
    return undefined
  }

  /** Passes over the open element with everything in it; all of it is still checked. */
  skip(): void {
    const depth = this.#open.length
    while (this.#open.length >= depth) this.next()
  }

  /**
   * Checks that nothing but white space and comments follows the root.
   *
   * @throws XmlError where something does
   */
  finish(): void {
    if (this.next() !== 'done') throw this.#error('content after the root')
  }

  #error(message: string, at: number = this.#at): XmlError {
    return new XmlError(message, this.#passed + at)
  }

  /** Outside the root: goes to the next markup and tells whether there is none. */
  #skipToMarkup(): boolean {
    if (this.offset === 0) this.#skipDeclaration()
    this.#skipBlanks()
    const source = this.#source
    if (this.#at === source.length) {
      if (!this.#rootSeen) throw this.#error('no root element')
      return true
    }
    if (source.charCodeAt(this.#at) !== LESS) throw this.#error('text outside the root')
    return false
  }

  #skipDeclaration(): void {
    if (this.#source.charCodeAt(0) === BYTE_ORDER_MARK) this.#at = 1
    this.#skipBlanks()
    const end = endOfDeclaration(this.#source, this.#at)
    if (end === undefined) throw this.#error('malformed XML declaration, or not of UTF-8')
    this.#at = end
  }

  #skipBlanks(): void {
    this.#at = skipBlanks(this.#source, this.#at)
    if (this.#at === this.#source.length) this.#turn()
  }

  #startTag(): 'start' {
    const isRoot = this.#open.length === 0
    if (isRoot && this.#rootSeen) throw this.#error('a second root')
    if (this.#open.length >= MAX_DEPTH) throw this.#error('too deep')
    this.#tagOffset = this.offset
    const name = this.#readName(this.#at + 1)
    if (this.#source.charCodeAt(this.#at) === GREATER) this.#at++
    else this.#finishStartTag()
    if (isRoot) this.#rootSeen = true
    this.#open.push(name)
    this.#name = name.local
    return 'start'
  }

  #readName(from: number): XmlName {
    const name = this.#names.read(this.#source, from)
    if (name === undefined) throw this.#error('a name was expected', from)
    this.#at = from + name.qualified.length
    return name
  }

  /** Reads attributes, which no S3 document needs, and the end of the start tag. */
  #finishStartTag(): void {
    const source = this.#source
    let seen: Set<string> | undefined
    for (;;) {
      const from = skipBlanks(source, this.#at)
      const code = source.charCodeAt(from)
      const isEmpty = code === SLASH
      if (code === GREATER || (isEmpty && source.charCodeAt(from + 1) === GREATER)) {
        this.#isEmptyElement = isEmpty
        this.#at = from + (isEmpty ? 2 : 1)
        return
      }
      if (from === this.#at) throw this.#error('white space was expected')
      const { qualified } = this.#readName(from)
      seen ??= new Set()
      if (seen.has(qualified)) throw this.#error('an attribute given twice', from)
      seen.add(qualified)
      this.#skipAttributeValue()
    }
  }

  #skipAttributeValue(): void {
    const source = this.#source
    let at = skipBlanks(source, this.#at)
    if (source.charCodeAt(at) !== EQUALS) throw this.#error('= was expected', at)
    at = skipBlanks(source, at + 1)
    const quote = source.charCodeAt(at)
    if (quote !== QUOTE && quote !== APOSTROPHE) throw this.#error('a quote was expected', at)
    at++
    for (let code = source.charCodeAt(at); code !== quote; code = source.charCodeAt(at)) {
      const width = characterWidth(source, at)
      if (width === 0 || code === LESS) throw this.#error('malformed attribute', at)
      at = code === AMPERSAND ? this.#reference(at).end : at + width
    }
    this.#at = at + 1
  }

  #endTag(): 'end' {
    const open = this.#open.pop()
    const from = this.#at + 2
    if (open === undefined || !this.#source.startsWith(open.qualified, from)) {
      throw this.#error('mismatched end tag')
    }
    let at = from + open.qualified.length
    if (this.#source.charCodeAt(at) !== GREATER) at = skipBlanks(this.#source, at)
    if (this.#source.charCodeAt(at) !== GREATER) throw this.#error('mismatched end tag')
    this.#at = at + 1
    return 'end'
  }

  #characterData(): 'text' {
    const source = this.#source
    let text = ''
    let from = this.#at
    let at = from
    let hasReturns = false
    for (;;) {
      at = endOfPlainText(source, at)
      const code = source.charCodeAt(at)
      if (code === LESS || this.#isEndOfPiece(at)) break
      if (code === AMPERSAND) {
        const reference = this.#reference(at)
        text += literal(source.slice(from, at), hasReturns) + reference.text
        hasReturns = false
        from = at = reference.end
      } else if (code === CR) {
        hasReturns = true
        at++
      } else {
        at = this.#skipUnusual(from, at)
      }
    }
    this.#text = text + literal(source.slice(from, at), hasReturns)
    this.#at = at
    return 'text'
  }

  /** A piece ends where another begins with `<`, and nowhere else but at the end of the source. */
  #isEndOfPiece(at: number): boolean {
    return at === this.#source.length && this.#pieces?.isAtEnd === false
  }

  #reference(at: number): Reference {
    const reference = decodeReference(this.#source, at)
    if (reference === undefined) throw this.#error('malformed or unknown reference', at)
    return reference
  }

  /** Passes over a `>`, or a character beyond the plain ones, in literal text that began at `from`. */
  #skipUnusual(from: number, at: number): number {
    const source = this.#source
    const width = characterWidth(source, at)
    if (width === 0) throw this.#error('illegal character or end of the document', at)
    if (source.charCodeAt(at) === GREATER && at - 2 >= from) {
      const closesCdata =
        source.charCodeAt(at - 1) === RIGHT_BRACKET && source.charCodeAt(at - 2) === RIGHT_BRACKET
      if (closesCdata) throw this.#error(']]> in text', at)
    }
    return at + width
  }

  #cdata(): 'text' {
    const start = this.#at + '<![CDATA['.length
    if (!this.#source.startsWith('<![CDATA[', this.#at) || this.#open.length === 0) {
      throw this.#error('a declaration (DOCTYPE is refused)')
    }
    const end = this.#endOf(']]>', start)
    const text = this.#source.slice(start, end)
    this.#text = literal(text, text.includes('\r'))
    return 'text'
  }

  #skipComment(): void {
    const end = this.#endOf('--', this.#at + '<!--'.length)
    if (this.#source.charCodeAt(end + 2) !== GREATER) throw this.#error('-- in a comment', end)
    this.#at = end + 3
  }

  #skipInstruction(): void {
    const { qualified } = this.#readName(this.#at + 2)
    if (qualified.toLowerCase() === 'xml') throw this.#error('a misplaced XML declaration')
    const start = this.#at
    const end = this.#endOf('?>', start)
    if (end !== start && skipBlanks(this.#source, start) === start) {
      throw this.#error('malformed processing instruction', start)
    }
  }

  /** Joins the piece with all that follow: what is being read may have been cut. */
  #wholeSource(): string {
    this.#source += this.#pieces?.rest() ?? ''
    return this.#source
  }

  /** Checks the characters up to a terminator, moves behind it, and returns where it stands. */
  #endOf(terminator: string, from: number): number {
    let end = this.#source.indexOf(terminator, from)
    if (end < 0) end = this.#wholeSource().indexOf(terminator, from)
    if (end < 0) throw this.#error(`no ${terminator}`)
    const illegal = findIllegalCharacter(this.#source, from, end)
    if (illegal >= 0) throw this.#error('illegal character', illegal)
    this.#at = end + terminator.length
    return end
  }
}

/** Text as it stands in a document, with its line ends normalised. */
function literal(text: string, hasReturns: boolean): string {
  return hasReturns ? withoutReturns(text) : text
}

/** `\r\n` and `\r` become `\n`, unit by unit: an expression takes 50 times as long. */
function withoutReturns(text: string): string {
  const units = Buffer.from(text, 'utf16le')
  let to = 0
  for (let at = 0; at < units.length; at += 2) {
    const isReturn = units[at] === CR && units[at + 1] === 0
    if (isReturn && units[at + 2] === LF && units[at + 3] === 0) continue
    units[to] = isReturn ? LF : (units[at] ?? 0)
    units[to + 1] = units[at + 1] ?? 0
    to += 2
  }
  return units.toString('utf16le', 0, to)
}

/**
 * The name of the root element, without its prefix, or undefined where the source does not begin
 * like an XML document. Only the start is read.
 *
 * @param source - text, or text in UTF-8
 *
 * @example
 * rootName('<Error><Code>SlowDown</Code></Error>') // 'Error'
 * rootName('{}') // undefined
 */
export function rootName(source: string | Uint8Array): string | undefined {
  const reader = new XmlReader(sourceOf(source))
  try {
    return reader.next() === 'start' ? reader.name : undefined
  } catch (error) {
    if (error instanceof XmlError) return undefined
    throw error
  }
}
