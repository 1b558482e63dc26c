/** @type {Buffer} */
const NOTHING = Buffer.alloc(0)

/**
 * @typedef {object} RequestHead
 * @property {string} method
 * @property {string} target           request target as it stood on the wire
 * @property {number} contentLength    0 when there is none
 * @property {boolean} chunked
 * @property {boolean} expectsContinue
 * @property {string | undefined} range  value of the header of this name
 * @property {boolean} closes          the client asked for `Connection: close`
 */

/**
 * Reads on from a position and returns where it stopped, or -1 when it needs more bytes.
 *
 * @typedef {(buffer: Buffer, position: number) => number} Step
 */

/**
 * @param {string} text  request line and header lines
 * @returns {RequestHead}
 */
export function parseHead(text) {
  const [method = '', target = ''] = text.split(' ', 2)
  return {
    method,
    target,
    contentLength: Number(/\r\ncontent-length:[ \t]*(\d+)/i.exec(text)?.[1] ?? 0),
    chunked: /\r\ntransfer-encoding:[ \t]*chunked/i.test(text),
    expectsContinue: /\r\nexpect:[ \t]*100-continue/i.test(text),
    range: /\r\nrange:[ \t]*([^\r]*)/i.exec(text)?.[1],
    closes: /\r\nconnection:[ \t]*close/i.test(text),
  }
}

/**
 * Cuts what arrives on one connection into requests, and drops their bodies: just enough of
 * HTTP/1.1 for well-behaved clients, because what it takes comes out of the same cores that the
 * contenders run on.
 */
export class RequestReader {
  #held = NOTHING
  #unread = 0
  #bodyBytes = 0
  /** @type {RequestHead | undefined} */
  #head
  /** @type {Step} */
  #step = this.#readHead
  #onRequest
  #onContinue
  #onBody

  /**
   * @param {(head: RequestHead, bodyBytes: number) => void} onRequest
   *   called after the last byte of the body
   * @param {() => void} onContinue           called when the client waits for `100 Continue`
   * @param {(bytes: Buffer) => void} [onBody]  told of the pieces of bodies that have a length
   */
  constructor(onRequest, onContinue, onBody) {
    this.#onRequest = onRequest
    this.#onContinue = onContinue
    this.#onBody = onBody
  }

  /** @param {Buffer} bytes */
  push(bytes) {
    const buffer = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    let position = 0
    while (position < buffer.length) {
      const next = this.#step(buffer, position)
      if (next < 0) break
      position = next
    }
    this.#held = position < buffer.length ? buffer.subarray(position) : NOTHING
  }

  /** @type {Step} */
  #readHead(buffer, position) {
    const end = buffer.indexOf('\r\n\r\n', position)
    if (end < 0) return -1
    const head = parseHead(buffer.toString('latin1', position, end))
    const next = end + 4
    this.#head = head
    this.#bodyBytes = head.contentLength
    if (head.expectsContinue && next === buffer.length) this.#onContinue()
    if (head.chunked) this.#step = this.#readChunkSize
    else if (head.contentLength > 0) this.#skip(head.contentLength, this.#skipBody)
    else this.#finish()
    return next
  }

  /** @type {Step} */
  #skipBody(buffer, position) {
    const taken = Math.min(this.#unread, buffer.length - position)
    this.#unread -= taken
    this.#onBody?.(buffer.subarray(position, position + taken))
    if (this.#unread === 0) this.#finish()
    return position + taken
  }

  /** @type {Step} */
  #readChunkSize(buffer, position) {
    const end = buffer.indexOf('\r\n', position)
    if (end < 0) return -1
    const size = Number.parseInt(buffer.toString('latin1', position, end), 16)
    this.#bodyBytes += size
    if (size === 0) this.#step = this.#readTrailer
    else this.#skip(size + 2, this.#skipChunk)
    return end + 2
  }

  /** @type {Step} */
  #skipChunk(buffer, position) {
    const taken = Math.min(this.#unread, buffer.length - position)
    this.#unread -= taken
    if (this.#unread === 0) this.#step = this.#readChunkSize
    return position + taken
  }

  /** @type {Step} */
  #readTrailer(buffer, position) {
    const end = buffer.indexOf('\r\n', position)
    if (end < 0) return -1
    if (end === position) this.#finish()
    return end + 2
  }

  /**
   * @param {number} count
   * @param {Step} step
   */
  #skip(count, step) {
    this.#unread = count
    this.#step = step
  }

  #finish() {
    this.#step = this.#readHead
    if (this.#head !== undefined) this.#onRequest(this.#head, this.#bodyBytes)
  }
}
