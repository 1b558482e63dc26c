import type { FileHandle } from 'node:fs/promises'
import type { ObjectReader } from '../results/object-reader.ts'

/** So many bytes go to the disk in one call. */
const batchBytes = 1024 * 1024

/**
 * Writes a body to a file at a position: in large batches, without copies, and while one is
 * being written the next one arrives.
 *
 * @param onChunk sees each piece, in order
 * @returns the number of bytes
 */
export async function writeRange(
  file: FileHandle,
  offset: number,
  reader: ObjectReader,
  onChunk: (chunk: Uint8Array) => void,
): Promise<number> {
  let position = offset
  let batch: Uint8Array[] = []
  let gathered = 0
  let writing: Promise<void> = Promise.resolve()
  try {
    for (;;) {
      const chunk = await reader.read()
      if (chunk) {
        onChunk(chunk)
        batch.push(chunk)
        gathered += chunk.length
        if (gathered < batchBytes) continue
      }
      await writing
      if (gathered > 0) writing = writeAll(file, batch, gathered, position)
      // It is awaited before the next one; until then nobody may be there to hear of a failure.
      writing.catch(() => {})
      position += gathered
      if (!chunk) break
      batch = []
      gathered = 0
    }
    await writing
    return position - offset
  } finally {
    reader.cancel()
    await writing.catch(() => {})
  }
}

/** `writev` may write less than it was given; the rest follows. */
async function writeAll(
  file: FileHandle,
  chunks: readonly Uint8Array[],
  bytes: number,
  position: number,
): Promise<void> {
  const { bytesWritten } = await file.writev(chunks, position)
  if (bytesWritten === bytes) return
  const rest = Buffer.concat(chunks).subarray(bytesWritten)
  let done = 0
  while (done < rest.length) {
    const at = position + bytesWritten + done
    done += (await file.write(rest, done, rest.length - done, at)).bytesWritten
  }
}
