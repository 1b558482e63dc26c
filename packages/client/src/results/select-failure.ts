import {
  errorCodes,
  EventStreamError,
  isErrorCode,
  type EventStreamFault,
  type EventStreamMessage,
} from '@stowage/protocol'
import { IntegrityError, InvalidResponseError, S3Error, TransportError } from '../errors.ts'
import type { RequestFacts } from '../errors.ts'

/** What a reader of a query's result needs for its errors. */
export interface SelectFacts extends RequestFacts {
  readonly status: number
  readonly requestId: string | undefined
  readonly hostId: string | undefined
  /** Takes secrets out of what the store says. */
  readonly redact?: ((text: string) => string) | undefined
}

const maxMessageLength = 1000

/** A header of a message as text. */
export function textHeader(message: EventStreamMessage, name: string): string | undefined {
  const header = message.headers.get(name)
  return header?.type === 'string' ? header.value : undefined
}

/** The error that a message of the type `error` or `exception` stands for. */
export function errorOfMessage(message: EventStreamMessage, facts: SelectFacts): S3Error {
  const code =
    textHeader(message, ':error-code') ?? textHeader(message, ':exception-type') ?? 'InternalError'
  const known = isErrorCode(code) ? errorCodes[code].message : code
  const { redact = (text: string): string => text } = facts
  const said = redact(textHeader(message, ':error-message') || known)
  return new S3Error(`${facts.operation}: ${said.slice(0, maxMessageLength)}`, {
    ...facts,
    code: redact(code),
    region: undefined,
    retryAfterMs: undefined,
  })
}

/** A result that ended before its last message. */
export function cutShort(facts: RequestFacts, cause?: unknown): TransportError {
  return new TransportError('truncated', `${facts.operation}: the result ends before its end`, {
    cause,
    requestSent: true,
    responseStarted: true,
    operation: facts.operation,
    attempts: facts.attempts,
  })
}

type Failure = (facts: RequestFacts, error: EventStreamError) => Error

const damaged: Failure = (facts, error) =>
  new IntegrityError(`${facts.operation}: ${error.message}`, { cause: error })
const unreadable: Failure = (facts, error) =>
  new InvalidResponseError(facts.operation, error.message, error)

const failures: Readonly<Record<EventStreamFault, Failure>> = {
  'prelude-checksum': damaged,
  'message-checksum': damaged,
  length: unreadable,
  'message-too-large': unreadable,
  'headers-too-large': unreadable,
  header: unreadable,
  'duplicate-header': unreadable,
  truncated: cutShort,
}

/** Turns what broke the stream of messages into an error of the client. */
export function streamFailure(error: unknown, facts: RequestFacts): unknown {
  return error instanceof EventStreamError ? failures[error.reason](facts, error) : error
}
