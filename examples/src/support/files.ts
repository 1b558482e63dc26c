import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

/** A file on disk and the object that it becomes. */
export interface LocalFile {
  readonly path: string
  /** The path below the folder, with `/` on every system. */
  readonly key: string
  readonly sizeBytes: number
}

/** Every file below a folder, in the order of the keys, without what tools have put there. */
export async function filesBelow(
  folder: string,
  skip: ReadonlySet<string> = new Set(['node_modules', 'dist']),
): Promise<LocalFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
  const files: LocalFile[] = []
  for (const file of paths) {
    const segments = path.relative(folder, file).split(path.sep)
    if (segments.some((segment) => skip.has(segment))) continue
    files.push({ path: file, key: segments.join('/'), sizeBytes: (await stat(file)).size })
  }
  return files.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

/** SHA-256 of a file's content, in hexadecimal. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** Sum of the sizes. */
export function totalBytes(files: readonly { readonly sizeBytes: number }[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/** A new folder, which is removed with all that is in it at the end of an `await using`. */
export async function temporaryFolder(
  prefix: string,
): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), prefix))
  return {
    path: folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
