import { InvalidResponseError, NotSupportedError } from '../errors.ts'
import type { BodyStream } from '../transport/transport.ts'
import { LineSplitter } from './line-splitter.ts'
import {
  isJsonObject,
  readNotificationRecord,
  type NotificationRecord,
} from './notification-event.ts'

const less = 0x3c
const blanks: ReadonlySet<number | undefined> = new Set([0x20, 0x0a, 0x0d, 0x09])

/** One connection that tells events, one JSON document a line, with keep-alives in between. */
export class NotificationStream {
  readonly #operation: string
  readonly #body: BodyStream
  readonly #lines: LineSplitter
  readonly #isXml: boolean
  #heard = false
  #ended = false
  /** Whether a document of events has come: JSON may be that of anybody. */
  #isKnown = false

  constructor(
    operation: string,
    body: BodyStream,
    contentType: string | undefined,
    maxLineBytes: number,
  ) {
    this.#operation = operation
    this.#body = body
    this.#isXml = /\bxml\b/.test(contentType ?? '')
    this.#lines = new LineSplitter({ operation, delimiter: '\n', maxLineBytes })
  }

  /** Whether the store has sent anything, be it only to keep the connection alive. */
  get heard(): boolean {
    return this.#heard
  }

  /**
   * What the next bytes tell: often nothing. Undefined after the end.
   *
   * @throws NotSupportedError when the store took the request for a listing
   * @throws InvalidResponseError for a line that is too long or no JSON
   */
  async next(): Promise<readonly NotificationRecord[] | undefined> {
    if (this.#isXml) throw this.#notSupported()
    if (this.#ended) return undefined
    const chunk = await this.#body.read()
    if (chunk === undefined) return this.#last()
    const text = this.#lines.pendingBytes === 0 ? withoutLeadingBlanks(chunk) : chunk
    if (!this.#heard && text[0] === less) throw this.#markup(text)
    this.#heard = true
    const records: NotificationRecord[] = []
    for (const line of this.#lines.push(text)) {
      // One by one: a line may hold more records than a call may have arguments.
      for (const record of this.#read(line)) records.push(record)
    }
    return records
  }

  /** A last line needs no line end, but what was cut is no line. */
  #last(): readonly NotificationRecord[] {
    this.#ended = true
    try {
      return this.#read(this.#lines.end())
    } catch {
      return []
    }
  }

  #read(line: string): NotificationRecord[] {
    const text = line.trim()
    if (text === '') return []
    const document = this.#parse(text)
    const records = isJsonObject(document) ? document['Records'] : undefined
    this.#isKnown ||= records !== undefined
    if (!this.#isKnown) {
      throw new InvalidResponseError(this.#operation, 'the answer is not one of a store')
    }
    // `{"Records":null}` keeps the connection alive.
    return Array.isArray(records) ? records.filter(isJsonObject).map(readNotificationRecord) : []
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch {
      // The cause would quote the line, in which a store may repeat a secret.
      throw new InvalidResponseError(this.#operation, 'a line is no JSON')
    }
  }

  /** XML is a listing; what else begins so is the page of somebody else. */
  #markup(chunk: Uint8Array): Error {
    const start = Buffer.from(chunk.subarray(0, 5)).toString('latin1')
    const isListing = ['<?xml', '<List'].some((known) => known.startsWith(start))
    if (isListing) return this.#notSupported()
    return new InvalidResponseError(this.#operation, 'the answer is not one of a store')
  }

  /** Stores that do not know `events` list the bucket: Ceph does so, in XML and with status 200. */
  #notSupported(): NotSupportedError {
    return new NotSupportedError(this.#operation, 'the store answers with a listing instead')
  }
}

/** Single blanks, one each half second, would make a line that is never complete. */
function withoutLeadingBlanks(chunk: Uint8Array): Uint8Array {
  let start = 0
  while (blanks.has(chunk[start])) start++
  return chunk.subarray(start)
}
