import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

import { startServer } from '@stowage/server'
import { RawClient } from '../../../packages/server/test/support/raw-client.ts'
import { openStore, snapshotOf, type Snapshot } from './snapshot.ts'

/** The files of a data directory, by their paths in it. */
export type Files = ReadonlyMap<string, Buffer>

/** A data directory in one state. */
export interface Template {
  readonly name: string
  readonly files: Files
  readonly holds: Snapshot
}

export interface Templates {
  readonly all: readonly Template[]
  /** Every digest of bytes that a key has ever had, as `bucket/key digest`. */
  readonly ever: ReadonlySet<string>
}

/** A file system in memory, where there is one: thousands of directories are made. */
const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Makes a folder for directories. The one who asks for it removes it. */
export function makeFolder(): string {
  return mkdtempSync(join(parent, 'stowage-decay-'))
}

/** Makes a directory with all kinds of records, and keeps it in several states. */
export async function makeTemplates(): Promise<Templates> {
  const folder = makeFolder()
  const builder = new Builder(folder)
  try {
    await builder.run()
    return builder
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const plain = 'plain'
const versioned = 'versioned'
const sealed = { 'x-amz-server-side-encryption': 'AES256' }
/** More starts than LevelDB keeps tables before it compacts them. */
const laterStarts = 6

class Builder implements Templates {
  readonly all: Template[] = []
  readonly ever = new Set<string>()
  readonly #folder: string
  readonly #directory: string

  constructor(folder: string) {
    this.#folder = folder
    this.#directory = join(folder, 'data')
  }

  async run(): Promise<void> {
    await this.#serve(firstObjects)
    await this.#keep('closed after its first start')
    await this.#serve(async (client) => {
      await moreObjects(client)
      await this.#keep('killed while it was open')
    })
    for (let start = 0; start < laterStarts; start += 1) {
      await this.#serve((client) => laterObjects(client, start))
      await this.#remember(filesBelow(this.#directory))
    }
    await this.#keep('closed after compactions')
    await this.#serve(async () => undefined)
    await this.#keep('closed without a write')
  }

  async #serve(task: (client: RawClient) => Promise<void>): Promise<void> {
    const server = await startServer({ directory: this.#directory, durability: 'flush' })
    const client = new RawClient(server)
    try {
      await task(client)
    } finally {
      client.close()
      await server.close()
    }
  }

  async #keep(name: string): Promise<void> {
    const files = filesBelow(this.#directory)
    this.all.push({ name, files, holds: await this.#remember(files) })
  }

  async #remember(files: Files): Promise<Snapshot> {
    const copy = join(this.#folder, 'copy')
    writeFiles(copy, files)
    const store = await openStore(copy, false)
    const holds = await snapshotOf(store)
    await store.close()
    rmSync(copy, { recursive: true })
    for (const [name, { bytes }] of holds.entries) this.ever.add(`${pathIn(name)} ${bytes}`)
    return holds
  }
}

/** Bucket and key in the name of an entry. */
export function pathIn(name: string): string {
  return name.slice(name.indexOf(' ') + 1).split('#')[0] ?? ''
}

/** Writes files into a new directory. */
export function writeFiles(directory: string, files: Files): void {
  const made = new Set<string>()
  for (const [name, bytes] of files) {
    const path = join(directory, name)
    const folder = dirname(path)
    if (!made.has(folder)) mkdirSync(folder, { recursive: true })
    made.add(folder)
    writeFileSync(path, bytes)
  }
}

function filesBelow(directory: string): Files {
  const files = new Map<string, Buffer>()
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, entry)
    // Neither says anything of what is stored.
    const isOther = entry === 'reserve' || /records\/LO/.test(entry)
    if (!isOther && statSync(path).isFile())
      files.set(relative(directory, path), readFileSync(path))
  }
  return files
}

function text(seed: string, length: number): Buffer {
  return Buffer.alloc(length, `${seed} `)
}

async function firstObjects(client: RawClient): Promise<void> {
  await client.makeBucket(plain)
  await client.makeBucket(versioned)
  const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
  await client.send({ method: 'PUT', bucket: versioned, query: { versioning: '' }, body })
  await client.put(plain, 'small', 'small', { 'x-amz-meta-a': 'b' })
  await client.put(plain, 'large', text('large', 70_000))
  await client.put(plain, 'gone', text('gone', 6000))
  await client.put(versioned, 'key', 'first')
  await client.put(versioned, 'key', text('second', 5000))
}

async function moreObjects(client: RawClient): Promise<void> {
  await client.put(plain, 'small', 'another small one')
  await client.put(plain, 'sealed', text('sealed', 9000), sealed)
  await client.put(plain, 'sealed-small', 'sealed and small', sealed)
  await client.send({ method: 'DELETE', bucket: plain, key: 'gone' })
  await client.send({ method: 'DELETE', bucket: versioned, key: 'key' })
  await client.put(versioned, 'other', text('other', 4500))
  const begun = await client.send({
    method: 'POST',
    bucket: plain,
    key: 'parts',
    query: { uploads: '' },
  })
  const uploadId = /<UploadId>([^<]*)</.exec(begun.text)?.[1] ?? ''
  for (const [partNumber, length] of Object.entries({ 1: 5000, 2: 100 })) {
    const query = { uploadId, partNumber }
    const body = text(`part ${partNumber}`, length)
    await client.send({ method: 'PUT', bucket: plain, key: 'parts', query, body })
  }
}

async function laterObjects(client: RawClient, start: number): Promise<void> {
  await client.put(plain, `later-${start}`, `later ${start}`)
  await client.put(plain, 'small', `small of start ${start}`)
  await client.put(versioned, 'key', text(`start ${start}`, 4200))
}
