import type { DirectoryDamage } from '../damage.ts'

/** An object, a version or a part of an upload. */
export interface RepairedItem {
  /** Undefined for a part whose upload is not known. */
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  /** Of a version that is not `null`. */
  readonly versionId?: string | undefined
  /** Of a part. */
  readonly uploadId?: string | undefined
  readonly partNumber?: number | undefined
}

/** What a repair has done. */
export interface RepairReport {
  /** What was wrong. */
  readonly damage: readonly DirectoryDamage[]
  /** How many records were intact. */
  readonly records: number
  /** What was lost: records whose bytes are gone. A lost record cannot be listed by name. */
  readonly lost: readonly RepairedItem[]
  /** What had no record and was rebuilt from what its bytes say of themselves. */
  readonly rebuilt: readonly RepairedItem[]
  /** Buckets that had no record; they have no configuration. */
  readonly buckets: readonly string[]
  /** Where the damaged records are kept. Undefined when they were missing. */
  readonly damagedRecords: string | undefined
}
