import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import path from 'node:path'

import type { Fields, S3Request } from '../../model/s3-model.ts'
import type { Observed, Wire } from '../../model/support/wire.ts'
import { elementsOf, parseXml, textOf } from '../../model/support/xml-tree.ts'
import { contentOf, namesIn, sizeOf } from './content.ts'
import { damaged } from './ledger.ts'
import { buckets, configuredBucket } from './writer.ts'

/** All that the server holds, by the names of the ledger. */
export interface Holdings {
  readonly resources: ReadonlyMap<string, string>
  /** Contents that are too large for a record, each in a file. */
  readonly files: number
}

/** Above this, bytes lie in a file; contents are well below or above. */
const inRecordBytes = 4096

class Reader {
  readonly #wire: Wire
  readonly resources = new Map<string, string>()
  readonly contents = new Set<string>()

  constructor(wire: Wire) {
    this.#wire = wire
  }

  send(address: Pick<S3Request, 'bucket'> & Partial<S3Request>): Promise<Observed> {
    return this.#wire.send({ id: 0, method: 'GET', key: '', query: {}, headers: {}, ...address })
  }

  async list(
    bucket: string,
    query: Record<string, string>,
    element: string,
  ): Promise<readonly Fields[]> {
    const { body } = await this.send({ bucket, query })
    return elementsOf(parseXml(String(body)).fields, element)
  }

  /** Reads an object whole; a listing that names what cannot be read is a loss, too. */
  async content(bucket: string, key: string, listed: Fields): Promise<string> {
    const versionId = textOf(listed, 'VersionId')
    const query: Record<string, string> = versionId === '' ? {} : { versionId }
    const { status, body } = await this.send({ bucket, key, query })
    if (status !== 200) return `status ${status}`
    const names = namesIn(body)
    if (names === undefined || String(body.length) !== textOf(listed, 'Size')) return damaged
    for (const name of names) this.#hold(name)
    return names.join('+')
  }

  #hold(name: string): void {
    if (sizeOf(name) > inRecordBytes) this.contents.add(name)
  }

  async objects(): Promise<void> {
    for (const listed of await this.list(buckets.plain, { 'list-type': '2' }, 'Contents')) {
      const key = textOf(listed, 'Key')
      const content = await this.content(buckets.plain, key, listed)
      const tag = await this.tag(buckets.plain, key)
      this.resources.set(`object ${key}`, `${content} ${tag}`)
    }
  }

  async versions(): Promise<void> {
    for (const listed of await this.list(buckets.versioned, { versions: '' }, 'Version')) {
      const key = textOf(listed, 'Key')
      const name = `version ${key} ${textOf(listed, 'VersionId')}`
      this.resources.set(name, await this.content(buckets.versioned, key, listed))
    }
  }

  /** Parts cannot be read, but their ETags tell what they are. */
  async uploads(contentOfPart: (uploadId: string) => readonly string[]): Promise<void> {
    for (const listed of await this.list(buckets.plain, { uploads: '' }, 'Upload')) {
      const [key, uploadId] = [textOf(listed, 'Key'), textOf(listed, 'UploadId')]
      this.resources.set(`upload ${key} ${uploadId}`, 'open')
      const { body } = await this.send({ bucket: buckets.plain, key, query: { uploadId } })
      const [part] = elementsOf(parseXml(String(body)).fields, 'Part')
      if (part === undefined) continue
      const etag = textOf(part, 'ETag').replaceAll('"', '')
      const candidates = contentOfPart(uploadId)
      const name = candidates.find((candidate) => md5Of(candidate) === etag) ?? damaged
      this.resources.set(`part ${uploadId}`, name)
      if (name !== damaged) this.#hold(name)
    }
  }

  async configurations(writers: number): Promise<void> {
    for (let writer = 0; writer < writers; writer += 1) {
      const bucket = configuredBucket(writer)
      const value = await this.tag(bucket, '')
      if (value !== '') this.resources.set(`tags ${bucket}`, value)
    }
  }

  async tag(bucket: string, key: string): Promise<string> {
    const { body } = await this.send({ bucket, key, query: { tagging: '' } })
    return /<Value>(\d+)</.exec(String(body))?.[1] ?? ''
  }
}

function md5Of(name: string): string {
  return createHash('md5').update(contentOf(name)).digest('hex')
}

/** Reads everything. @param contentOfPart what the part of an upload may be */
export async function observe(
  wire: Wire,
  writers: number,
  contentOfPart: (uploadId: string) => readonly string[],
): Promise<Holdings> {
  const reader = new Reader(wire)
  await reader.objects()
  await reader.versions()
  await reader.uploads(contentOfPart)
  await reader.configurations(writers)
  return { resources: reader.resources, files: reader.contents.size }
}

/** How many blobs lie in the directory. */
export function blobFiles(directory: string): number {
  const entries = readdirSync(path.join(directory, 'blobs'), {
    recursive: true,
    withFileTypes: true,
  })
  return entries.filter((entry) => entry.isFile()).length
}
