import { lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { syncDirectory } from './sync-directory.ts'

/** Says whose directory this is, and in which format. */
const markerName = 'stowage-server.json'
const unfinishedName = `${markerName}.new`
const marker = { format: 'stowage-server', version: 1 } as const

/**
 * Makes sure that a directory belongs to the server: it is new, empty, or one that this version
 * made. Anything else is left alone, so that a wrong path never mixes objects into somebody's files.
 * @throws Error
 */
export async function claimDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const names = await readdir(directory)
  if (names.includes(markerName)) await checkMarker(directory)
  else if (names.every((name) => name === unfinishedName)) await writeMarker(directory)
  else throw new Error(`the directory ${directory} is not empty and not one of this server`)
  for (const name of ['records', 'blobs']) await makeOwnDirectory(join(directory, name))
}

async function checkMarker(directory: string): Promise<void> {
  const found = parseMarker(await readFile(join(directory, markerName), 'utf8'))
  if (found?.format !== marker.format) {
    throw new Error(`the directory ${directory} is not one of this server`)
  }
  if (found.version !== marker.version) {
    throw new Error(
      `the directory ${directory} has format ${String(found.version)}, not ${marker.version}`,
    )
  }
}

function parseMarker(text: string): { format?: unknown; version?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Written beside and renamed, so that a crash leaves either no marker or a whole one. */
async function writeMarker(directory: string): Promise<void> {
  const unfinished = join(directory, unfinishedName)
  await rm(unfinished, { force: true })
  const handle = await open(unfinished, 'wx', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(marker)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(unfinished, join(directory, markerName))
  await syncDirectory(directory)
}

/** A link in place of the directory could lead anywhere. */
async function makeOwnDirectory(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EEXIST') throw error
  })
  if (!(await lstat(path)).isDirectory()) throw new Error(`${path} is not a directory`)
}
