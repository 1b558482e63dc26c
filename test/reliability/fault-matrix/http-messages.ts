/** Bytes of one message, with their place in it. The head comes in one piece, at offset 0. */
export interface Stretch {
  readonly offset: number
  readonly bytes: Buffer
  readonly isHead: boolean
  /** Whether the message ends with these bytes. */
  readonly isLast: boolean
  /** Of the message the stretch belongs to, as latin1. */
  readonly head: string
}

const headEnd = Buffer.from('\r\n\r\n')
const lineEnd = Buffer.from('\r\n')

/** What follows a head: so many bytes, chunks, or nothing. */
type Body = { readonly kind: 'bytes' | 'chunk' | 'size' | 'trailer'; left: number }

/** The value of a header in a head; undefined when it is missing. */
export function headerOf(head: string, name: string): string | undefined {
  const lines = head.split('\r\n').slice(1)
  const found = lines.find((line) => line.toLowerCase().startsWith(`${name}:`))
  return found?.slice(name.length + 1).trim()
}

/** Cuts the well-formed half of a connection into its messages, as their bytes arrive. */
export class MessageReader {
  readonly #hasBody: (head: string) => boolean
  #pending: Buffer = Buffer.alloc(0)
  #head = ''
  #body: Body | undefined
  #offset = 0

  /** @param hasBody false for answers that have none whatever their headers say */
  constructor(hasBody: (head: string) => boolean) {
    this.#hasBody = hasBody
  }

  *take(bytes: Buffer): Generator<Stretch, void, undefined> {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    for (let size = this.#next(); size > 0; size = this.#next()) {
      const isHead = this.#offset === 0
      const piece = this.#pending.subarray(0, size)
      this.#pending = this.#pending.subarray(size)
      if (isHead) this.#beginBody(piece.toString('latin1'))
      else this.#advance(piece)
      const offset = this.#offset
      this.#offset = this.#body === undefined ? 0 : offset + size
      yield { offset, bytes: piece, isHead, isLast: this.#body === undefined, head: this.#head }
    }
  }

  /** How many bytes of what is there can be told now. */
  #next(): number {
    const pending = this.#pending
    if (pending.length === 0) return 0
    if (this.#body === undefined) return this.#upTo(headEnd)
    const { kind, left } = this.#body
    const isData = kind === 'bytes' || kind === 'chunk'
    return isData ? Math.min(left, pending.length) : this.#upTo(lineEnd)
  }

  #upTo(end: Buffer): number {
    const at = this.#pending.indexOf(end)
    return at < 0 ? 0 : at + end.length
  }

  #beginBody(head: string): void {
    this.#head = head
    if (!this.#hasBody(head)) return
    const isChunked = headerOf(head, 'transfer-encoding') !== undefined
    const length = Number(headerOf(head, 'content-length') ?? 0)
    if (isChunked) this.#body = { kind: 'size', left: 0 }
    else if (length > 0) this.#body = { kind: 'bytes', left: length }
  }

  #advance(piece: Buffer): void {
    const body = this.#body
    if (body === undefined) return
    const { kind } = body
    if (kind === 'size') {
      const size = Number.parseInt(piece.toString('latin1'), 16)
      this.#body = size === 0 ? { kind: 'trailer', left: 0 } : { kind: 'chunk', left: size + 2 }
      return
    }
    if (kind === 'trailer') {
      if (piece.length === lineEnd.length) this.#body = undefined
      return
    }
    body.left -= piece.length
    if (body.left === 0) this.#body = kind === 'chunk' ? { kind: 'size', left: 0 } : undefined
  }
}
