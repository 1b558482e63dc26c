import {
  decodeXml,
  EventStreamDecoder,
  selectStatsDocument,
  type EventStreamMessage,
  type InputSerialization,
  type OutputSerialization,
  type SelectCounts,
  type SelectObjectContentRequest,
} from '@stowage/protocol'

import { S3Failure } from '../../src/failure.ts'
import type { SelectSource } from '../../src/select/input/source.ts'
import type { Turns } from '../../src/work-slices.ts'
import { selectRecords } from '../../src/select/select-records.ts'

/** A moment for UTCNOW and for the messages. */
export const fixedNow = new Date('2024-06-01T12:30:45.250Z')

export interface Query {
  readonly sql: string
  readonly input?: InputSerialization
  readonly output?: OutputSerialization
  readonly more?: Partial<SelectObjectContentRequest>
  readonly now?: () => Date
  readonly parquetStallMs?: number
  readonly turns?: Turns
}

export interface Result {
  readonly text: string
  /** Types of the events, each once for a run of the same. */
  readonly events: readonly string[]
  readonly stats: SelectCounts | undefined
  /** Code of the error message at the end. */
  readonly errorCode: string | undefined
  readonly messages: readonly EventStreamMessage[]
}

/** An object in memory that is read in chunks of the given size. */
export function sourceOf(bytes: Uint8Array | string, chunkBytes = 65_536): SelectSource {
  const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return {
    sizeBytes: content.length,
    async *read(offset, length) {
      for (let at = offset; at < offset + length; at += chunkBytes) {
        yield content.subarray(at, Math.min(at + chunkBytes, offset + length))
      }
    },
  }
}

export function requestOf(query: Query): SelectObjectContentRequest {
  return {
    expression: query.sql,
    expressionType: 'SQL',
    inputSerialization: query.input ?? { csv: {} },
    outputSerialization: query.output ?? { csv: {} },
    ...query.more,
  }
}

/** Runs a query and takes its messages apart. */
export async function select(
  source: SelectSource | Uint8Array | string,
  query: Query | string,
): Promise<Result> {
  const asked = typeof query === 'string' ? { sql: query } : query
  const object = typeof source === 'object' && 'read' in source ? source : sourceOf(source)
  const now = asked.now ?? (() => fixedNow)
  const options = { now, parquetStallMs: asked.parquetStallMs, turns: asked.turns }
  const decoder = new EventStreamDecoder()
  const messages: EventStreamMessage[] = []
  for await (const bytes of selectRecords(requestOf(asked), object, options)) {
    messages.push(...decoder.push(bytes))
  }
  decoder.end()
  return resultOf(messages)
}

function resultOf(messages: readonly EventStreamMessage[]): Result {
  const types = messages.map((message) => header(message, ':event-type') ?? 'error')
  const payloads = messages.filter((_, at) => types[at] === 'Records').map((each) => each.payload)
  const stats = messages[types.indexOf('Stats')]
  return {
    text: Buffer.concat(payloads).toString(),
    events: types.filter((type, at) => type !== types[at - 1]),
    stats: stats && decodeXml(selectStatsDocument, Buffer.from(stats.payload).toString()),
    errorCode: messages.map((message) => header(message, ':error-code')).find(Boolean),
    messages,
  }
}

export function header(message: EventStreamMessage, name: string): string | undefined {
  const value = message.headers.get(name)
  return value?.type === 'string' ? value.value : undefined
}

/** The code that a query fails with before its first record; `none` where it does not. */
export async function failureOf(
  source: SelectSource | Uint8Array | string,
  query: Query | string,
): Promise<string> {
  try {
    const { errorCode } = await select(source, query)
    return errorCode === undefined ? 'none' : `in the stream: ${errorCode}`
  } catch (error) {
    if (error instanceof S3Failure) return error.code
    throw error
  }
}
