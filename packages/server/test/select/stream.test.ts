import { isUtf8 } from 'node:buffer'
import { gzipSync } from 'node:zlib'

import {
  decodeXml,
  encodeXml,
  selectObjectContentDocument,
  selectProgressDocument,
} from '@stowage/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { SelectSource } from '../../src/select/input/source.ts'
import { selectRecords } from '../../src/select/select-records.ts'
import { failureOf, fixedNow, header, requestOf, select, sourceOf } from './support.ts'
import { formats } from './table.ts'

const everything = 'SELECT * FROM S3Object'

describe('messages', () => {
  test('records, counts, and the end', async () => {
    const { events, stats, messages } = await select('a,b\nc,d\n', everything)
    expect(events).toEqual(['Records', 'Stats', 'End'])
    expect(stats).toEqual({ bytesScanned: 8, bytesProcessed: 8, bytesReturned: 8 })
    expect(messages.map((each) => header(each, ':message-type'))).toEqual([
      'event',
      'event',
      'event',
    ])
    expect(messages.map((each) => header(each, ':content-type'))).toEqual([
      'application/octet-stream',
      'text/xml',
      undefined,
    ])
  })

  test('nothing to send', async () => {
    const { events, stats } = await select('', everything)
    expect(events).toEqual(['Stats', 'End'])
    expect(stats).toEqual({ bytesScanned: 0, bytesProcessed: 0, bytesReturned: 0 })
  })

  test('payloads stay small and end between characters', async () => {
    const csv = `${'é😀'.repeat(40_000)}\n`.repeat(3)
    const { text, messages } = await select(csv, everything)
    expect(text).toBe(csv)
    for (const { payload } of messages) {
      expect(payload.length).toBeLessThanOrEqual(127 * 1024)
      expect(isUtf8(payload)).toBe(true)
    }
  })

  test('what goes wrong behind a record is the last message', async () => {
    const { text, events, errorCode } = await select('1\n2\nx\n4\n', 'SELECT _1 * 2 FROM S3Object')
    expect(text).toBe('2\n4\n')
    expect(events).toEqual(['Records', 'error'])
    expect(errorCode).toBe('CastFailed')
  })

  test('errors that are none of S3 are thrown, whatever has been sent', async () => {
    const source: SelectSource = {
      sizeBytes: 1_000_000,
      async *read() {
        yield Buffer.from('a,b\n'.repeat(100_000))
        throw new RangeError('disk')
      },
    }
    await expect(select(source, everything)).rejects.toThrow(RangeError)
  })

  test('the connection is kept alive, and progress told', async () => {
    let seconds = 0
    const now = (): Date => new Date(fixedNow.getTime() + 40_000 * seconds++)
    const csv = 'a,b\n'.repeat(100_000)
    const sql = `${everything} WHERE _1 = 'z'`
    const quiet = await select(csv, { sql, now })
    expect(quiet.events).toEqual(['Cont', 'Stats', 'End'])
    seconds = 0
    const more = { requestProgress: { enabled: true } }
    const { messages, events } = await select(csv, { sql, now, more })
    expect(events.slice(0, 4)).toEqual(['Cont', 'Progress', 'Cont', 'Progress'])
    expect(events.slice(-3)).toEqual(['Progress', 'Stats', 'End'])
    const progress = messages
      .filter((each) => header(each, ':event-type') === 'Progress')
      .map((each) => decodeXml(selectProgressDocument, Buffer.from(each.payload).toString()))
    expect(progress.at(-1)).toEqual({
      bytesScanned: 400_000,
      bytesProcessed: 400_000,
      bytesReturned: 0,
    })
    expect(progress[0]?.bytesScanned).toBeLessThan(400_000)
  })

  test('records do not wait for a full message', async () => {
    let seconds = 0
    const now = (): Date => new Date(fixedNow.getTime() + 2000 * seconds++)
    const csv = `a\n${'b\n'.repeat(100_000)}`
    const { messages } = await select(csv, { sql: `${everything} WHERE _1 = 'a'`, now })
    expect(
      header(messages[0] ?? { headers: new Map(), payload: new Uint8Array() }, ':event-type'),
    ).toBe('Records')
    expect(messages.length).toBeGreaterThan(3)
  })
})

