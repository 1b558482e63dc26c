import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { DirectoryDamage } from '../damage.ts'
import { databaseOn, type Database } from '../database.ts'
import { recordsDirectory } from '../directory.ts'
import { placeFile, syncDirectory, type FileSystem } from '../file-system.ts'
import {
  bucketName,
  bucketRange,
  objectRange,
  partsOfKeyedName,
  uploadRange,
  versionRange,
} from '../key-space.ts'
import { inspectRecords } from '../level/inspect-records.ts'
import { commitNumberWrite, locationIn, openLevel, refuseLocked } from '../open-records.ts'
import { nullVersionId } from '../key-versions.ts'
import { orderOfId } from '../ordered-ids.ts'
import { blobFiles, damagedRecordsPrefix, quarantinedBlobs, type BlobFile } from '../quarantine.ts'
import { encodeRecord } from '../records.ts'
import { sequencePerStart, startsWrite } from '../store.ts'
import { Witness } from '../witness.ts'
import { FoundBlobs } from './found-blobs.ts'
import {
  Batches,
  copyIntactRecords,
  dropPartsWithoutUpload,
  dropUnnamedBytes,
  dropWithoutBytes,
} from './intact-records.ts'
import type { RepairedItem, RepairReport } from './repair-report.ts'
import { restoreVersionOrder } from './version-order.ts'

export interface RepairOptions {
  readonly directory: string
  readonly files: FileSystem
  readonly damage: readonly DirectoryDamage[]
  readonly region: string
  readonly now: () => Date
  readonly newId: () => string
}

const unfinishedName = 'records.unfinished'
const repairedName = 'records.repaired'

/** Within the repaired records; LevelDB leaves files of other names alone. */
const reportName = 'REPAIR.json'

interface Finished {
  readonly report: RepairReport
  readonly commits: number
}

/**
 * Rebuilds the records of a damaged directory: from the records that are intact, and from what the
 * blobs without a record say of themselves. The new records are made beside the damaged ones, which
 * are kept. A crash at any moment leaves a directory that is still damaged, and can be repaired.
 * @throws Error when another process has the directory open
 */
export async function repairDirectory(options: RepairOptions): Promise<RepairReport> {
  const { directory, files } = options
  await refuseLocked(directory)
  const unfinished = join(directory, unfinishedName)
  const repaired = join(directory, repairedName)
  if (!(await exists(repaired))) {
    if (await exists(unfinished)) await refuseLocked(directory, unfinished)
    await rm(unfinished, { recursive: true, force: true })
    const finished = await new Rebuilding(options).run(unfinished)
    const text = `${JSON.stringify(finished, undefined, 2)}\n`
    await placeFile(files, unfinished, reportName, text)
    await files.rename(unfinished, repaired)
    await syncDirectory(files, directory)
  }
  return replaceRecords(options, repaired)
}

/** Removes what a repair left that was given up: the records have been found intact without it. */
export async function removeUnusedRepair(directory: string): Promise<void> {
  for (const name of [unfinishedName, repairedName]) {
    await rm(join(directory, name), { recursive: true, force: true })
  }
}

async function replaceRecords(options: RepairOptions, repaired: string): Promise<RepairReport> {
  const { directory, files } = options
  const text = await readFile(join(repaired, reportName), 'utf8')
  const { report, commits } = JSON.parse(text) as Finished
  const aside = await freeName(options)
  const location = locationIn(directory)
  if (await exists(location)) await files.rename(location, join(directory, aside))
  // While there are no records at all, the earlier number cannot be taken for theirs.
  const witness = Witness.open(directory)
  try {
    await witness.writeBoth({ commits, commitsOnDisk: commits })
  } finally {
    witness.close()
  }
  await files.rename(repaired, location)
  await syncDirectory(files, directory)
  return { ...report, damagedRecords: (await exists(join(directory, aside))) ? aside : undefined }
}

/** A name for the damaged records. The clock may have stood still since the last repair. */
async function freeName({ directory, now }: RepairOptions): Promise<string> {
  for (let ms = now().getTime(); ; ms += 1) {
    const name = `${damagedRecordsPrefix}${ms}`
    if (!(await exists(join(directory, name)))) return name
  }
}

class Rebuilding {
  readonly #options: RepairOptions
  readonly #lost: RepairedItem[] = []
  #commits = 0

  constructor(options: RepairOptions) {
    this.#options = options
  }

