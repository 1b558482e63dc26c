/**
 * Buffers of one size that are used again and again: what parts are read into. Without it
 * the garbage collector would decide how much memory an upload takes.
 */
export class BufferPool {
  readonly #free: Buffer[] = []

  /** A buffer of at least this size; larger ones than asked for are never kept. */
  take(sizeBytes: number): Buffer {
    const index = this.#free.findIndex((buffer) => buffer.length === sizeBytes)
    if (index === -1) {
      this.#free.length = 0
      return Buffer.allocUnsafeSlow(sizeBytes)
    }
    const [buffer] = this.#free.splice(index, 1)
    return buffer ?? Buffer.allocUnsafeSlow(sizeBytes)
  }

  give(buffer: Buffer): void {
    this.#free.push(buffer)
  }
}
