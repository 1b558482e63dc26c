import { createHash } from 'node:crypto'

import { encodeKeyPath } from '@stowage/protocol'

import { randomFrom } from '../../../support/random.ts'
import { md5Of, type S3Request } from '../s3-model.ts'
import type { Operation, State } from './linearizable.ts'
import type { Observed, Wire } from './wire.ts'
import { elementsOf, parseXml, textOf } from './xml-tree.ts'

type Step = Operation['step']

/** What many clients did to a few keys of one bucket, and what each of them saw. */
export class Crowd {
  readonly #bucket: string
  readonly #keys: readonly string[]
  readonly #random: () => number
  readonly #histories = new Map<string, Operation[]>()
  #events = 0
  #values = 0
  operations = 0

  constructor(bucket: string, keys: readonly string[], seed: number) {
    this.#bucket = bucket
    this.#keys = keys
    this.#random = randomFrom(seed)
    for (const key of keys) this.#histories.set(key, [])
  }

  get histories(): ReadonlyMap<string, readonly Operation[]> {
    return this.#histories
  }

  /** Lets every client send so many requests, each after the one before. */
  async run(wires: readonly Wire[], requests: number): Promise<void> {
    await Promise.all(wires.map((wire) => this.#client(wire, requests)))
  }

  async #client(wire: Wire, requests: number): Promise<void> {
    for (let count = 0; count < requests; count += 1) {
      // So that the clients do not go in step.
      for (let turns = this.#pick([0, 0, 1, 3]); turns > 0; turns -= 1) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      const kind = this.#pick(kinds)
      await this[kind](wire, this.#pick(this.#keys))
      this.operations += 1
    }
  }

  #pick<T>(items: readonly T[]): T {
    // The index is within bounds.
    return items[Math.floor(this.#random() * items.length)] as T
  }

  /** Bytes that nobody has written before, of some size. */
  #content(): Buffer {
    this.#values += 1
    return Buffer.alloc(this.#pick([16, 16, 300, 6000, 40_000]), `${this.#values};`)
  }

  async #send(
    wire: Wire,
    request: Partial<S3Request> & Pick<S3Request, 'method'>,
    seen: (observed: Observed) => readonly (readonly [key: string, step: Step])[],
  ): Promise<Observed> {
    const sent = (this.#events += 1)
    const whole = { id: 0, bucket: this.#bucket, key: '', query: {}, headers: {}, ...request }
    const observed = await wire.send(whole)
    const answered = (this.#events += 1)
    const told = `${request.method} ${JSON.stringify(request.headers ?? {})}: ${observed.status}`
    for (const [key, step] of seen(observed)) {
      this.#histories.get(key)?.push({ sent, answered, told, step })
    }
    return observed
  }

  async put(wire: Wire, key: string, headers: Record<string, string> = {}): Promise<void> {
    const body = this.#content()
    await this.#send(wire, { method: 'PUT', key, headers, body }, ({ status }) => [
      [key, writes(status, headers, md5Of(body))],
    ])
  }

  putIfNone(wire: Wire, key: string): Promise<void> {
    return this.put(wire, key, { 'if-none-match': '*' })
  }

  async putIfMatch(wire: Wire, key: string): Promise<void> {
    const etag = await this.get(wire, key)
    await this.put(wire, key, { 'if-match': etag ?? '0'.repeat(32) })
  }

  /** @returns the ETag that it saw */
  async get(wire: Wire, key: string): Promise<State> {
    const { status, headers, body } = await this.#send(wire, { method: 'GET', key }, (observed) => [
      [key, reads(seenIn(observed))],
    ])
    const etag = status === 200 ? unquoted(headers['etag']) : undefined
    const isWhole = etag === undefined || etag.includes('-') || md5Of(body) === etag
    if (!isWhole) this.#histories.get(key)?.push(impossible(`other bytes than those of ${etag}`))
    return etag
  }

  async head(wire: Wire, key: string): Promise<void> {
    await this.#send(wire, { method: 'HEAD', key }, (observed) => [[key, reads(seenIn(observed))]])
  }

  async remove(wire: Wire, key: string): Promise<void> {
    await this.#send(wire, { method: 'DELETE', key }, ({ status }) => [
      [key, writes(status, {}, undefined)],
    ])
  }

  async copy(wire: Wire, key: string): Promise<void> {
    const from = this.#pick(this.#keys)
    const headers = {
      'x-amz-copy-source': `${this.#bucket}/${encodeKeyPath(from)}`,
      'x-amz-metadata-directive': 'REPLACE',
    }
    await this.#send(wire, { method: 'PUT', key, headers }, ({ status, body }) => {
      const etag =
        status === 200 ? unquoted(textOf(parseXml(String(body)).fields, 'ETag')) : undefined
      const read = [from, reads(etag)] as const
      return status === 200 ? [read, [key, writes(status, {}, etag)]] : [read]
    })
  }

  async complete(wire: Wire, key: string): Promise<void> {
    const begun = await this.#send(wire, { method: 'POST', key, query: { uploads: '' } }, () => [])
    const uploadId = /<UploadId>([^<]*)</.exec(String(begun.body))?.[1] ?? ''
    const body = this.#content()
    const etag = md5Of(body)
    const query = { uploadId, partNumber: '1' }
    await this.#send(wire, { method: 'PUT', key, query, body }, () => [])
    const fields = { Part: { PartNumber: '1', ETag: etag } }
    const document = { root: 'CompleteMultipartUpload', fields }
    const whole = createHash('md5').update(Buffer.from(etag, 'hex')).digest('hex')
    const request = { method: 'POST', key, query: { uploadId }, document } as const
    await this.#send(wire, request, ({ status }) => [[key, writes(status, {}, `${whole}-1`)]])
  }

  /** A listing reads every key. */
  async list(wire: Wire): Promise<void> {
    const query = { 'list-type': '2' }
    await this.#send(wire, { method: 'GET', query }, ({ body }) => {
      const contents = elementsOf(parseXml(String(body)).fields, 'Contents')
      const listed = new Map(
        contents.map((entry) => [textOf(entry, 'Key'), unquoted(textOf(entry, 'ETag'))]),
      )
      return this.#keys.map((key) => [key, reads(listed.get(key))] as const)
    })
  }
}

const kinds = [
  ...(['put', 'put', 'putIfNone', 'putIfMatch', 'get', 'get', 'head'] as const),
  ...(['remove', 'copy', 'complete', 'list'] as const),
]

function unquoted(etag: string | undefined): string | undefined {
  return etag?.replaceAll('"', '')
}

function seenIn({ status, headers }: Observed): State {
  return status === 200 ? unquoted(headers['etag']) : undefined
}

function reads(etag: State): Step {
  return (state) => (state === etag ? { next: state } : undefined)
}

/** A write that was answered so: what it was refused for must have been the case. */
function writes(status: number, headers: Record<string, string>, etag: State): Step {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers
  return (state) => {
    const isMissing = match !== undefined && state === undefined
    const isOther = match !== undefined && state !== undefined && state !== match
    const isThere = noneMatch !== undefined && state !== undefined
    const expected = isMissing ? 404 : isOther || isThere ? 412 : undefined
    if (expected !== undefined) return status === expected ? { next: state } : undefined
    return status === 200 || status === 204 ? { next: etag } : undefined
  }
}

function impossible(told: string): Operation {
  return { sent: 0, answered: 1, told, step: () => undefined }
}
