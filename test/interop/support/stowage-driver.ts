import { Client, isS3Error } from 'stowage'

import type {
  Ability,
  Driver,
  DriverKind,
  GetOptions,
  ListedNames,
  ListOptions,
  ObjectFacts,
  PutOptions,
  Target,
} from './driver.ts'
import type { Features } from './features.ts'
import { stowageFeatures } from './stowage-features.ts'

class StowageDriver implements Driver {
  readonly #client: Client
  readonly features: Features

  constructor({ port, accessKey, secretKey, region }: Target) {
    const endpoint = `http://127.0.0.1:${port}`
    this.#client = new Client({ endpoint, accessKey, secretKey, region, retry: { maxAttempts: 1 } })
    this.features = stowageFeatures(this.#client)
  }

  makeBucket(bucket: string): Promise<void> {
    return this.#client.makeBucket(bucket)
  }

  bucketExists(bucket: string): Promise<boolean> {
    return this.#client.bucketExists(bucket)
  }

  async listBuckets(): Promise<readonly string[]> {
    return (await this.#client.listBuckets().toArray()).map(({ name }) => name)
  }

  removeBucket(bucket: string): Promise<void> {
    return this.#client.removeBucket(bucket)
  }

  async put(
    bucket: string,
    key: string,
    bytes: Buffer,
    { contentType, metadata, onlyNew }: PutOptions = {},
  ): Promise<string> {
    const conditions = onlyNew === true ? { ifNoneMatch: '*' } : undefined
    const options = { contentType, metadata, conditions }
    return (await this.#client.putObject(bucket, key, bytes, options)).etag
  }

  async putStream(bucket: string, key: string, pieces: readonly Buffer[]): Promise<string> {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    return (await this.#client.putObject(bucket, key, inTurn(pieces), { length })).etag
  }

  async putParts(bucket: string, key: string, bytes: Buffer): Promise<string> {
    const options = { partSize: 5 * 1024 ** 2 }
    return (await this.#client.putObject(bucket, key, inTurn([bytes]), options)).etag
  }

  async get(bucket: string, key: string, options: GetOptions = {}): Promise<Buffer> {
    const { ifMatch, ifNoneMatch, ...range } = options
    const reader = await this.#client.getObject(bucket, key, {
      ...range,
      conditions: { ifMatch, ifNoneMatch },
    })
    return Buffer.from(await reader.bytes())
  }

  async stat(bucket: string, key: string): Promise<ObjectFacts> {
    const stat = await this.#client.statObject(bucket, key)
    const { sizeBytes, etag = '', contentType, metadata } = stat
    return { sizeBytes, etag, contentType, metadata }
  }

  async list(bucket: string, options: ListOptions = {}): Promise<ListedNames> {
    const { prefix, folders, pageSize } = options
    const keys: string[] = []
    const prefixes: string[] = []
    let pages = 0
    const listing = this.#client.listObjectsV2(bucket, {
      prefix,
      recursive: folders !== true,
      pageSize,
    })
    for await (const { entries } of listing.pages()) {
      pages++
      for (const entry of entries) {
        if (entry.isPrefix) prefixes.push(entry.prefix)
        else keys.push(entry.object)
      }
    }
    return { keys, prefixes, pages }
  }

  async remove(bucket: string, key: string): Promise<void> {
    await this.#client.removeObject(bucket, key)
  }

  async removeMany(bucket: string, keys: readonly string[]): Promise<void> {
    const errors = []
    for await (const error of this.#client.removeObjects(bucket, keys)) errors.push(error)
    if (errors.length > 0) throw new Error(JSON.stringify(errors))
  }

  presignGet(bucket: string, key: string): Promise<string> {
    return this.#client.presignedGetObject(bucket, key, { expirySeconds: 600 })
  }

  presignPut(bucket: string, key: string): Promise<string> {
    return this.#client.presignedPutObject(bucket, key, { expirySeconds: 600 })
  }

  codeOf(error: unknown): string {
    if (!isS3Error(error)) return String(error)
    return error.status === 304 ? '304' : error.code
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

async function* inTurn(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield piece
}

export const stowage: DriverKind = {
  name: 'stowage',
  abilities: new Set<Ability>(['conditions', 'remove-many', 'multipart']),
  open: (target) => new StowageDriver(target),
}
