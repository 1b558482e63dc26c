import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

import type { SchemaElement } from 'hyparquet'

import { S3Failure } from '../../failure.ts'
import type { ParquetFile } from './parquet-file.ts'
import { momentMark } from './parquet-values.ts'
import { parquetWorkerCode } from './parquet-worker-code.ts'

/** A column as the file describes it. */
export interface ParquetColumn {
  readonly element: SchemaElement
  readonly isNested: boolean
}

/** What a file says of itself. */
export interface ParquetDescription {
  readonly groupCount: number
  readonly columns: readonly ParquetColumn[]
}

/** What a file says of a row group. */
export interface ParquetGroup {
  readonly rowCount: bigint
  /** Uncompressed. */
  readonly sizeBytes: bigint
  /** Offset of its first page. */
  readonly begin: number
  /** Of the columns that are asked for. */
  readonly codecs: readonly string[]
}

export interface RowRange {
  readonly columns: readonly string[]
  readonly rowStart: number
  readonly rowEnd: number
}

/** Rows as arrays, in the order of the columns. */
export type ParquetRows = readonly (readonly unknown[])[]

type Task =
  | { readonly kind: 'open' }
  | { readonly kind: 'unmark'; readonly places: readonly number[] }
  | { readonly kind: 'group'; readonly index: number; readonly columns: readonly string[] }
  | ({ readonly kind: 'rows' } & RowRange)
  | { readonly kind: 'moreRows' }

/** The description of more columns would keep the server busy while it arrives. */
const maxColumns = 10_000

type Answer =
  | { readonly kind: 'read'; readonly id: number; readonly start: number; readonly end: number }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed' }

/** The memory of the thread, in MiB: a row group of 512 MB of which most columns are not read. */
const maxHeapMiB = 1024

interface Pending {
  readonly resolve: (result: unknown) => void
  readonly reject: (reason: Error) => void
}

/**
 * hyparquet in a thread of its own. It trusts what it reads: a few damaged bytes make it run for
 * ever or fill the memory. There, it can be given up, and nothing else waits for it.
 */
export class ParquetWorker {
  readonly #file: ParquetFile
  readonly #worker: Worker
  readonly #stallMs: number
  #pending: Pending | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param stallMs after so long without an answer or a question the thread is given up */
  constructor(file: ParquetFile, stallMs: number) {
    this.#file = file
    this.#stallMs = stallMs
    const hyparquetPath = createRequire(import.meta.url).resolve('hyparquet')
    const hyparquetUrl = pathToFileURL(hyparquetPath).href
    this.#worker = new Worker(parquetWorkerCode, {
      eval: true,
      workerData: { byteLength: file.byteLength, hyparquetUrl, maxColumns, momentMark },
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB },
    })
    this.#worker.on('message', (answer: Answer) => this.#receive(answer))
    this.#worker.on('error', () => this.#fail(new S3Failure('OverMaxParquetBlockSize')))
    this.#worker.on('messageerror', () => this.#fail(new S3Failure('ParquetParsingError')))
    this.#worker.on('exit', () => this.#fail(new S3Failure('ParquetParsingError')))
  }

  /** @throws S3Failure ParquetParsingError, or what reading the object threw; all methods do */
  async describe(): Promise<ParquetDescription> {
    // What the code of the thread answers to this task, as below.
    const description = (await this.#run({ kind: 'open' })) as ParquetDescription
    if (description.columns.length > maxColumns) throw new S3Failure('ParquetParsingError')
    return description
  }

  /** Takes the mark of decimals off columns, by their places. */
  async unmarkDecimals(places: readonly number[]): Promise<void> {
    await this.#run({ kind: 'unmark', places })
  }

  async group(index: number, columns: readonly string[]): Promise<ParquetGroup> {
    return (await this.#run({ kind: 'group', index, columns })) as ParquetGroup
  }

  /** The rows of a range, which must be all that there are, in portions. */
  async *rows(range: RowRange): AsyncGenerator<ParquetRows> {
    let portion = (await this.#run({ kind: 'rows', ...range })) as ParquetRows
    while (portion.length > 0) {
      yield portion
      portion = (await this.#run({ kind: 'moreRows' })) as ParquetRows
    }
  }

  async close(): Promise<void> {
    this.#fail(new S3Failure('ParquetParsingError'))
    await this.#worker.terminate()
  }

  #run(task: Task): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject }
      this.#watch()
      this.#worker.postMessage(task, [])
    })
  }

  #watch(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.close(), this.#stallMs)
  }

  #receive(answer: Answer): void {
    clearTimeout(this.#timer)
    if (answer.kind === 'read') void this.#send(answer.id, answer.start, answer.end)
    else if (answer.kind === 'failed') this.#fail(new S3Failure('ParquetParsingError'))
    else {
      this.#pending?.resolve(answer.result)
      this.#pending = undefined
    }
  }

  /** Reads for the thread; how long the store takes is not its fault. */
  async #send(id: number, start: number, end: number): Promise<void> {
    try {
      const bytes = await this.#file.slice(start, end)
      if (this.#pending === undefined) return
      this.#watch()
      this.#worker.postMessage({ kind: 'bytes', id, bytes }, [bytes])
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #fail(reason: Error): void {
    clearTimeout(this.#timer)
    this.#pending?.reject(reason)
    this.#pending = undefined
  }
}
