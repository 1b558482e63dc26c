import { constants, type Stats } from 'node:fs'
import { lstat, open, rename, stat, unlink, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { freePartialName, ourPartialName } from './partial-name.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants

/**
 * A file that comes into being beside its place, and takes it in one step when it is whole.
 * It is opened exclusively under a random name: nothing planted there is followed or used.
 */
export class PartialFile {
  readonly handle: FileHandle
  readonly #path: string
  readonly #name: string
  #settled = false
  #resumable = true

  private constructor(path: string, name: string, handle: FileHandle) {
    this.#path = path
    this.#name = name
    this.handle = handle
  }

  static async create(path: string): Promise<PartialFile> {
    const name = ourPartialName(path)
    const replaced = await stat(path).catch(() => undefined)
    // The mode that the file will have; the system takes the umask off it.
    const mode = replaced === undefined ? 0o666 : replaced.mode & 0o777
    const handle = await open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
    return new PartialFile(path, name, handle)
  }

  /**
   * Takes over what another process left behind, by a new name: of several that try, one wins.
   *
   * @param found its name now
   * @returns undefined when somebody was faster, or it is nothing that this user wrote
   */
  static async adopt(path: string, found: string): Promise<PartialFile | undefined> {
    const name = ourPartialName(path)
    let handle: FileHandle | undefined
    try {
      if (!isOurs(await lstat(found))) return undefined
      await rename(found, name)
      handle = await open(name, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
      if (isOurs(await handle.stat())) return new PartialFile(path, name, handle)
    } catch {
      // Whatever it is, a new file will do as well.
    }
    await handle?.close()
    return undefined
  }

  /** Puts the whole file into its place, as safe as the disk can make it. */
  async commit(sizeBytes: number): Promise<void> {
    // Without its record nobody can go on with it.
    this.#resumable = false
    await this.handle.truncate(sizeBytes)
    await this.handle.sync()
    await this.handle.close()
    await rename(this.#name, this.#path)
    this.#settled = true
    await syncFolder(dirname(this.#path))
  }

  /** Leaves the file for a later `adopt`, where it is good for that. */
  async keep(): Promise<void> {
    if (!this.#resumable) return this.discard()
    this.#settled = true
    await this.handle.close()
    await rename(this.#name, freePartialName(this.#path)).catch(() => {})
  }

  /** Removes it, unless it was committed or kept. */
  async discard(): Promise<void> {
    if (this.#settled) return
    this.#settled = true
    await this.handle.close().catch(() => {})
    await unlink(this.#name).catch(() => {})
  }
}

/** Others may plant links and files of their own; a FIFO would even hang whoever opens it. */
function isOurs(stats: Stats): boolean {
  return stats.isFile() && stats.nlink === 1 && stats.uid === (process.geteuid?.() ?? stats.uid)
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
