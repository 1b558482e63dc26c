import type { WorkSlices } from '../../work-slices.ts'
import type { SelectPlan } from '../request.ts'
import { openCsv } from './csv-table.ts'
import { decompress } from './decompress.ts'
import { openJson } from './json-table.ts'
import { ParquetFile } from './parquet-file.ts'
import { openParquet } from './parquet-table.ts'
import { ParquetWorker } from './parquet-worker.ts'
import type { SelectSource } from './source.ts'
import type { ReadCounts, Table } from './table.ts'
import { textChunks } from './utf8-chunks.ts'

/** What is done with a table, whatever its records are. */
export type UseTable<T> = <R>(table: Table<R>) => AsyncGenerator<T>

export interface OpenOptions {
  /** Where to count what is read. */
  readonly counts: ReadCounts
  /** After so long without a sign, reading Parquet is given up, in milliseconds. */
  readonly parquetStallMs: number
  readonly slices: WorkSlices
}

/**
 * Opens the object in the format that the request says.
 * @throws S3Failure
 */
export async function* openTable<T>(
  plan: SelectPlan,
  source: SelectSource,
  options: OpenOptions,
  use: UseTable<T>,
): AsyncGenerator<T> {
  const { input, statement } = plan
  if (input.kind === 'parquet') {
    yield* useParquet(source, options, plan, use)
    return
  }
  const text = openText(plan, source, options.counts)
  try {
    if (input.kind === 'json') {
      yield* use(openJson(text, statement, { type: input.type, range: plan.range }))
      return
    }
    const { header, dialect } = input
    const copiesPlainLines = canCopyLines(plan)
    const how = { dialect, header, range: plan.range, copiesPlainLines }
    yield* use(await openCsv(text, statement, how))
  } finally {
    await text.return(undefined)
  }
}

async function* useParquet<T>(
  source: SelectSource,
  { counts, parquetStallMs, slices }: OpenOptions,
  { statement, range }: SelectPlan,
  use: UseTable<T>,
): AsyncGenerator<T> {
  const file = new ParquetFile(source, counts, slices)
  await file.checkFooter()
  const worker = new ParquetWorker(file, parquetStallMs)
  try {
    yield* use(await openParquet(worker, statement, range))
  } finally {
    await worker.close()
  }
}

function openText(
  { compression }: SelectPlan,
  source: SelectSource,
  counts: ReadCounts,
): AsyncGenerator<string> {
  const { sizeBytes } = source
  const stored = counted(sizeBytes === 0 ? nothing() : source.read(0, sizeBytes), (bytes) => {
    counts.scannedBytes += bytes
  })
  return textChunks(
    counted(decompress(stored, compression), (bytes) => {
      counts.processedBytes += bytes
    }),
  )
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    count(chunk.length)
    yield chunk
  }
}

/** Whether a line without quotes would be written as it was read. */
function canCopyLines({ input, output }: SelectPlan): boolean {
  if (input.kind !== 'csv' || output.kind !== 'csv' || output.quotesAlways) return false
  const read = input.dialect
  const written = output.dialect
  return (
    read.recordDelimiter === '\n' &&
    written.recordDelimiter === '\n' &&
    read.quote !== '' &&
    read.quote === written.quote &&
    read.fieldDelimiter === written.fieldDelimiter
  )
}
