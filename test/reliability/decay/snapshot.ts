import { createHash } from 'node:crypto'

import { DamagedBlobError } from '@stowage/server'
import { openDiskStore } from '../../../packages/server/src/store/disk-store.ts'
import { systemFiles } from '../../../packages/server/src/store/file-system.ts'
import type { Segment } from '../../../packages/server/src/store/blobs.ts'
import type { UploadRecord } from '../../../packages/server/src/store/uploads.ts'
import type { VersionRecord } from '../../../packages/server/src/store/object-record.ts'
import { randomId, type Store } from '../../../packages/server/src/store/store.ts'

/** What stands for bytes that the store reports as damaged. */
export const damaged = 'damaged'

/** What a store holds. Names are those of buckets, versions, uploads and parts. */
export interface Snapshot {
  /** What clients see, by name: digests of bytes, or `damaged`, and what goes with them. */
  readonly entries: ReadonlyMap<string, Entry>
  /** The blobs whose bytes are in files. */
  readonly blobs: ReadonlySet<string>
}

export interface Entry {
  /** SHA-1 of the bytes as they are stored; empty where there are none. */
  readonly bytes: string
  /** What is told of them. */
  readonly facts: string
  /** The files that hold the bytes. */
  readonly blobs: readonly string[]
}

/** Opens the store of a directory, as a server does. */
export function openStore(directory: string, repair: boolean): Promise<Store> {
  return openDiskStore({
    directory,
    durability: 'flush',
    region: 'us-east-1',
    repair,
    now: () => new Date(),
    report: () => undefined,
    files: systemFiles,
    newBlobId: randomId,
  })
}

const everything = { prefix: '', delimiter: '', keyMarker: '', limit: 10_000 } as const

/** Reads everything that a store holds, every byte of it. */
export async function snapshotOf(store: Store): Promise<Snapshot> {
  const reading = new Reading(store)
  for (const { name } of store.buckets.list()) await reading.bucket(name)
  return reading
}

class Reading implements Snapshot {
  readonly entries = new Map<string, Entry>()
  readonly blobs = new Set<string>()
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async bucket(bucket: string): Promise<void> {
    const store = this.#store
    const versioning = store.configurations.find(bucket, 'versioning')
    this.#note(`bucket ${bucket}`, { facts: { versioning } })
    const versions = await store.listVersions(bucket, { ...everything, orderMarker: undefined })
    for (const entry of versions.entries) {
      if (entry.kind === 'row') await this.#version(bucket, entry.key, entry.value.record)
    }
    const uploads = await store.uploads.list(bucket, { ...everything, uploadIdMarker: undefined })
    for (const entry of uploads.entries) {
      if (entry.kind === 'row') await this.#upload(bucket, entry.key, entry.value)
    }
  }

  async #version(bucket: string, key: string, record: VersionRecord): Promise<void> {
    const name = `version ${bucket}/${key}#${record.versionId}`
    if (record.deleteMarker !== undefined) {
      this.#note(name, { facts: { deleteMarker: true } })
      return
    }
    const { etag, metadata, segments } = record
    const bytes = await this.#bytesOf(segments)
    this.#note(name, { facts: { etag, metadata }, bytes, segments })
  }

  async #upload(bucket: string, key: string, upload: UploadRecord): Promise<void> {
    const { uploadId } = upload
    this.#note(`upload ${bucket}/${key}#${uploadId}`, { facts: {} })
    for (const { partNumber, etag, segments } of await this.#store.uploads.parts(
      uploadId,
      0,
      100,
    )) {
      const bytes = await this.#bytesOf(segments)
      this.#note(`part ${bucket}/${key}#${uploadId}#${partNumber}`, {
        facts: { etag },
        bytes,
        segments,
      })
    }
  }

  async #bytesOf(segments: readonly Segment[]): Promise<string> {
    const sizeBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
    const digest = createHash('sha1')
    try {
      const reader = await this.#store.blobs.open(segments)
      if ('missing' in reader) return damaged
      try {
        for await (const bytes of reader.read(0, sizeBytes)) digest.update(bytes)
      } finally {
        reader.close()
      }
    } catch (error) {
      if (error instanceof DamagedBlobError) return damaged
      throw error
    }
    return digest.digest('hex')
  }

  #note(
    name: string,
    {
      facts,
      bytes = '',
      segments = [],
    }: {
      readonly facts: object
      readonly bytes?: string
      readonly segments?: readonly Segment[]
    },
  ): void {
    const blobs = segments.filter(({ place }) => place === 'file').map(({ blob }) => blob)
    for (const blob of blobs) this.blobs.add(blob)
    this.entries.set(name, { bytes, facts: JSON.stringify(facts), blobs })
  }
}
