import { join } from 'node:path'
import { crc32 } from 'node:zlib'

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
/** See `Witness`. */
export const witnessName = 'witness'

/**
 * `new` until the records have been made once. From then on a file of them that is missing counts
 * as damage, and nothing is made again in its place.
 */
type State = 'new' | 'ready'

/**
 * Makes sure that a directory belongs to the server: it is new, empty, or one that this version
 * made. Anything else is left alone, so that a wrong path never mixes objects into another's files.
 * @param repair whether to write a marker that is damaged or missing again
 * @returns `new` when the records have to be made, followed by `finishDirectory`
 * @throws DamagedDirectoryError, Error
 */
export async function claimDirectory(
  directory: string,
  files: FileSystem,
  repair: boolean,
): Promise<State> {
  await files.makeDirectory(directory, { recursive: true })
  const names = await files.list(directory)
  const isEmpty = names.every((name) => name === unfinishedName)
  if (isEmpty) await writeMarker(directory, files, 'new')
  else if (!names.includes(markerName) && !looksOwn(names)) {
    throw new Error(`the directory ${directory} is not empty and not one of this server`)
  }
  const state = await readMarker(directory, files)
  if (state === 'damaged') {
    if (!repair) throw new DamagedDirectoryError(directory, [markerDamage])
    await writeMarker(directory, files, 'ready')
  }
  for (const name of [recordsDirectory, blobsDirectory]) {
    await makeOwnDirectory(join(directory, name), files)
  }
  return state === 'new' ? 'new' : 'ready'
}

/** Whether nothing but the marker is missing. */
function looksOwn(names: readonly string[]): boolean {
  return [recordsDirectory, blobsDirectory, witnessName].every((name) => names.includes(name))
}

const markerDamage = { file: markerName, problem: 'it is not what was written' } as const

/** Says that the records are there. */
export async function finishDirectory(directory: string, files: FileSystem): Promise<void> {
  await writeMarker(directory, files, 'ready')
}

async function readMarker(directory: string, files: FileSystem): Promise<State | 'damaged'> {
  const text = await readMarkerText(directory, files)
  const state = (['new', 'ready'] as const).find((known) => text === markerText(known))
  if (state !== undefined) return state
  const { format, version, checksum, state: unknownState } = parseMarker(text) ?? {}
  const isIntact = checksum === checksumOf(version, unknownState)
  // The first version had no checksum.
  const isOther = version === 1 ? checksum === undefined : version !== marker.version && isIntact
  if (format === marker.format && isOther) {
    throw new Error(
      `the directory ${directory} has format ${String(version)}, not ${marker.version}`,
    )
  }
  return 'damaged'
}

async function readMarkerText(directory: string, files: FileSystem): Promise<string> {
  try {
    return (await readSmallFile(files, join(directory, markerName))).toString()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return ''
    throw error
  }
}

function markerText(state: State): string {
  const checksum = checksumOf(marker.version, state)
  return `${JSON.stringify({ ...marker, state, checksum })}\n`
}

function checksumOf(version: unknown, state: unknown): number {
  return crc32(JSON.stringify([marker.format, version, state]))
}

interface Marker {
  readonly format?: unknown
  readonly version?: unknown
  readonly state?: unknown
  readonly checksum?: unknown
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
  return placeFile(files, directory, markerName, markerText(state))
}

/** A link in place of the directory could lead anywhere. */
async function makeOwnDirectory(path: string, files: FileSystem): Promise<void> {
  await files.makeDirectory(path, { recursive: false }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error
  })
  if (!(await files.isDirectory(path))) throw new Error(`${path} is not a directory`)
}
