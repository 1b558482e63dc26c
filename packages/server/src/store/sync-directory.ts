import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** Makes new names in a directory survive a loss of power. Windows has no such call. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(directory, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
