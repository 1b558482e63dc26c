/** How CSV is written. */
export interface CsvDialect {
  readonly recordDelimiter: string
  readonly fieldDelimiter: string
  /** Empty where there are no quotes. */
  readonly quote: string
  /** What takes the meaning from a quote within quotes; often the quote itself. */
  readonly escape: string
}

export interface CsvInputDialect extends CsvDialect {
  /** Records that begin with it are passed over; empty where there are none. */
  readonly comment: string
  /** Whether record delimiters within quotes are part of the field. */
  readonly allowsQuotedRecordDelimiters: boolean
}