  async run(location: string): Promise<Finished> {
    const level = await openLevel(location, { createIfMissing: true })
    const database = databaseOn(level, async (writes) => {
      this.#commits += 1
      await level.batch([commitNumberWrite(this.#commits), ...writes])
    })
    try {
      const report = await this.#rebuild(database)
      // The one write that waits for the disk waits for all before it.
      this.#commits += 1
      await level.batch([commitNumberWrite(this.#commits)], { sync: true })
      return { report, commits: this.#commits }
    } finally {
      await level.close()
    }
  }

  async #rebuild(database: Database): Promise<RepairReport> {
    const { directory, files, damage } = this.#options
    const damaged = locationIn(directory)
    const records = await copyIntactRecords(damaged, database)
    const note = (name: string, record: object): void => {
      this.#lost.push(itemOf(name, record))
    }
    await dropPartsWithoutUpload(database, note)
    const present = new Map<string, BlobFile>()
    for await (const file of blobFiles(directory, files)) present.set(file.blob, file)
    const quarantined = new Set((await quarantinedBlobs(directory, files)).map(({ blob }) => blob))
    const isPresent = (blob: string): boolean => present.has(blob) || quarantined.has(blob)
    const named = await dropWithoutBytes(database, isPresent, note)
    const largest = Math.max(await restoreVersionOrder(database), await largestUpload(database))
    const rebuilt = (await this.#areComplete(damaged))
      ? []
      : await this.#found(database, largest).restore(
          [...present.values()].filter(({ blob }) => !named.has(blob)),
        )
    await dropUnnamedBytes(database)
    const buckets = await this.#makeBuckets(database)
    await database.commit([startsWrite(Math.floor(largest / sequencePerStart) + 1)])
    const lost = this.#lost.filter((item) => !rebuilt.some((found) => isSamePart(found, item)))
    return { damage, records, lost, rebuilt, buckets, damagedRecords: undefined }
  }

  /** Whether nothing but the witness is damaged: then no blob has lost its record. */
  async #areComplete(location: string): Promise<boolean> {
    const ofRecords = this.#options.damage.some(({ file }) => file.startsWith(recordsDirectory))
    if (ofRecords) return false
    const { damage, isTorn } = await inspectRecords(location)
    return damage.length === 0 && !isTorn
  }

  #found(database: Database, largest: number): FoundBlobs {
    const { files, newId } = this.#options
    let next = (Math.floor(largest / sequencePerStart) + 1) * sequencePerStart
    return new FoundBlobs({ database, files, newId, nextSequence: () => next++ })
  }

  /** Makes the buckets that objects or uploads are in and that have no record. */
  async #makeBuckets(database: Database): Promise<readonly string[]> {
    const { region, now } = this.#options
    const missing = new Set<string>()
    for (const range of [objectRange(), versionRange(), uploadRange()]) {
      for await (const [name] of database.entries(range)) missing.add(bucketOf(name))
    }
    for await (const [name] of database.entries(bucketRange)) {
      missing.delete(name.slice(bucketRange.gte.length))
    }
    const batch = new Batches(database)
    for (const bucket of missing) {
      const key = bucketName(bucket)
      const value = encodeRecord(key, { createdMs: now().getTime(), region })
      await batch.add({ type: 'put', key, value })
    }
    await batch.flush()
    return [...missing]
  }
}

function bucketOf(name: string): string {
  return name.split('\0')[1] ?? ''
}

/** The largest sequence in the ids of uploads. */
async function largestUpload(database: Database): Promise<number> {
  let largest = 0
  for await (const [name] of database.entries(uploadRange())) {
    const { rest } = partsOfKeyedName(bucketOf(name), name)
    largest = Math.max(largest, Number.parseInt(orderOfId(rest), 16))
  }
  return largest
}

function itemOf(name: string, record: object): RepairedItem {
  const [table, first = ''] = name.split('\0')
  if (table === 'p') {
    const partNumber = 'partNumber' in record ? Number(record.partNumber) : undefined
    return { uploadId: first, partNumber }
  }
  const key =
    table === 'v' ? partsOfKeyedName(first, name).key : name.slice(objectRange(first).gte.length)
  const versionId = 'versionId' in record ? String(record.versionId) : undefined
  return { bucket: first, key, versionId: versionId === nullVersionId ? undefined : versionId }
}

function isSamePart(a: RepairedItem, b: RepairedItem): boolean {
  return a.uploadId !== undefined && a.uploadId === b.uploadId && a.partNumber === b.partNumber
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