describe('reading', () => {
  function watched(chunk: Uint8Array): { source: SelectSource; chunks: number; isClosed: boolean } {
    const state = {
      chunks: 0,
      isClosed: false,
      source: {
        sizeBytes: 2 ** 40,
        async *read() {
          try {
            for (;;) {
              state.chunks++
              yield chunk
            }
          } finally {
            state.isClosed = true
          }
        },
      },
    }
    return state
  }
  const chunk = Buffer.from('a,b\n'.repeat(16_384))

  test('ends with LIMIT', async () => {
    const state = watched(chunk)
    const { text } = await select(state.source, `${everything} LIMIT 3`)
    expect(text).toBe('a,b\na,b\na,b\n')
    expect(state).toMatchObject({ chunks: 1, isClosed: true })
  })

  test('waits for the receiver, and ends with it', async () => {
    const state = watched(chunk)
    const request = requestOf({ sql: everything })
    const frames = selectRecords(request, state.source, { now: () => fixedNow })
    await frames.next()
    expect(state.chunks).toBeLessThanOrEqual(3)
    await frames.next()
    expect(state.chunks).toBeLessThanOrEqual(6)
    await frames.return(undefined)
    expect(state.isClosed).toBe(true)
  })

  test('ends when the query fails', async () => {
    const state = watched(chunk)
    expect(await failureOf(state.source, 'SELECT _1 + 1 FROM S3Object')).toBe('CastFailed')
    expect(state.isClosed).toBe(true)
  })

  test('also of what is compressed', async () => {
    const bytes = gzipSync(Buffer.from('a,b\n'.repeat(4_000_000)), { level: 0 })
    let isClosed = false
    const source: SelectSource = {
      sizeBytes: bytes.length,
      async *read(offset, length) {
        try {
          yield* sourceOf(bytes).read(offset, length)
        } finally {
          isClosed = true
        }
      },
    }
    const input = { csv: {}, compressionType: 'GZIP' }
    const { stats } = await select(source, { sql: `${everything} LIMIT 1`, input })
    expect(stats?.bytesScanned).toBeLessThan(bytes.length / 4)
    expect(isClosed).toBe(true)
  })

  test('any chunks give the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...formats),
        fc.integer({ min: 1, max: 200 }),
        async ({ bytes, input }, chunkBytes) => {
          const query = { sql: everything, input }
          const whole = await select(bytes, query)
          expect((await select(sourceOf(bytes, chunkBytes), query)).text).toBe(whole.text)
        },
      ),
      { seed: 13, numRuns: 60 },
    )
  })
})

describe('gzip', () => {
  const input = { csv: {}, compressionType: 'gzip' }
  const csv = Array.from({ length: 50_000 }, (_, at) => `${at},${Math.imul(at, 40_503)}\n`).join('')
  const bytes = gzipSync(csv)

  test('is counted before and after', async () => {
    const { text, stats } = await select(sourceOf(bytes, 1000), { sql: everything, input })
    expect(text).toBe(csv)
    expect(stats).toEqual({
      bytesScanned: bytes.length,
      bytesProcessed: csv.length,
      bytesReturned: csv.length,
    })
  })

  test('several members follow each other', async () => {
    const twice = Buffer.concat([gzipSync('a\n'), gzipSync('b\n')])
    expect((await select(twice, { sql: everything, input })).text).toBe('a\nb\n')
  })

  test.each([
    ['cut short', bytes.subarray(0, 1000), 'TruncatedInput'],
    ['no gzip', Buffer.from(csv), 'InvalidCompressionFormat'],
    [
      'damaged',
      Buffer.concat([bytes.subarray(0, 500), bytes.subarray(600)]),
      'InvalidCompressionFormat',
    ],
  ])('%s', async (_name, damaged, code) => {
    const sql = 'SELECT COUNT(*) FROM S3Object'
    expect(await failureOf(damaged, { sql, input })).toBe(code)
  })

  test('what expands too far is given up', async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024, `${'a'.repeat(1023)}\n`), { level: 9 })
    const sql = 'SELECT COUNT(*) FROM S3Object'
    expect(await failureOf(bomb, { sql, input })).toBe('InvalidCompressionFormat')
  })
})

describe('the request document', () => {
  test('white space in delimiters survives', () => {
    const request = {
      expression: "SELECT * FROM S3Object WHERE _1 < '&\"'",
      expressionType: 'SQL',
      requestProgress: { enabled: true },
      inputSerialization: {
        compressionType: 'NONE',
        csv: {
          fileHeaderInfo: 'USE',
          recordDelimiter: '\r\n',
          fieldDelimiter: '\t',
          quoteCharacter: '"',
          quoteEscapeCharacter: '&',
          comments: ' ',
          allowQuotedRecordDelimiter: true,
        },
      },
      outputSerialization: { json: { recordDelimiter: '\n' } },
      scanRange: { start: 0, end: 5 },
    }
    const xml = encodeXml(selectObjectContentDocument, request)
    expect(decodeXml(selectObjectContentDocument, xml)).toEqual(request)
  })

  test('as other clients write it', () => {
    const xml =
      '<SelectObjectContentRequest><Expression>SELECT 1 FROM S3Object</Expression>' +
      '<ExpressionType>SQL</ExpressionType><InputSerialization><Parquet/></InputSerialization>' +
      '<OutputSerialization><CSV><RecordDelimiter>\n</RecordDelimiter><FieldDelimiter> ' +
      '</FieldDelimiter></CSV></OutputSerialization></SelectObjectContentRequest>'
    expect(decodeXml(selectObjectContentDocument, xml)).toEqual({
      expression: 'SELECT 1 FROM S3Object',
      expressionType: 'SQL',
      inputSerialization: { parquet: {} },
      outputSerialization: { csv: { recordDelimiter: '\n', fieldDelimiter: ' ' } },
    })
  })
})
