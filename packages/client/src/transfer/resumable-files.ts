import { constants } from 'node:fs'
import { open, readdir, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readRecordHeader, type DownloadIdentity } from './download-record.ts'
import { isPartialNameOf, PartialFile } from './partial-file.ts'

/** Partial files that nobody touched for so long are of no use to anybody. */
const staleMs = 24 * 60 * 60 * 1000

const identityFields = ['bucket', 'object', 'etag', 'versionId', 'sizeBytes', 'partBytes'] as const

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function isResumable(name: string, identity: DownloadIdentity): Promise<boolean> {
  const file = await open(name, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const header = await readRecordHeader(file)
    if (!header || isAlive(header.processId)) return false
    return identityFields.every((field) => header[field] === identity[field])
  } finally {
    await file.close()
  }
}

async function partialNames(path: string): Promise<string[]> {
  const folder = dirname(path)
  const names = await readdir(folder)
  return names.filter((name) => isPartialNameOf(path, name)).map((name) => join(folder, name))
}

/** A partial file of the same download that its process left behind; taken over by this one. */
export async function adoptPartial(
  path: string,
  identity: DownloadIdentity,
): Promise<PartialFile | undefined> {
  for (const name of await partialNames(path)) {
    if (!(await isResumable(name, identity).catch(() => false))) continue
    const adopted = await PartialFile.adopt(path, name)
    if (adopted) return adopted
  }
  return undefined
}

/** Removes what killed downloads to this path left behind long ago. */
export async function removeStalePartials(path: string, nowMs: number): Promise<void> {
  for (const name of await partialNames(path)) {
    try {
      const { mtimeMs } = await stat(name)
      if (nowMs - mtimeMs > staleMs) await unlink(name)
    } catch {
      // Somebody else was faster.
    }
  }
}
