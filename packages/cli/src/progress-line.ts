import type { OnProgress, Progress } from 'stowage'
import type { World } from './world.ts'

/** A terminal is not repainted more often. */
const repaintMs = 100

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}

/** Shows how far a transfer is, on a terminal's last line; nothing where there is no terminal. */
export class ProgressLine {
  readonly #stream: World['stderr']
  readonly #label: string
  #paintedAt = Number.NEGATIVE_INFINITY

  constructor(stream: World['stderr'], label: string) {
    this.#stream = stream
    this.#label = label
  }

  get report(): OnProgress | undefined {
    return this.#stream.isTTY === true ? (progress) => this.#paint(progress) : undefined
  }

  #paint({ transferred, total }: Progress): void {
    const now = performance.now()
    if (now - this.#paintedAt < repaintMs && transferred !== total) return
    this.#paintedAt = now
    const of = total === undefined ? '' : ` of ${megabytes(total)}`
    this.#stream.write(`\r\u001b[K${this.#label} ${megabytes(transferred)}${of} MB`)
  }

  end(): void {
    if (Number.isFinite(this.#paintedAt)) this.#stream.write('\r\u001b[K')
  }
}
