import { gzipSync } from 'node:zlib'
import type { Client, SelectOptions } from 'stowage'
import { expect, vi } from 'vitest'
import { conformance } from './harness/conformance.ts'
import { codeOf } from './harness/refusals.ts'
import { csvFormat, jsonFormat, parquetFormat, rows } from './harness/select-table.ts'

// Dozens of queries, on machines that have other things to do as well.
vi.setConfig({ testTimeout: 60_000 })

interface Stored {
  readonly client: Client
  readonly bucket: string
  readonly input: SelectOptions['input']
  /** Gives the column `id`. */
  readonly expression?: string
}

type ScanRange = NonNullable<SelectOptions['scanRange']>

/** The ids of the records that the store finds within a range of the object `table`. */
async function idsWithin(stored: Stored, scanRange: ScanRange): Promise<number[]> {
  const { client, bucket, input, expression = 'SELECT s.id FROM S3Object s' } = stored
  const query = { expression, input, output: { csv: {} }, scanRange }
  const text = await (await client.selectObjectContent(bucket, 'table', query)).text()
  return text.split('\n').filter(Boolean).map(Number)
}

/** Where each line begins, in bytes. */
function startsOfLines(bytes: Uint8Array): number[] {
  const starts = [0]
  for (const [at, byte] of bytes.entries()) if (byte === 0x0a) starts.push(at + 1)
  return starts.slice(0, -1)
}

const allIds = rows.map(({ id }) => id)

/**
 * Cuts an object of lines at bytes that are a border, just before and behind one, and within a
 * character: each record is found in the range in which it begins, and in no other.
 *
 * @param starts where the record of each row begins
 */
async function proveLines(
  stored: Stored,
  sizeBytes: number,
  starts: readonly number[],
): Promise<void> {
  const [first = 0, second = 0] = starts
  const last = starts.at(-1) ?? 0
  const cuts = [first + 1, second - 1, second, second + 1, 3000, 3001, 7000, last, last + 1]
  const borders = [0, ...cuts, sizeBytes]
  for (const [at, start] of borders.slice(0, -1).entries()) {
    const end = (borders[at + 1] ?? 0) - 1
    const expected = allIds.filter((_, row) => {
      const begin = starts[row] ?? -1
      return begin >= start && begin <= end
    })
    expect(await idsWithin(stored, { start, end }), `${start}-${end}`).toEqual(expected)
    const onwards = allIds.filter((_, row) => (starts[row] ?? -1) >= start)
    expect(await idsWithin(stored, { start }), `${start}-`).toEqual(onwards)
  }
  expect(await idsWithin(stored, { start: last, end: last })).toEqual([rows.length])
  expect(await idsWithin(stored, { end: sizeBytes - last })).toEqual([rows.length])
  expect(await idsWithin(stored, { end: sizeBytes - last - 1 })).toEqual([])
}

conformance('selectObjectContent with a scan range', (defineCase) => {
  defineCase('gives the JSON lines that begin in it', async ({ client, bucket }) => {
    const name = await bucket()
    const { bytes, input } = jsonFormat
    await client.putObject(name, 'table', bytes)
    await proveLines({ client, bucket: name, input }, bytes.length, startsOfLines(bytes))
  })

  defineCase('gives the CSV records that begin in it', async ({ client, bucket }) => {
    const name = await bucket()
    const bytes = csvFormat.bytes.subarray(startsOfLines(csvFormat.bytes)[1])
    await client.putObject(name, 'table', bytes)
    const expression = 'SELECT s._1 FROM S3Object s'
    const stored = { client, bucket: name, input: { csv: {} }, expression }
    await proveLines(stored, bytes.length, startsOfLines(bytes))
  })

  defineCase('knows the header of a CSV in every range', async ({ client, bucket }) => {
    const name = await bucket()
    const { bytes } = csvFormat
    await client.putObject(name, 'table', bytes)
    const [, ...starts] = startsOfLines(bytes)
    for (const [fileHeaderInfo, column] of [
      ['USE', 'id'],
      ['IGNORE', '_1'],
    ] as const) {
      const expression = `SELECT s.${column} FROM S3Object s`
      const stored = { client, bucket: name, input: { csv: { fileHeaderInfo } }, expression }
      await proveLines(stored, bytes.length, starts)
      const header = { start: 0, end: (starts[0] ?? 0) - 1 }
      expect(await idsWithin(stored, header), fileHeaderInfo).toEqual([])
    }
  })

  defineCase('gives the row groups of Parquet that begin in it', async ({ client, bucket }) => {
    const name = await bucket()
    const { bytes, input, groupRows } = parquetFormat
    await client.putObject(name, 'table', bytes)
    const stored = { client, bucket: name, input }
    const upTo = groupRows.map((_, at) => groupRows.slice(0, at + 1).reduce((a, b) => a + b))
    const seen = new Set<number>()
    for (let cut = 1; cut < bytes.length; cut += Math.ceil(bytes.length / 8)) {
      const before = await idsWithin(stored, { start: 0, end: cut - 1 })
      const behind = await idsWithin(stored, { start: cut })
      expect([...before, ...behind], `${cut}`).toEqual(allIds)
      seen.add(before.length)
    }
    // Whole groups alone; the file begins with four bytes that belong to none.
    expect([...seen]).toEqual([0, ...upTo])
    expect(await idsWithin(stored, { start: 4, end: 4 })).toEqual(allIds.slice(0, groupRows[0]))
    expect(await idsWithin(stored, { start: 5 })).toEqual(allIds.slice(groupRows[0]))
  })

  defineCase('is refused for what cannot be read from the middle', async (context) => {
    const { client } = context
    const bucket = await context.bucket()
    const scanRange = { start: 0, end: 100 }
    for (const { bytes, input } of [csvFormat, jsonFormat]) {
      await client.putObject(bucket, 'table', gzipSync(bytes))
      const stored = { client, bucket, input: { ...input, compression: 'GZIP' } as const }
      expect(await codeOf(idsWithin(stored, scanRange))).toBe('UnsupportedScanRangeInput')
    }
    await client.putObject(bucket, 'table', jsonFormat.bytes)
    const document = { client, bucket, input: { json: { type: 'DOCUMENT' } } as const }
    expect(await codeOf(idsWithin(document, scanRange))).toBe('UnsupportedScanRangeInput')
    const lines = { client, bucket, input: jsonFormat.input }
    const behind = { start: jsonFormat.bytes.length + 10 }
    expect(await codeOf(idsWithin(lines, behind))).toBe('InvalidScanRange')
  })
})
