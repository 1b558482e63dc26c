import { createHash } from 'node:crypto'

import type { S3Request } from '../../model/s3-model.ts'
import type { Observed, Wire } from '../../model/support/wire.ts'
import { parseXml, textOf } from '../../model/support/xml-tree.ts'
import { contentName, contentOf, sizes } from './content.ts'
import { unknownId, type Changes, type Ledger } from './ledger.ts'

/** Objects without versions, and objects with them. */
export const buckets = { plain: 'plain', versioned: 'versioned' } as const

/** The bucket of a writer whose configuration changes. */
export function configuredBucket(writer: number): string {
  return `configured-${writer}`
}

const keysPerWriter = 6

export interface Step {
  readonly request: Omit<S3Request, 'id'>
  readonly changes: Changes
  /** The id that the answer tells. */
  readonly idOf?: ((observed: Observed) => string) | undefined
}

/** One client that writes, one request after the other, and says in the ledger what it knows. */
export class Writer {
  readonly #index: number
  readonly #random: () => number
  readonly #ledger: Ledger
  #written = 0

  constructor(index: number, random: () => number, ledger: Ledger) {
    this.#index = index
    this.#random = random
    this.#ledger = ledger
  }

  /**
   * Writes until the connection ends, or something is refused: all that is asked for can be done.
   * @param acknowledged called with every answer
   * @returns what was refused
   */
  async run(wire: Wire, acknowledged: () => void): Promise<string | undefined> {
    for (;;) {
      const step = this.#next()
      this.#ledger.begin(this.#index, step.changes)
      let observed: Observed
      try {
        observed = await wire.send({ id: 0, ...step.request })
      } catch {
        return undefined
      }
      if (observed.status >= 400) {
        return `${[...step.changes.keys()].join(' and ')}: ${String(observed.body)}`
      }
      this.#ledger.acknowledge(this.#index, step.idOf?.(observed))
      acknowledged()
    }
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)]
  }

  #next(): Step {
    const roll = this.#random()
    const key = `w${this.#index}/${Math.floor(this.#random() * keysPerWriter)}`
    if (roll < 0.4) return this.#put(key)
    if (roll < 0.5) return this.#remove(key)
    if (roll < 0.58) return this.#copy(key) ?? this.#put(key)
    if (roll < 0.64) return this.#tag(key) ?? this.#put(key)
    if (roll < 0.7) return this.#configure()
    if (roll < 0.8) return this.#putVersion(key)
    if (roll < 0.84) return this.#removeVersion() ?? this.#putVersion(key)
    return this.#upload(key)
  }

  #content(): string {
    this.#written += 1
    const id = `w${this.#index}.${this.#written}`
    return contentName(id, this.#pick(sizes) ?? 0)
  }

  #put(key: string): Step {
    const name = this.#content()
    const changes = new Map([[`object ${key}`, `${name} `]])
    return { request: put(buckets.plain, key, contentOf(name)), changes }
  }

  #remove(key: string): Step {
    const changes = new Map([[`object ${key}`, undefined]])
    const address = { bucket: buckets.plain, key, query: {}, headers: {} }
    return { request: { method: 'DELETE', ...address }, changes }
  }

  #copy(key: string): Step | undefined {
    const source = this.#pick(this.#ledger.namesOf(`object w${this.#index}/`))
    const value = source === undefined ? undefined : this.#ledger.get(source)
    const from = source?.slice('object '.length)
    if (from === undefined || from === key || value === undefined) return undefined
    const headers = { 'x-amz-copy-source': `${buckets.plain}/${from}` }
    const request = { ...put(buckets.plain, key, Buffer.alloc(0)), headers }
    return { request, changes: new Map([[`object ${key}`, value]]) }
  }

  #tag(key: string): Step | undefined {
    const value = this.#ledger.get(`object ${key}`)
    if (value === undefined) return undefined
    this.#written += 1
    const tag = String(this.#written)
    return {
      request: tagging(buckets.plain, key, tag),
      changes: new Map([[`object ${key}`, `${value.split(' ')[0]} ${tag}`]]),
    }
  }

  #configure(): Step {
    this.#written += 1
    const bucket = configuredBucket(this.#index)
    const value = String(this.#written)
    return { request: tagging(bucket, '', value), changes: new Map([[`tags ${bucket}`, value]]) }
  }

  #putVersion(key: string): Step {
    const name = this.#content()
    return {
      request: put(buckets.versioned, key, contentOf(name)),
      changes: new Map([[`version ${key} ${unknownId}`, name]]),
      idOf: ({ headers }) => headers['x-amz-version-id'] ?? '',
    }
  }

  #removeVersion(): Step | undefined {
    const resource = this.#pick(this.#ledger.namesOf(`version w${this.#index}/`))
    const [, key, versionId] = resource?.split(' ') ?? []
    if (resource === undefined || key === undefined || versionId === undefined) return undefined
    const address = { bucket: buckets.versioned, key, query: { versionId }, headers: {} }
    return { request: { method: 'DELETE', ...address }, changes: new Map([[resource, undefined]]) }
  }

  /** Begins an upload, adds a part to one, completes it or gives it up. */
  #upload(key: string): Step {
    const resource = this.#pick(this.#ledger.namesOf(`upload w${this.#index}/`))
    const [, uploadKey = '', uploadId = ''] = resource?.split(' ') ?? []
    const roll = this.#random()
    if (resource === undefined || roll < 0.2) return beginUpload(key)
    const part = `part ${uploadId}`
    const name = this.#ledger.get(part)
    const address = { bucket: buckets.plain, key: uploadKey, headers: {} }
    const ended: [string, string | undefined][] = [
      [resource, undefined],
      [part, undefined],
    ]
    if (roll < 0.3) {
      const request = { method: 'DELETE', ...address, query: { uploadId } } as const
      return { request, changes: new Map(ended) }
    }
    if (name === undefined || roll < 0.6) {
      const content = this.#content()
      const query = { uploadId, partNumber: '1' }
      const request = { ...put(buckets.plain, uploadKey, contentOf(content)), query }
      return { request, changes: new Map([[part, content]]) }
    }
    const ETag = createHash('md5').update(contentOf(name)).digest('hex')
    const document = {
      root: 'CompleteMultipartUpload',
      fields: { Part: { PartNumber: '1', ETag } },
    }
    const request = { method: 'POST', ...address, query: { uploadId }, document } as const
    return { request, changes: new Map([...ended, [`object ${uploadKey}`, `${name} `]]) }
  }
}

function put(bucket: string, key: string, body: Buffer): Step['request'] {
  return { method: 'PUT', bucket, key, query: {}, headers: {}, body }
}

function tagging(bucket: string, key: string, value: string): Step['request'] {
  const fields = { TagSet: { Tag: { Key: 'n', Value: value } } }
  const document = { root: 'Tagging', fields }
  return { method: 'PUT', bucket, key, query: { tagging: '' }, headers: {}, document }
}

function beginUpload(key: string): Step {
  return {
    request: { method: 'POST', bucket: buckets.plain, key, query: { uploads: '' }, headers: {} },
    changes: new Map([[`upload ${key} ${unknownId}`, 'open']]),
    idOf: ({ body }) => textOf(parseXml(String(body)).fields, 'UploadId'),
  }
}
