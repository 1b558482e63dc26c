import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

import type { FileMetaData, SchemaTree } from 'hyparquet'

import { S3Failure } from '../../failure.ts'
import type { ParquetFile } from './parquet-file.ts'
import { momentMark } from './parquet-values.ts'
import { parquetWorkerCode } from './parquet-worker-code.ts'

/** What a file says of itself. */
export interface ParquetDescription {
  readonly metadata: FileMetaData
  /** The columns, whose elements are those of the schema in the metadata. */
  readonly columns: readonly SchemaTree[]
}

export interface RowRange {
  readonly columns: readonly string[]
  readonly rowStart: number
  readonly rowEnd: number
}

type Task =
  | { readonly kind: 'open' }
  | { readonly kind: 'use'; readonly metadata: FileMetaData }
  | ({ readonly kind: 'rows' } & RowRange)

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
      workerData: { byteLength: file.byteLength, hyparquetUrl, momentMark },
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB },
    })
    this.#worker.on('message', (answer: Answer) => this.#receive(answer))
    this.#worker.on('error', () => this.#fail(new S3Failure('OverMaxParquetBlockSize')))
    this.#worker.on('exit', () => this.#fail(new S3Failure('ParquetParsingError')))
  }

  /** @throws S3Failure ParquetParsingError, or what reading the object threw; all methods do */
  async describe(): Promise<ParquetDescription> {
    // What the code of the thread answers to this task.
    return (await this.#run({ kind: 'open' })) as ParquetDescription
  }

  /** Replaces the metadata that rows are read by. */
  async use(metadata: FileMetaData): Promise<void> {
    await this.#run({ kind: 'use', metadata })
  }

  /** Rows as arrays, in the order of the columns. */
  async rows(range: RowRange): Promise<readonly (readonly unknown[])[]> {
    // As above.
    return (await this.#run({ kind: 'rows', ...range })) as unknown[][]
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
