import type { InputSerialization } from '@stowage/protocol'
import { parquetWriteBuffer } from 'hyparquet-writer'

/** One table in three formats, with what makes trouble: quotes, commas, Unicode, decimals, NULL. */
export const names = [
  'Anna "Ace" Müller',
  'Bolt, 10mm',
  'Zoë 😀',
  'plain',
  '50% _off_',
  "O'Neil",
] as const
const cents = [1250n, 10n, 20n, 10_000n, 725n, 5n]
const prices = ['12.50', '0.10', '0.20', '100.00', '7.25', '0.05']
const flags = [true, false, true, false, true, false]
const days = ['2024-01-05', '2024-02-29', '2023-12-31', '2024-01-31', '2022-07-04', '2024-03-01']
const notes = [null, 'x', null, 'a note', null, ' pad ']

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

const csvLines = names.map((name, at) =>
  [at + 1, quoted(name), prices[at], flags[at], days[at], notes[at] ?? ''].join(','),
)

export const csvTable = `id,name,price,flag,day,note\n${csvLines.join('\n')}\n`

export const jsonTable: string = names
  .map((name, at) => {
    const id = at + 1
    const members = `"flag":${flags[at]},"day":"${days[at]}","note":${JSON.stringify(notes[at])}`
    return `{"id":${id},"name":${JSON.stringify(name)},"price":${prices[at]},${members}}\n`
  })
  .join('')

/** Prices as DECIMAL(9, 2), in two row groups. */
export function parquetTable(): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'id', data: names.map((_, at) => at + 1) },
        { name: 'name', data: [...names] },
        { name: 'price', data: cents },
        { name: 'flag', data: flags },
        { name: 'day', data: days },
        { name: 'note', data: notes },
      ],
      schema: [
        { name: 'root', num_children: 6 },
        { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' },
        { name: 'name', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        {
          name: 'price',
          type: 'INT32',
          converted_type: 'DECIMAL',
          scale: 2,
          precision: 9,
          repetition_type: 'REQUIRED',
        },
        { name: 'flag', type: 'BOOLEAN', repetition_type: 'REQUIRED' },
        { name: 'day', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'note', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ],
      rowGroupSize: 4,
    }),
  )
}

export interface Format {
  readonly name: string
  readonly bytes: Uint8Array | string
  readonly input: InputSerialization
}

export const formats: readonly Format[] = [
  { name: 'CSV', bytes: csvTable, input: { csv: { fileHeaderInfo: 'USE' } } },
  { name: 'JSON', bytes: jsonTable, input: { json: { type: 'LINES' } } },
  { name: 'Parquet', bytes: parquetTable(), input: { parquet: {} } },
]
