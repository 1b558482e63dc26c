import type { FileHandle } from 'node:fs/promises'

/** So many bytes are read at once: a stretch may be larger than any buffer. */
const bufferBytes = 1024 * 1024

/**
 * Reads a stretch of a file.
 *
 * @param onChunk sees each piece, in order; it changes with the next one
 * @returns whether all of it is there
 * @throws the reason of the signal
 */
export async function readStretch(
  file: FileHandle,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
  onChunk: (chunk: Uint8Array) => void,
): Promise<boolean> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(bufferBytes, length))
  for (let done = 0; done < length;) {
    signal?.throwIfAborted()
    const wanted = Math.min(buffer.length, length - done)
    const { bytesRead } = await file.read(buffer, 0, wanted, offset + done)
    if (bytesRead === 0) return false
    onChunk(buffer.subarray(0, bytesRead))
    done += bytesRead
  }
  return true
}
