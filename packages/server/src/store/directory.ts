import { join } from 'node:path'

import { errorCode, placeFile, readSmallFile, type FileSystem } from './file-system.ts'

/** Says whose directory this is, and in which format. */
const markerName = 'stowage-server.json'
const unfinishedName = `${markerName}.new`
/** Version 2: blobs have a footer that tells of damage. */
const marker = { format: 'stowage-server', version: 2 } as const

/**
 * Makes sure that a directory belongs to the server: it is new, empty, or one that this version
 * made. Anything else is left alone, so that a wrong path never mixes objects into somebody's files.
 * @throws Error
 */
export async function claimDirectory(directory: string, files: FileSystem): Promise<void> {
  await files.makeDirectory(directory, { recursive: true })
  const names = await files.list(directory)
  if (names.includes(markerName)) await checkMarker(directory, files)
  else if (names.every((name) => name === unfinishedName)) {
    await placeFile(files, directory, markerName, `${JSON.stringify(marker)}\n`)
  } else throw new Error(`the directory ${directory} is not empty and not one of this server`)
  for (const name of ['records', 'blobs']) await makeOwnDirectory(join(directory, name), files)
}

async function checkMarker(directory: string, files: FileSystem): Promise<void> {
  const found = parseMarker((await readSmallFile(files, join(directory, markerName))).toString())
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

/** A link in place of the directory could lead anywhere. */
async function makeOwnDirectory(path: string, files: FileSystem): Promise<void> {
  await files.makeDirectory(path, { recursive: false }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error
  })
  if (!(await files.isDirectory(path))) throw new Error(`${path} is not a directory`)
}
