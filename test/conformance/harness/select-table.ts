import { parquetWriteBuffer } from 'hyparquet-writer'
import type { SelectInput } from 'stowage'

/** A row of the table that queries are asked about. */
export interface Row {
  readonly id: number
  readonly name: string
  /** The price in hundredths, which no rounding touches. */
  readonly cents: number
  readonly flag: boolean
  /** `2024-02-29`. */
  readonly day: string
  readonly note: string | null
}

const rowCount = 240

const names = [
  'Anna "Ace" Müller',
  'Bolt, 10mm',
  'Zoë 😀',
  'plain',
  '50% _off_',
  "O'Neil",
  'ÄÖÜ, "both"',
  'two  blanks',
  'línea',
  '汉字',
  'back\\slash',
] as const
const notes = [null, 'x', null, 'a note', 'née, "quoted"', ' padded '] as const

function dayOf(at: number): string {
  return new Date(Date.UTC(2022, 0, 1 + ((at * 37) % 1000))).toISOString().slice(0, 10)
}

/** Always the same rows; with equal names, prices and days among them. */
export const rows: readonly Row[] = Array.from({ length: rowCount }, (_, at) => ({
  id: at + 1,
  name: `${names[at % names.length]}${at % 3 === 0 ? '' : ` ${at % 20}`}`,
  cents: (at * 7919) % 12_345,
  flag: at % 4 < 2,
  day: dayOf(at),
  note: notes[(at * 5) % notes.length] ?? null,
}))

/** As written in a decimal column. */
export function priceOf(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0')
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

function csv(): Uint8Array {
  const lines = rows.map(({ id, name, cents, flag, day, note }) =>
    [id, quoted(name), priceOf(cents), flag, day, note === null ? '' : quoted(note)].join(','),
  )
  return Buffer.from(`id,name,price,flag,day,note\n${lines.join('\n')}\n`)
}

function json(): Uint8Array {
  const lines = rows.map(
    ({ id, name, cents, flag, day, note }) =>
      `{"id":${id},"name":${JSON.stringify(name)},"price":${priceOf(cents)},` +
      `"flag":${flag},"day":"${day}","note":${JSON.stringify(note)}}\n`,
  )
  return Buffer.from(lines.join(''))
}

/** How many rows each row group of the Parquet file has. */
const groupRows = [100, 100, 40] as const

/** Prices as DECIMAL(9, 2). */
function parquet(): Uint8Array {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const
  const required = { repetition_type: 'REQUIRED' } as const
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'id', data: rows.map(({ id }) => id) },
      { name: 'name', data: rows.map(({ name }) => name) },
      { name: 'price', data: rows.map(({ cents }) => BigInt(cents)) },
      { name: 'flag', data: rows.map(({ flag }) => flag) },
      { name: 'day', data: rows.map(({ day }) => day) },
      { name: 'note', data: rows.map(({ note }) => note) },
    ],
    schema: [
      { name: 'root', num_children: 6 },
      { name: 'id', type: 'INT32', ...required },
      { name: 'name', ...text, ...required },
      {
        name: 'price',
        type: 'INT32',
        converted_type: 'DECIMAL',
        scale: 2,
        precision: 9,
        ...required,
      },
      { name: 'flag', type: 'BOOLEAN', ...required },
      { name: 'day', ...text, ...required },
      { name: 'note', ...text, repetition_type: 'OPTIONAL' },
    ],
    rowGroupSize: [...groupRows],
  })
  return new Uint8Array(buffer)
}

/** The table in one format. */
export interface Format<Input = SelectInput> {
  readonly name: 'csv' | 'json' | 'parquet'
  readonly bytes: Uint8Array
  readonly input: Input
}

export const csvFormat: Format<Extract<SelectInput, { readonly csv: object }>> = {
  name: 'csv',
  bytes: csv(),
  input: { csv: { fileHeaderInfo: 'USE' } },
}

export const jsonFormat: Format<Extract<SelectInput, { readonly json: object }>> = {
  name: 'json',
  bytes: json(),
  input: { json: { type: 'LINES' } },
}

export const parquetFormat: Format & { readonly groupRows: readonly number[] } = {
  name: 'parquet',
  bytes: parquet(),
  input: { parquet: {} },
  groupRows,
}

export const formats: readonly Format[] = [csvFormat, jsonFormat, parquetFormat]
