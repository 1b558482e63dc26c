import { S3Failure } from '../failure.ts'
import type { BlobDescription, BlobWriter } from '../store/blobs.ts'
import type { ObjectContent } from '../store/objects.ts'

export interface BlobSteps<Facts, Result> {
  /** Writes all bytes; what it returns is handed to the steps that follow. */
  readonly fill: () => Promise<Facts>
  /** What is kept beside the bytes. */
  readonly describe: (facts: Facts) => BlobDescription
  /** Makes a record name the bytes. */
  readonly commit: (facts: Facts, content: ObjectContent) => Promise<Result>
}

/** Fills a blob and commits a record that names it; on the way out of a failure the blob goes. */
export async function storeBlob<Facts, Result>(
  writer: BlobWriter,
  { fill, describe, commit }: BlobSteps<Facts, Result>,
): Promise<Result> {
  let committing = false
  try {
    const facts = await fill()
    const { segment, writes } = await writer.finish(describe(facts))
    committing = true
    return await commit(facts, { segments: [segment], writes })
  } catch (error) {
    if (!committing || isRefusal(error)) await writer.discard()
    throw error
  }
}

/**
 * Whether nothing of a commit has been written. After any other failure the record may yet be on
 * the disk; the next start knows, and whether its bytes are still wanted.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof S3Failure
}
