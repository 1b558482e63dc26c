import { lstat, unlink } from 'node:fs/promises'
import { readRecordHeader, type DownloadIdentity } from './download-record.ts'
import { ownerState } from './file-owner.ts'
import { PartialFile } from './partial-file.ts'
import { foundPartials } from './partial-name.ts'

/** Partial files of other hosts that nobody touched for so long are of no use to anybody. */
const staleMs = 24 * 60 * 60 * 1000

const identityFields = ['bucket', 'object', 'etag', 'versionId', 'sizeBytes', 'partBytes'] as const

/** A partial file of the same download that somebody left behind; taken over by this process. */
export async function adoptPartial(
  path: string,
  identity: DownloadIdentity,
): Promise<PartialFile | undefined> {
  for (const { name, owner } of await foundPartials(path)) {
    if (ownerState(owner) !== 'gone') continue
    const file = await PartialFile.adopt(path, name)
    if (!file) continue
    const header = await readRecordHeader(file.handle).catch(() => undefined)
    if (header && identityFields.every((field) => header[field] === identity[field])) return file
    // It is of another object or state, and has no other use.
    await file.discard()
  }
  return undefined
}

/** Removes what nobody works on any more. */
export async function removeStalePartials(path: string, nowMs: number): Promise<void> {
  for (const { name, owner } of await foundPartials(path)) {
    const state = ownerState(owner)
    try {
      const isStale = state === 'unknown' && nowMs - (await lstat(name)).mtimeMs > staleMs
      if (state === 'gone' || isStale) await unlink(name)
    } catch {
      // Somebody else was faster, or it is no file.
    }
  }
}
