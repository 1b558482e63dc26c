import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { nobodyTag, ourTag, ownerPattern } from './file-owner.ts'

/** Room for the object's own name; file systems take 255 bytes for a whole one. */
const maxBaseBytes = 120
const nameEnding = '.stowage-part'
const nameRest = new RegExp(`^(${ownerPattern})\\.[0-9a-f]{32}\\${nameEnding}$`)

/** Begins the names of all partial files for one path. */
function namePrefix(path: string): string {
  const name = Buffer.from(basename(path))
  const readable = name.subarray(0, maxBaseBytes).toString('latin1')
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `.${readable.replace(/[^\x20-\x7e]/g, '_')}.${hash}.`
}

function partialName(path: string, owner: string): string {
  const name = `${namePrefix(path)}${owner}.${randomBytes(16).toString('hex')}${nameEnding}`
  return join(dirname(path), name)
}

/** A new name, which nobody can guess, for a file that this process works on. */
export function ourPartialName(path: string): string {
  return partialName(path, ourTag())
}

/** A new name for a file that anybody may go on with. */
export function freePartialName(path: string): string {
  return partialName(path, nobodyTag)
}

/** A file that goes by the name of a partial file; it may be anything. */
export interface FoundPartial {
  readonly name: string
  readonly owner: string
}

/** All partial files for a path. */
export async function foundPartials(path: string): Promise<FoundPartial[]> {
  const folder = dirname(path)
  const prefix = namePrefix(path)
  const found: FoundPartial[] = []
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue
    const owner = nameRest.exec(name.slice(prefix.length))?.[1]
    if (owner !== undefined) found.push({ name: join(folder, name), owner })
  }
  return found
}
