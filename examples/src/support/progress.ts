const barWidth = 30

/** `1.4 MB`: a size for people. */
export function formatBytes(sizeBytes: number): string {
  if (sizeBytes < 1000) return `${sizeBytes} B`
  if (sizeBytes < 1_000_000) return `${(sizeBytes / 1000).toFixed(1)} kB`
  return `${(sizeBytes / 1_000_000).toFixed(1)} MB`
}

/** `0.42 s`, the time since `performance.now()` gave `startMilliseconds`. */
export function formatElapsed(startMilliseconds: number): string {
  return `${((performance.now() - startMilliseconds) / 1000).toFixed(2)} s`
}

/** A bar that moves on one line of a terminal, or one line per quarter anywhere else. */
export class ProgressBar {
  readonly #totalBytes: number
  readonly #out: NodeJS.WriteStream
  #doneBytes = 0
  #quartersPrinted = 0

  constructor(total: number, out: NodeJS.WriteStream = process.stdout) {
    this.#totalBytes = total
    this.#out = out
  }

  advance(bytes: number): void {
    this.#doneBytes += bytes
    if (this.#out.isTTY) this.#redraw()
    else this.#printQuarter()
  }

  /** Leaves the line of the terminal clean for what is printed next. */
  finish(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001B[K')
  }

  #redraw(): void {
    const filled = Math.round(this.#share() * barWidth)
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
    this.#out.write(`\r  ${bar} ${this.#figures()}`)
  }

  #printQuarter(): void {
    const quarters = Math.floor(this.#share() * 4)
    if (quarters === this.#quartersPrinted) return
    this.#quartersPrinted = quarters
    console.log(`  ${this.#figures()}`)
  }

  #share(): number {
    return this.#totalBytes === 0 ? 1 : this.#doneBytes / this.#totalBytes
  }

  #figures(): string {
    const percent = Math.floor(this.#share() * 100)
    return `${percent} % of ${formatBytes(this.#totalBytes)}`
  }
}
