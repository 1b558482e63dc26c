/** How far a query has come, in bytes; undefined where the store does not count. */
export interface SelectCounts {
  /** Bytes read of the object as it is stored. */
  readonly bytesScanned: number | undefined
  /** The same after decompression. */
  readonly bytesProcessed: number | undefined
  /** Bytes of records sent. */
  readonly bytesReturned: number | undefined
}

/**
 * Reads the payload of a Progress or Stats message. It is not read as XML, for MinIO's is none:
 * it closes `<Progress>` with `</Stats>`, and counts -1 bytes where it does not count (Parquet).
 * The figures inform; the records do not depend on them.
 */
export function readSelectCounts(payload: Uint8Array): SelectCounts {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8')
  return {
    bytesScanned: countIn(text, scannedPattern),
    bytesProcessed: countIn(text, processedPattern),
    bytesReturned: countIn(text, returnedPattern),
  }
}

const scannedPattern = /BytesScanned>\s*([0-9]{1,15})\s*</
const processedPattern = /BytesProcessed>\s*([0-9]{1,15})\s*</
const returnedPattern = /BytesReturned>\s*([0-9]{1,15})\s*</

function countIn(text: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
