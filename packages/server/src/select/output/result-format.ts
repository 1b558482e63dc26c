import type { CsvDialect } from '../input/csv-dialect.ts'

/** How the records of the result are written. */
export type ResultFormat =
  | { readonly kind: 'csv'; readonly dialect: CsvDialect; readonly quotesAlways: boolean }
  | { readonly kind: 'json'; readonly recordDelimiter: string }
