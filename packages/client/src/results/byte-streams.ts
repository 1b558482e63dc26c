import { Readable } from 'node:stream'

/** Bytes that come one piece after the other; undefined after the last. */
export interface ByteSource {
  read(): Promise<Uint8Array | undefined>
  /** Gives the rest up; a `read` under way ends with undefined. */
  cancel(): void
}

/** The pieces of a source; leaving the loop gives the rest up at once. */
export function piecesOf(source: ByteSource): AsyncIterator<Uint8Array, undefined> {
  return {
    next: async () => {
      const value = await source.read()
      return value === undefined ? { done: true, value } : { done: false, value }
    },
    return: () => {
      source.cancel()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
}

/** A web stream that reads a piece when one is asked for. */
export function webStreamOf(source: ByteSource): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      pull: async (controller) => {
        const piece = await source.read()
        if (piece) controller.enqueue(piece)
        else controller.close()
      },
      cancel: () => source.cancel(),
    },
    { highWaterMark: 0 },
  )
}

/** A Node stream. Unlike one made of an iterator, it frees the source at once when destroyed. */
export function nodeStreamOf(source: ByteSource): Readable {
  return new Readable({
    read() {
      source.read().then(
        (piece) => this.push(piece ?? null),
        (error: Error) => this.destroy(error),
      )
    },
    destroy(error, callback) {
      source.cancel()
      callback(error)
    },
  })
}
