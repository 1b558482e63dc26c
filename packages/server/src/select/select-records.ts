import { errorCodes, type SelectObjectContentRequest } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { openTable } from './input/open-table.ts'
import type { SelectSource } from './input/source.ts'
import type { Batch, ReadCounts, Table } from './input/table.ts'
import {
  continuationMessage,
  endMessage,
  errorMessage,
  progressMessage,
  statsMessage,
} from './output/messages.ts'
import { RecordsBuffer } from './output/records-buffer.ts'
import { QueryRun } from './query/query-run.ts'
import { planSelect, type SelectPlan } from './request.ts'

export interface SelectOptions {
  /** For UTCNOW, and for the times between messages. */
  readonly now: () => Date
  /**
   * After so long without a sign, reading Parquet is given up, in milliseconds; 30 seconds unless
   * given. A damaged file may otherwise keep a processor busy for ever.
   */
  readonly parquetStallMs?: number | undefined
}

const defaultParquetStallMs = 30_000

/** After so long without a message, one is sent, in milliseconds. */
const keepAliveMs = 1000
/** Between two Progress messages, in milliseconds; S3 sends them each minute. */
const progressMs = 60_000

/**
 * Runs a query on one object and gives the messages of the answer, each as its bytes. Nothing is
 * read before it is asked for; ending the iteration early releases the source.
 *
 * What goes wrong before the first record throws an S3Failure; afterwards it becomes the last
 * message. Errors that are none of S3 are thrown in either case.
 */
export async function* selectRecords(
  request: SelectObjectContentRequest,
  source: SelectSource,
  options: SelectOptions,
): AsyncGenerator<Uint8Array> {
  const plan = planSelect(request, source.sizeBytes)
  const { parquetStallMs = defaultParquetStallMs } = options
  const counts: ReadCounts = { scannedBytes: 0, processedBytes: 0 }
  const buffer = new RecordsBuffer()
  const answer = new Answer(plan, counts, buffer, options.now)
  try {
    yield* openTable(plan, source, { counts, parquetStallMs }, (table) => answer.messages(table))
  } catch (error) {
    if (!(error instanceof S3Failure) || !answer.hasBegun) throw error
    yield* buffer.take()
    yield errorMessage(error.code, error.details.message ?? errorCodes[error.code].message)
  }
}

/** What is sent, and when. */
class Answer {
  readonly #plan: SelectPlan
  readonly #counts: ReadCounts
  readonly #buffer: RecordsBuffer
  readonly #now: () => Date
  #lastMessageMs = 0
  #lastProgressMs = 0
  #hasSent = false

  constructor(plan: SelectPlan, counts: ReadCounts, buffer: RecordsBuffer, now: () => Date) {
    this.#plan = plan
    this.#counts = counts
    this.#buffer = buffer
    this.#now = now
  }

  /** Whether a message has been sent, or a record is ready. */
  get hasBegun(): boolean {
    return this.#hasSent || !this.#buffer.isEmpty
  }

  async *messages<R>(table: Table<R>): AsyncGenerator<Uint8Array> {
    const started = this.#now()
    this.#lastMessageMs = started.getTime()
    this.#lastProgressMs = this.#lastMessageMs
    const run = new QueryRun(this.#plan, table, started)
    if (!run.isDone) {
      for await (const batch of table.batches) {
        yield* this.#drain(run, batch)
        if (run.isDone) break
        yield* this.#keepAlive()
      }
    }
    run.finish(this.#buffer)
    yield* this.#buffer.take()
    if (this.#plan.wantsProgress) yield progressMessage(this.#selectCounts)
    yield statsMessage(this.#selectCounts)
    yield endMessage()
  }

  *#drain<R>(run: QueryRun<R>, batch: Batch<R>): Generator<Uint8Array> {
    while (!run.isDone && run.takeRecords(batch, this.#buffer)) yield* this.#flush()
  }

  *#flush(): Generator<Uint8Array> {
    this.#hasSent = true
    this.#lastMessageMs = this.#now().getTime()
    yield* this.#buffer.take()
  }

  *#keepAlive(): Generator<Uint8Array> {
    const nowMs = this.#now().getTime()
    if (this.#plan.wantsProgress && nowMs - this.#lastProgressMs >= progressMs) {
      this.#lastProgressMs = nowMs
      this.#hasSent = true
      yield progressMessage(this.#selectCounts)
    }
    if (nowMs - this.#lastMessageMs < keepAliveMs) return
    if (this.#buffer.isEmpty) {
      this.#hasSent = true
      this.#lastMessageMs = nowMs
      yield continuationMessage()
    } else yield* this.#flush()
  }

  get #selectCounts() {
    return {
      bytesScanned: this.#counts.scannedBytes,
      bytesProcessed: this.#counts.processedBytes,
      bytesReturned: this.#buffer.returnedBytes,
    }
  }
}
