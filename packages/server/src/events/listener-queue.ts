/**
 * Lines on their way to one listener. What it does not take is kept, up to a limit; beyond it the
 * listener is cut off, because an event left out in silence would be worse, and memory is finite.
 */
export class ListenerQueue implements AsyncIterable<Uint8Array> {
  readonly #maxBytes: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  #ended = false
  #wake: (() => void) | undefined
  #onCut: () => void = () => undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0
  }

  /** Told when the listener is too slow. */
  whenCut(onCut: () => void): void {
    this.#onCut = onCut
  }

  push(text: string): void {
    if (this.#ended) return
    const bytes = Buffer.from(text)
    if (this.#pendingBytes + bytes.length > this.#maxBytes) {
      this.end()
      this.#onCut()
      return
    }
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    this.#wake?.()
  }

  /** Ends the iteration and drops what is pending. */
  end(): void {
    this.#ended = true
    this.#pending = []
    this.#pendingBytes = 0
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    while (!this.#ended) {
      if (this.#pending.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = undefined
        continue
      }
      const bytes = Buffer.concat(this.#pending, this.#pendingBytes)
      this.#pending = []
      this.#pendingBytes = 0
      yield bytes
    }
  }
}
