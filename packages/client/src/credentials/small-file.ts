import { open, type FileHandle } from 'node:fs/promises'
import { TextDecoder } from 'node:util'
import { CredentialsError, type CredentialsSource } from '../errors.ts'

/** A file of text. */
export interface SmallFile {
  /** Without a byte order mark. */
  readonly text: string
  /** The file's permissions. */
  readonly mode: number
}

const chunkBytes = 16 * 1024

/**
 * Reads a file of UTF-8 text of bounded size; undefined when there is none.
 *
 * @throws CredentialsError when it cannot be read, is too large or is no text
 */
export async function readSmallFile(
  path: string,
  maxBytes: number,
  source: CredentialsSource,
): Promise<SmallFile | undefined> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new CredentialsError(source, `${path} cannot be opened`, { cause: error })
  }
  try {
    const { mode } = await file.stat()
    const bytes = await readUpTo(file, maxBytes)
    if (bytes.length > maxBytes) {
      throw new CredentialsError(source, `${path} is larger than ${maxBytes} bytes`)
    }
    return { text: textOf(bytes, path, source), mode }
  } catch (error) {
    if (error instanceof CredentialsError) throw error
    throw new CredentialsError(source, `${path} cannot be read`, { cause: error })
  } finally {
    await file.close()
  }
}

function isMissing(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** What a file says of its size need not be true: `/proc` and pipes say 0. */
async function readUpTo(file: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  while (length <= maxBytes) {
    const chunk = new Uint8Array(chunkBytes)
    const { bytesRead } = await file.read(chunk)
    if (bytesRead === 0) break
    chunks.push(chunk.subarray(0, bytesRead))
    length += bytesRead
  }
  return Buffer.concat(chunks)
}

function textOf(bytes: Uint8Array, path: string, source: CredentialsSource): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch {
    // The decoder's message says no more than the one below.
  }
  throw new CredentialsError(source, `${path} is no UTF-8 text`)
}
