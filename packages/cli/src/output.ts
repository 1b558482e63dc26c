import type { World } from './world.ts'

/** One thing that a command has to say: a line for people, and the same for programs. */
export interface Message {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/**
 * Makes control characters visible: keys come from a store, and a terminal would obey them
 * (colours, cursor, direction of text).
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** Writes messages, as text or as one JSON value a line. */
export class Output {
  readonly #world: World
  readonly #json: boolean

  constructor(world: World, json: boolean) {
    this.#world = world
    this.#json = json
  }

  say(message: Message): Promise<void> {
    const line = this.#json ? JSON.stringify(message.json) : printable(message.text)
    return write(this.#world.stdout, `${line}\n`)
  }

  /** Bytes of an object, as they are. */
  bytes(chunk: Uint8Array): Promise<void> {
    return write(this.#world.stdout, chunk)
  }

  fail(message: Message): void {
    const line = this.#json ? JSON.stringify({ error: message.json }) : printable(message.text)
    this.#world.stderr.write(`${line}\n`)
  }
}

/** Waits until the reader of a pipe has room: an endless listing must not fill the memory. */
function write(stream: World['stdout'], data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(error) : resolve()))
  })
}
