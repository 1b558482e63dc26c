import { errorCodes, type SelectObjectContentRequest } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import { systemTurns, WorkSlices, type Turns } from '../work-slices.ts'
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
  /** Where slices of work end, and how other requests get their turn between them. */
  readonly turns?: Turns | undefined
  /** Called between slices of work; what it throws ends the query, as when the receiver is gone. */
  readonly betweenSlices?: (() => void) | undefined
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
  const { parquetStallMs = defaultParquetStallMs, turns = systemTurns } = options
  const slices = new WorkSlices(turns)
  const counts: ReadCounts = { scannedBytes: 0, processedBytes: 0 }
  const buffer = new RecordsBuffer()
  const answer = new Answer(plan, { counts, buffer, slices }, options)
  try {
    yield* openTable(plan, source, { counts, parquetStallMs, slices }, (table) =>
      answer.messages(table),
    )
  } catch (error) {
    if (!(error instanceof S3Failure) || !answer.hasBegun) throw error
    yield* buffer.take()
    yield errorMessage(error.code, error.details.message ?? errorCodes[error.code].message)
  }
}

interface AnswerParts {
  readonly counts: ReadCounts
  readonly buffer: RecordsBuffer
  readonly slices: WorkSlices
}

/** What is sent, and when. */
class Answer {
  readonly #plan: SelectPlan
  readonly #counts: ReadCounts
  readonly #buffer: RecordsBuffer
  readonly #now: () => Date
  readonly #slices: WorkSlices
  readonly #betweenSlices: () => void
  #lastMessageMs = 0
  #lastProgressMs = 0
  #hasSent = false

  constructor(
    plan: SelectPlan,
    { counts, buffer, slices }: AnswerParts,
    { now, betweenSlices = () => undefined }: SelectOptions,
  ) {
    this.#plan = plan
    this.#counts = counts
    this.#buffer = buffer
    this.#now = now
    this.#slices = slices
    this.#betweenSlices = betweenSlices
  }

  /** Whether a message has been sent, or a record is ready. */
  get hasBegun(): boolean {
    return this.#hasSent || !this.#buffer.isEmpty
  }

  async *messages<R>(table: Table<R>): AsyncGenerator<Uint8Array> {
    const started = this.#now()
    this.#lastMessageMs = started.getTime()
    this.#lastProgressMs = this.#lastMessageMs
    const run = new QueryRun(this.#plan, table, { now: started, slices: this.#slices })
    if (!run.isDone) {
      for await (const batch of table.batches) {
        yield* this.#drain(run, batch)
        if (run.isDone) break
        yield* this.#keepAlive()
        if (this.#slices.isOver) await this.#nextSlice()
      }
    }
    while (!run.finish(this.#buffer)) await this.#nextSlice()
    yield* this.#buffer.take()
    if (this.#plan.wantsProgress) yield progressMessage(this.#selectCounts)
    yield statsMessage(this.#selectCounts)
    yield endMessage()
  }

  async *#drain<R>(run: QueryRun<R>, batch: Batch<R>): AsyncGenerator<Uint8Array> {
    const buffer = this.#buffer
    for (
      let pause = run.takeRecords(batch, buffer);
      pause !== undefined;
      pause = run.takeRecords(batch, buffer)
    ) {
      if (pause === 'full') yield* this.#flush()
      else {
        await this.#nextSlice()
        yield* this.#keepAlive()
      }
    }
  }

  async #nextSlice(): Promise<void> {
    await this.#slices.nextTurn()
    this.#betweenSlices()
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
