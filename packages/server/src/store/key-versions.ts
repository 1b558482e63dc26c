import type { Segment } from './blobs.ts'
import type { Database, Write } from './database.ts'
import { nullVersionName, objectName, versionName, versionRange } from './key-space.ts'
import type { DeleteMarker, ObjectRecord, VersionRecord } from './object-record.ts'
import { descendingOrder, isOrderedId, orderOfId } from './ordered-ids.ts'
import { decodeRecord, encodeRecord } from './records.ts'

/** The version id of what was written while the bucket kept no versions. */
export const nullVersionId = 'null'

/** A reader that loses the race against writers this often does not lose it by chance. */
const maxAttempts = 1000

/**
 * The versions of one key, and, under the lock of the key, a batch that changes them. What is read
 * without the lock is right for one moment between the call and its end.
 */
export class KeyVersions {
  readonly #database: Database
  readonly #bucket: string
  readonly #key: string
  /** By name: a later write takes the place of an earlier one. */
  readonly #writes = new Map<string, Write>()
  /** Bytes that no record names once the batch is committed. */
  readonly dropped: Segment[] = []

  constructor(database: Database, bucket: string, key: string) {
    this.#database = database
    this.#bucket = bucket
    this.#key = key
  }

  get writes(): readonly Write[] {
    return [...this.#writes.values()]
  }

  async current(): Promise<ObjectRecord | undefined> {
    return decoded(this.#currentName, await this.#database.get(this.#currentName))
  }

  /** The latest version, also when that is a delete marker. */
  async latest(): Promise<VersionRecord | undefined> {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const current = await this.current()
      if (current !== undefined) return current
      const [newest] = await this.older(1)
      // Another version than a marker has become the current one in the meantime.
      if (newest?.deleteMarker !== undefined || newest === undefined) return newest
    }
    throw new Error('the latest version is missing')
  }

  /** The `count` newest of the versions that are not current, newest first. */
  async older(count: number): Promise<readonly VersionRecord[]> {
    const found = await this.#database.first(versionRange(this.#bucket, this.#key), count)
    return found.map(([name, bytes]) => decodeRecord<VersionRecord>(name, bytes))
  }

  /** The version of this id; undefined when the key has none. */
  async find(versionId: string): Promise<VersionRecord | undefined> {
    if (versionId === nullVersionId) return this.#findNull()
    if (!isOrderedId(versionId)) return undefined
    const name = this.#nameAt(orderOfId(versionId))
    const [current, older] = await this.#database.getAll([this.#currentName, name])
    const records = [
      decoded<VersionRecord>(this.#currentName, current),
      decoded<VersionRecord>(name, older),
    ]
    return records.find((record) => record?.versionId === versionId)
  }

  async #findNull(): Promise<VersionRecord | undefined> {
    const pointerName = nullVersionName(this.#bucket, this.#key)
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const [bytes, pointer] = await this.#database.getAll([this.#currentName, pointerName])
      const current = decoded<ObjectRecord>(this.#currentName, bytes)
      if (current?.versionId === nullVersionId) return current
      const place = decoded<{ readonly sequence: number }>(pointerName, pointer)
      if (place === undefined) return undefined
      const name = this.#nameAt(descendingOrder(place.sequence))
      const record = decoded<VersionRecord>(name, await this.#database.get(name))
      if (record !== undefined) return record
    }
    throw new Error('the null version is missing')
  }

  /** Makes a record the current version, in place of whatever is there. */
  makeCurrent(record: ObjectRecord): void {
    this.#put(this.#currentName, record)
  }

  /** Keeps a version among the older ones, or a delete marker. */
  keepBehind(record: VersionRecord): void {
    this.#put(this.#nameAt(descendingOrder(record.sequence)), record)
    if (record.versionId !== nullVersionId) return
    this.#put(nullVersionName(this.#bucket, this.#key), { sequence: record.sequence })
  }

  leaveCurrent(): void {
    this.#delete(this.#currentName)
  }

  /** Takes a record out of the older versions; its bytes stay named by somebody else. */
  takeFromBehind(record: VersionRecord): void {
    this.#delete(this.#nameAt(descendingOrder(record.sequence)))
    if (record.versionId === nullVersionId) this.#delete(nullVersionName(this.#bucket, this.#key))
  }

  /** Writes a record again where it stands. */
  rewrite(record: ObjectRecord, current: ObjectRecord | undefined): void {
    if (record.sequence === current?.sequence) this.makeCurrent(record)
    else this.keepBehind(record)
  }

  drop(record: VersionRecord): void {
    if (record.deleteMarker === undefined) this.dropped.push(...record.segments)
  }

  get #currentName(): string {
    return objectName(this.#bucket, this.#key)
  }

  #nameAt(order: string): string {
    return versionName(this.#bucket, this.#key, order)
  }

  #put(name: string, value: object): void {
    this.#writes.set(name, { type: 'put', key: name, value: encodeRecord(name, value) })
  }

  #delete(name: string): void {
    this.#writes.set(name, { type: 'del', key: name })
  }
}

export function isDeleteMarker(record: VersionRecord | undefined): record is DeleteMarker {
  return record?.deleteMarker === true
}

function decoded<T extends object>(name: string, bytes: Buffer | undefined): T | undefined {
  return bytes === undefined ? undefined : decodeRecord<T>(name, bytes)
}
