import { S3Failure } from '../failure.ts'
import type { BlobWriter } from '../store/blobs.ts'
import type { ObjectContent } from '../store/objects.ts'

/**
 * Fills a blob and commits a record that names it; on the way out of a failure the blob goes.
 * @param fill writes all bytes; what it returns is handed to `commit`
 */
export async function storeBlob<Facts, Result>(
  writer: BlobWriter,
  fill: () => Promise<Facts>,
  commit: (facts: Facts, content: ObjectContent) => Promise<Result>,
): Promise<Result> {
  let committing = false
  try {
    const facts = await fill()
    const { segment, writes } = await writer.finish()
    committing = true
    return await commit(facts, { segments: [segment], writes })
  } catch (error) {
    // When a commit fails for another reason than a refusal, the record may yet be on the disk;
    // the next start knows, and sweeps the blob if not.
    if (!committing || error instanceof S3Failure) await writer.discard()
    throw error
  }
}
