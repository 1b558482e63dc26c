import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { open, rename, unlink, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Room that a name keeps for the object's own; file systems take 255 bytes. */
const maxBaseBytes = 180
const nameEnding = '.stowage-part'

/** Begins the names of all partial files for one path. */
function namePrefix(path: string): string {
  const base = Buffer.from(basename(path)).subarray(0, maxBaseBytes).toString('latin1')
  return `.${base.replace(/[^\x20-\x7e]/g, '_')}.`
}

/** A new name that nobody can guess, beside the file that is to be made. */
function partialName(path: string): string {
  const name = `${namePrefix(path)}${randomBytes(16).toString('hex')}${nameEnding}`
  return join(dirname(path), name)
}

/** Whether a name is that of a partial file for this path. */
export function isPartialNameOf(path: string, name: string): boolean {
  const prefix = namePrefix(path)
  if (!name.startsWith(prefix) || !name.endsWith(nameEnding)) return false
  return /^[0-9a-f]{32}$/.test(name.slice(prefix.length, -nameEnding.length))
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants

/**
 * A file that comes into being beside its place, and takes it in one step when it is whole.
 * It is opened exclusively under a random name: nothing planted there is followed or used.
 */
export class PartialFile {
  readonly handle: FileHandle
  readonly #path: string
  #name: string
  #settled = false

  private constructor(path: string, name: string, handle: FileHandle) {
    this.#path = path
    this.#name = name
    this.handle = handle
  }

  static async create(path: string): Promise<PartialFile> {
    const name = partialName(path)
    // The mode that the file will have; the system takes the umask off it.
    const handle = await open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666)
    return new PartialFile(path, name, handle)
  }

  /**
   * Takes over what another process left behind, by a new name: of several that try, one wins.
   * @param found its name now
   * @returns undefined when somebody was faster
   */
  static async adopt(path: string, found: string): Promise<PartialFile | undefined> {
    const name = partialName(path)
    try {
      await rename(found, name)
      return new PartialFile(path, name, await open(name, O_RDWR | O_NOFOLLOW))
    } catch {
      return undefined
    }
  }

  /** Puts the whole file into its place, as safe as the disk can make it. */
  async commit(sizeBytes: number): Promise<void> {
    await this.handle.truncate(sizeBytes)
    await this.handle.sync()
    await this.handle.close()
    await rename(this.#name, this.#path)
    this.#settled = true
    await syncFolder(dirname(this.#path))
  }

  /** Closes the file and leaves it for a later `adopt`. */
  async keep(): Promise<void> {
    this.#settled = true
    await this.handle.close()
  }

  /** Removes it, unless it was committed or kept. */
  async discard(): Promise<void> {
    if (this.#settled) return
    this.#settled = true
    await this.handle.close().catch(() => {})
    await unlink(this.#name).catch(() => {})
  }
}

/** Makes a rename durable. Windows cannot sync folders, and orders renames itself. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(folder, 'r')
    await handle.sync()
  } catch {
    // The file is in its place; only a loss of power right now could undo that.
  } finally {
    await handle?.close()
  }
}
