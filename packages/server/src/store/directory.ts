import { join } from 'node:path'

import { DamagedDirectoryError } from './damage.ts'
import { errorCode, placeFile, readSmallFile, type FileSystem } from './file-system.ts'

/** Says whose directory this is, and in which format. */
const markerName = 'stowage-server.json'
const unfinishedName = `${markerName}.new`
/** Version 2: blobs have a footer that tells of damage, and commits have numbers. */
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
export async function claimDirectory(directory: string, files: FileSystem): Promise<State> {
  await files.makeDirectory(directory, { recursive: true })
  const names = await files.list(directory)
  const isEmpty = names.every((name) => name === unfinishedName)
  if (!isEmpty && !names.includes(markerName)) {
    throw new Error(`the directory ${directory} is not empty and not one of this server`)
  }
  if (isEmpty) await writeMarker(directory, files, 'new')
  const state = await readMarker(directory, files)
  for (const name of [recordsDirectory, blobsDirectory]) {
    await makeOwnDirectory(join(directory, name), files)
  }
  return state
}

/** Says that the records are there. */
export async function finishDirectory(directory: string, files: FileSystem): Promise<void> {
  await writeMarker(directory, files, 'ready')
}

async function readMarker(directory: string, files: FileSystem): Promise<State> {
  const found = parseMarker((await readSmallFile(files, join(directory, markerName))).toString())
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

/** A crash leaves either the earlier marker or a whole one. */
function writeMarker(directory: string, files: FileSystem, state: State): Promise<void> {
  return placeFile(files, directory, markerName, `${JSON.stringify({ ...marker, state })}\n`)
}

/** A link in place of the directory could lead anywhere. */
async function makeOwnDirectory(path: string, files: FileSystem): Promise<void> {
  await files.makeDirectory(path, { recursive: false }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error
  })
  if (!(await files.isDirectory(path))) throw new Error(`${path} is not a directory`)
}
