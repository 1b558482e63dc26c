import { InvalidArgumentError, S3Error, TransportError } from '../errors.ts'
import type { Hooks, TraceSink } from '../hooks.ts'
import type { WireHeaders } from '../transport/transport.ts'

/** What a store sends could otherwise write more lines, or steer a terminal. */
function visible(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`
  })
}

function headerLines(mark: string, headers: WireHeaders): string {
  let lines = ''
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    const values = typeof value === 'string' ? [value] : value
    for (const one of values) lines += `${mark} ${visible(name)}: ${visible(one)}\n`
  }
  return lines
}

/** An error by its code: messages of stores may repeat what was sent. */
function nameOf(error: unknown): string {
  if (error instanceof S3Error) return `S3Error ${visible(error.code)}`
  if (error instanceof TransportError) return `TransportError ${error.kind}`
  return error instanceof Error ? visible(error.name) : 'an error'
}

/** Writes each event in one piece, so that calls at the same time do not mix within. */
export function traceTo(sink: TraceSink): Hooks {
  const isSink = typeof sink === 'object' && sink !== null && typeof sink.write === 'function'
  if (!isSink) throw new InvalidArgumentError('stream', 'must have a method write')
  const write = (text: string): void => {
    // A stream that has ended would raise an error that nobody here can catch.
    if ('writable' in sink && sink.writable === false) return
    sink.write(text)
  }
  return {
    onRequest: ({ callId, operation, attempt, method, url, headers }) => {
      const mark = `> ${callId}`
      const title = `${mark} ${method} ${visible(url)} (${operation}, attempt ${attempt})\n`
      write(title + headerLines(mark, headers))
    },
    onResponse: ({ callId, status, error, headers, durationMs }) => {
      const mark = `< ${callId}`
      const result = status === undefined ? nameOf(error) : `HTTP ${status}`
      write(`${mark} ${result} after ${Math.round(durationMs)} ms\n${headerLines(mark, headers)}`)
    },
    onRetry: ({ callId, error, pauseMs }) => {
      write(`! ${callId} retry in ${Math.round(pauseMs)} ms because of ${nameOf(error)}\n`)
    },
  }
}
