import { Buffer } from 'node:buffer'

import { S3Failure } from '../../failure.ts'
import { maxJsonDepth, maxRecordBytes } from '../values/text.ts'

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

/**
 * Cuts text into JSON values, one behind the other, whatever the sizes of its pieces. It only looks
 * at brackets and quotes; whether a value is valid is found out by who parses it.
 */
export class JsonScanner {
  #text = ''
  /** Where the value that is open begins; -1 between values. */
  #start = -1
  #at = 0
  #depth = 0
  #isInText = false
  #isEnded = false

  push(text: string): void {
    const keptFrom = this.#start < 0 ? this.#at : this.#start
    this.#text = this.#text.slice(keptFrom) + text
    this.#at -= keptFrom
    if (this.#start >= 0) this.#start = 0
  }

  end(): void {
    this.#isEnded = true
  }

  /**
   * @returns the text of the next value, undefined until there is enough
   * @throws S3Failure OverMaxRecordSize, JSONParsingError
   */
  next(): string | undefined {
    if (!this.#begin()) return undefined
    const isComplete = this.#isNested() ? this.#finishNested() : this.#finishScalar()
    if (this.#start + maxRecordBytes / 3 < this.#at) this.#checkSize()
    if (!isComplete) {
      if (this.#isEnded) throw new S3Failure('JSONParsingError')
      return undefined
    }
    const value = this.#text.slice(this.#start, this.#at)
    this.#start = -1
    return value
  }

  #begin(): boolean {
    if (this.#start >= 0) return true
    while (isBlank(this.#text.charCodeAt(this.#at))) this.#at++
    if (this.#at >= this.#text.length) return false
    this.#start = this.#at
    return true
  }

  #isNested(): boolean {
    const first = this.#text.charCodeAt(this.#start)
    return first === openBrace || first === openBracket || first === quote
  }

  /** Goes on to where the first bracket, or quote, is closed. */
  #finishNested(): boolean {
    const text = this.#text
    while (this.#at < text.length) {
      if (this.#isInText) {
        if (!this.#finishText()) return false
      } else {
        const code = text.charCodeAt(this.#at++)
        if (code === quote) {
          this.#isInText = true
          continue
        }
        this.#nest(code)
      }
      if (this.#depth === 0) return true
    }
    return false
  }

  #nest(code: number): void {
    if (code === openBrace || code === openBracket) {
      if (++this.#depth > maxJsonDepth) throw new S3Failure('JSONParsingError')
    } else if (code === closeBrace || code === closeBracket) this.#depth--
  }

  #finishText(): boolean {
    const text = this.#text
    for (let at = this.#at; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === quote) {
        this.#isInText = false
        this.#at = at + 1
        return true
      }
      if (code === backslash) {
        if (at + 1 >= text.length) {
          this.#at = at
          return false
        }
        at++
      }
    }
    this.#at = text.length
    return false
  }

  /** Goes on to the white space behind a number or a word. */
  #finishScalar(): boolean {
    while (this.#at < this.#text.length) {
      const code = this.#text.charCodeAt(this.#at)
      if (isBlank(code) || code === openBrace || code === openBracket || code === quote) return true
      this.#at++
    }
    return this.#isEnded
  }

  #checkSize(): void {
    if (Buffer.byteLength(this.#text.slice(this.#start, this.#at)) > maxRecordBytes) {
      throw new S3Failure('OverMaxRecordSize')
    }
  }
}
