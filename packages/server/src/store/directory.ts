import { lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { DamagedDirectoryError } from './damage.ts'
import { syncDirectory } from './sync-directory.ts'

/** Says whose directory this is, and in which format. */
const markerName = 'stowage-server.json'
const unfinishedName = `${markerName}.new`
const marker = { format: 'stowage-server', version: 2 } as const

/** The files of LevelDB. */
export const recordsDirectory = 'records'
export const blobsDirectory = 'blobs'

/**
 * `new` until the records have been made once. From then on a file of them that is missing counts
 * as damage, and nothing is made again in its place.
 */
type State = 'new' | 'ready'

/**
 * Makes sure that a directory belongs to the server: it is new, empty, or one that this version
 * made. Anything else is left alone, so that a wrong path never mixes objects into another's files.
 * @returns `new` when the records have to be made, followed by `finishDirectory`
 * @throws Error
 */
export async function claimDirectory(directory: string): Promise<State> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const names = await readdir(directory)
  const isEmpty = names.every((name) => name === unfinishedName)
  if (!isEmpty && !names.includes(markerName)) {
    throw new Error(`the directory ${directory} is not empty and not one of this server`)
  }
  if (isEmpty) await writeMarker(directory, 'new')
  const state = await readMarker(directory)
  if (state === 'new') await rm(join(directory, recordsDirectory), { recursive: true, force: true })
  for (const name of [recordsDirectory, blobsDirectory]) {
    await makeOwnDirectory(join(directory, name))
  }
  return state
}

/** Says that the records are there. */
export async function finishDirectory(directory: string): Promise<void> {
  await writeMarker(directory, 'ready')
}

async function readMarker(directory: string): Promise<State> {
  const found = parseMarker(await readFile(join(directory, markerName), 'utf8'))
  if (found?.format !== marker.format) {
    throw new Error(`the directory ${directory} is not one of this server`)
  }
  if (found.version !== marker.version) {
    throw new Error(
      `the directory ${directory} has format ${String(found.version)}, not ${marker.version}`,
    )
  }
  if (found.state !== 'new' && found.state !== 'ready') {
    throw new DamagedDirectoryError(directory, [
      { file: markerName, problem: 'it does not say whether the records have been made' },
    ])
  }
  return found.state
}

interface Marker {
  readonly format?: unknown
  readonly version?: unknown
  readonly state?: unknown
}

function parseMarker(text: string): Marker | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Written beside and renamed, so that a crash leaves either the earlier marker or a whole one. */
async function writeMarker(directory: string, state: State): Promise<void> {
  const unfinished = join(directory, unfinishedName)
  await rm(unfinished, { force: true })
  const handle = await open(unfinished, 'wx', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify({ ...marker, state })}\n`)
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
