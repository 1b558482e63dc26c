import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'

import { describeWithVectors } from '../support/vectors.ts'
import type { PlainClient } from './support/driver.ts'
import { foreignPrograms } from './support/drivers.ts'
import { describeClients } from './support/meeting-place.ts'

interface HostileKeys {
  readonly keys: readonly { readonly key: string | null }[]
}

/** What a program itself changes on the way up; awscli 2.9, mc 2025-04, s3cmd 2.3. */
const changedBy: Readonly<Record<string, readonly string[]>> = {
  s3cmd: ['a\tb', 'a\nb', 'a\rb', 'a\u0001b', 'a\u007fb'],
}

/**
 * What it cannot name: it asks for listings in plain XML 1.0, which cannot hold all keys, reads an
 * address up to the line feed, and removes with a carriage return in XML as it is, which any reader
 * of XML takes for a line feed.
 */
const beyond: Readonly<Record<string, readonly string[]>> = {
  s3cmd: ['a\u0001b', '\ufffe', 'a\nb', 'a\rb'],
}

type Files = ReadonlyMap<string, string>

/** Whether a key can be the path of a file below a folder. */
function isPath(key: string): boolean {
  const segments = key.split('/')
  return (
    !key.includes('\0') &&
    segments.every((name) => !['', '.', '..'].includes(name) && Buffer.byteLength(name) < 256)
  )
}

/** Each key below a folder of its own, so that none is the folder of another. */
function filesFor(keys: readonly (string | null)[]): Files {
  const paths = keys.filter((key) => key !== null).filter(isPath)
  return new Map(paths.map((key, index) => [`n${index}/${key}`, `body of ${key}`]))
}

async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

async function readFiles(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const files = new Map<string, string>()
  for (const path of paths) files.set(relative(folder, path), await readFile(path, 'utf8'))
  return files
}

async function readObjects(witness: PlainClient, bucket: string): Promise<Files> {
  const objects = new Map<string, string>()
  for (const key of (await witness.list(bucket)).keys) {
    objects.set(key, String(await witness.get(bucket, key)))
  }
  return objects
}

/** Paths that did not come across as they were, without the numbers before them. */
function lost(sent: Files, came: Files): string[] {
  return [...sent]
    .filter(([path, text]) => came.get(path) !== text)
    .map(([path]) => path.slice(path.indexOf('/') + 1))
}

async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-interop-tree-'))
  try {
    return await body(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describeWithVectors<HostileKeys>('trees of hostile names', 'own/hostile-keys.json', ({ keys }) => {
  const files = filesFor(keys.map(({ key }) => key))

  describeClients('trees', foreignPrograms, (meeting) => {
    it('uploads a folder', async () => {
      const { client, witness, newBucket } = meeting()
      const bucket = await newBucket()
      await inFolder(async (folder) => {
        await writeFiles(folder, files)
        await client.features.trees?.upload(folder, bucket)
      })
      const objects = await readObjects(witness, bucket)
      expect(lost(files, objects)).toEqual(changedBy[meeting().name] ?? [])
      expect(objects.size).toBe(files.size)
    })

    it('lists, downloads and removes what ours has written', async () => {
      const { client, name, witness, newBucket } = meeting()
      const bucket = await newBucket()
      const names = keys
        .map(({ key }) => key)
        .filter((key) => beyond[name]?.includes(key ?? '') !== true)
      const objects = filesFor(names)
      for (const [path, text] of objects) await witness.put(bucket, path, Buffer.from(text))
      expect(new Set((await client.list(bucket)).keys)).toEqual(new Set(objects.keys()))
      const came = await inFolder(async (folder) => {
        await client.features.trees?.download(bucket, folder)
        return readFiles(folder)
      })
      expect(came).toEqual(objects)
      await client.features.trees?.removeAll(bucket)
      expect((await witness.list(bucket)).keys).toEqual([])
    })
  })
})
