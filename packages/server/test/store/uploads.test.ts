import { beforeEach, describe, expect, it } from 'vitest'

import { openMemoryDatabase, type Database } from '../../src/store/database.ts'
import { MemoryBlobs } from '../../src/store/memory-blobs.ts'
import type { ObjectContent } from '../../src/store/objects.ts'
import { assembleStore, randomId, type Store } from '../../src/store/store.ts'
import type { PartRecord, UploadAddress } from '../../src/store/uploads.ts'

const now = (): Date => new Date(0)
const attributes = { headers: [], metadata: [], storageClass: 'STANDARD', tagging: undefined }

/** Lets commits wait, so that a test decides what happens in the meantime. */
class Gate {
  #opened: Promise<void> = Promise.resolve()
  #arrived: () => void = () => undefined
  #open: () => void = () => undefined

  /** From now on commits wait; resolves when one does. */
  close(): Promise<void> {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve
    })
    return new Promise((resolve) => {
      this.#arrived = resolve
    })
  }

  open(): void {
    this.#open()
  }

  async pass(): Promise<void> {
    this.#arrived()
    await this.#opened
  }
}

describe('uploads', () => {
  let store: Store
  let blobs: MemoryBlobs
  let gate: Gate
  let address: UploadAddress

  beforeEach(async () => {
    const database = await openMemoryDatabase()
    gate = new Gate()
    const gated: Database = {
      ...database,
      commit: async (writes) => {
        await gate.pass()
        await database.commit(writes)
      },
    }
    blobs = new MemoryBlobs(randomId)
    store = await assembleStore(gated, blobs)
    await store.buckets.create('bucket', { createdMs: 0, region: 'us-east-1' })
    const { uploadId } = await store.uploads.begin('bucket', 'key', { attributes }, now)
    address = { bucket: 'bucket', key: 'key', uploadId }
  })

  const content = async (text: string): Promise<ObjectContent> => {
    const writer = blobs.create()
    await writer.write(Buffer.from(text))
    const { segment, writes } = await writer.finish({ bucket: 'bucket', key: 'key', writtenMs: 0 })
    return { segments: [segment], writes }
  }
  const putPart = async (partNumber: number, etag: string): Promise<PartRecord> =>
    store.uploads.putPart(address, partNumber, { etag, checksums: [] }, await content(etag), now)
  const complete = (etag: string, chosen: () => void = () => undefined): Promise<unknown> =>
    store.uploads.complete(
      address,
      (_, parts) => {
        chosen()
        const found = parts.filter((part) => part.etag === etag)
        if (found.length === 0) throw new Error('no such part')
        return { draft: { ...attributes, etag, checksums: [] }, parts: found }
      },
      now,
      () => undefined,
    )
  const bytesOf = async (): Promise<string> => {
    const opened = await store.objects.open('bucket', 'key', undefined)
    if (opened === undefined || 'deleteMarker' in opened) return 'nothing'
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.reader.read(0, opened.record.sizeBytes)) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }

  it('leave nothing behind a part that arrives after the end', async () => {
    const late = await content('late')
    await store.uploads.abort(address)
    const part = store.uploads.putPart(address, 1, { etag: 'late', checksums: [] }, late, now)
    await expect(part).rejects.toMatchObject({ code: 'NoSuchUpload' })
    expect(await store.uploads.parts(address.uploadId, 0, 10)).toEqual([])
    // The bytes of a part that was refused are its sender's to discard.
    expect(blobs.count).toBe(1)
  })

  it('drop replaced and unused parts with their bytes', async () => {
    await putPart(1, 'first')
    await putPart(1, 'second')
    await putPart(2, 'unused')
    expect(blobs.count).toBe(2)
    await complete('second')
    expect(blobs.count).toBe(1)
    expect(await bytesOf()).toBe('second')
    await store.objects.remove('bucket', 'key', now, () => undefined)
    expect(blobs.count).toBe(0)
  })

  it('wait for a part that is being committed before they are completed', async () => {
    await putPart(1, 'first')
    const arrived = gate.close()
    const replacing = putPart(1, 'second')
    await arrived
    const completing = complete('second')
    gate.open()
    await Promise.all([replacing, completing])
    expect(await bytesOf()).toBe('second')
    expect(blobs.count).toBe(1)
  })

  it('refuse a part while they are being completed', async () => {
    await putPart(1, 'first')
    const arrived = gate.close()
    const completing = complete('first')
    await arrived
    const replacing = putPart(1, 'second')
    gate.open()
    await completing
    await expect(replacing).rejects.toMatchObject({ code: 'NoSuchUpload' })
    expect(await bytesOf()).toBe('first')
  })

  it('are not aborted while they are being completed, nor the other way round', async () => {
    await putPart(1, 'first')
    let arrived = gate.close()
    const completing = complete('first')
    await arrived
    const aborting = store.uploads.abort(address)
    gate.open()
    await completing
    await expect(aborting).rejects.toMatchObject({ code: 'NoSuchUpload' })

    const { uploadId } = await store.uploads.begin('bucket', 'key', { attributes }, now)
    address = { ...address, uploadId }
    await putPart(1, 'second')
    arrived = gate.close()
    const ending = store.uploads.abort(address)
    await arrived
    const late = complete('second')
    gate.open()
    await ending
    await expect(late).rejects.toMatchObject({ code: 'NoSuchUpload' })
    expect(await bytesOf()).toBe('first')
    expect(blobs.count).toBe(1)
  })

  it('are gone with their bucket, also when it is made again meanwhile', async () => {
    await putPart(1, 'first')
    const arrived = gate.close()
    const removing = store.removeBucket('bucket', { withObjects: false })
    await arrived
    const making = store.buckets.create('bucket', { createdMs: 1, region: 'us-east-1' })
    let completing: Promise<unknown> = Promise.resolve()
    await new Promise<void>((chosen) => {
      completing = complete('first', chosen)
      // It fails before the test gets to look at it.
      completing.catch(() => undefined)
    })
    gate.open()
    await Promise.all([removing, making])
    await expect(completing).rejects.toMatchObject({ code: 'NoSuchUpload' })
    expect(await bytesOf()).toBe('nothing')
    expect(blobs.count).toBe(0)
  })
})
