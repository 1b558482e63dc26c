import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What a request is for, as far as transfers go. */
export type Action =
  | 'put'
  | 'copy'
  | 'initiate'
  | 'part'
  | 'list'
  | 'list uploads'
  | 'complete'
  | 'abort'
  | 'head'
  | 'get'
  | 'tags'
  | 'set tags'
  | 'encryption'

/** A request as the store saw it. */
export interface SeenRequest {
  readonly action: Action
  /** Of a part, else 0. */
  readonly partNumber: number
  readonly uploadId: string | undefined
  /** Of a listing: the number of the part after which it begins. */
  readonly marker: number
  /** Of a listing: how its names begin. */
  readonly prefix: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** How many requests of this action, and of this part, came before. */
  readonly earlier: number
  /** Whether the client has given up on it. */
  isCut(): boolean
}

/** An answer in place of the store's own. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/**
 * What goes wrong: an answer of the test's own instead of the store's; `lost`: the store does
 * its work, and the connection is cut before the answer; `cut`: without doing anything.
 * Whoever returns a promise holds the request up.
 */
export type Mischief = (request: SeenRequest) => Promise<Trouble> | Trouble
export type Trouble = Answer | 'lost' | 'cut' | undefined

export interface StoredObject {
  readonly bytes: Buffer
  /** More than there are bytes where an object is hollow. */
  readonly sizeBytes: number
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
  /** What it was made of, if of parts. */
  readonly parts?: readonly StoredPart[]
}

export interface StoredPart {
  readonly bytes: Buffer
  /** Where it is not the number of bytes. */
  readonly sizeBytes?: number
  readonly etag: string
  /** Where its bytes come from: the path of an object, its first byte and its last. */
  readonly copied?: readonly [path: string, start: number, end: number]
}

export interface OpenUpload {
  readonly key: string
  readonly parts: Map<number, StoredPart>
}

const minPartBytes = 5 * 1024 * 1024
/** The largest source of CopyObject, and the largest part. */
const maxCopyBytes = 5 * 1024 ** 3

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

export function storeError(status: number, code: string): Answer {
  return { status, body: `<Error><Code>${code}</Code><Message>so it is</Message></Error>` }
}

/** The least of a store that transfers need, in memory, strict about parts. */
export class PartStore implements AsyncDisposable {
  readonly objects = new Map<string, StoredObject>()
  readonly uploads = new Map<string, OpenUpload>()
  /** Documents of tags, by path. */
  readonly tags = new Map<string, string>()
  readonly seen: SeenRequest[] = []
  mischief: Mischief = () => undefined
  /** Of all bodies, those that are cut included. */
  receivedBytes = 0
  /** The most parts or ranges that were under way at the same time. */
  mostAtOnce = 0
  #atOnce = 0
  #uploadCount = 0
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy())
    })
  }

  static async start(): Promise<PartStore> {
    const store = new PartStore()
    store.#server.listen(0, '127.0.0.1')
    await once(store.#server, 'listening')
    return store
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` // It is TCP.
  }

  /** Requests of one kind, in the order in which they came. */
  of(action: Action): SeenRequest[] {
    return this.seen.filter((request) => request.action === action)
  }

  /** Numbers of the parts that were sent, in ascending order. */
  sentParts(): number[] {
    return this.of('part')
      .map(({ partNumber }) => partNumber)
      .sort((a, b) => a - b)
  }

  /** Puts an object there, without a request. */
  place(key: string, bytes: Buffer, headers: Record<string, string> = {}): StoredObject {
    const object = { bytes, sizeBytes: bytes.length, etag: md5(bytes), headers }
    this.objects.set(key, object)
    return object
  }

  /** Puts an object there that only says that it has so many bytes. */
  placeHollow(key: string, sizeBytes: number, headers: Record<string, string> = {}): StoredObject {
    const object = { ...this.place(key, Buffer.from(`${sizeBytes}`), headers), sizeBytes }
    this.objects.set(key, object)
    return object
  }

  /** Resolves when no connection is left; rejects when that takes longer than `withinMs`. */
  async quiet(withinMs = 1000): Promise<void> {
    const deadlineMs = performance.now() + withinMs
    while ((await this.#openConnections()) > 0) {
      if (performance.now() > deadlineMs) throw new Error('there are open connections')
      await pause(2)
    }
  }

  #openConnections(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.getConnections((_error, count) => resolve(count))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    if (this.#server.listening) await once(this.#server, 'close')
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {})
    const [path = '', queryText = ''] = (request.url ?? '').split('?')
    const query = new URLSearchParams(queryText)
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) {
      this.receivedBytes += chunk.length
      chunks.push(chunk)
    }
    const body = Buffer.concat(chunks)
    const seen = this.#note(request, query, body)
    const counted = seen.action === 'part' || seen.action === 'get'
    if (counted) this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce)
    try {
      const trouble = await this.mischief(seen)
      if (trouble === 'cut') return void response.destroy()
      if (typeof trouble === 'object') return this.#send(response, trouble)
      const answer = this.#answer(path, seen)
      if (trouble === 'lost') return void response.destroy()
      this.#send(response, answer)
    } finally {
      if (counted) this.#atOnce--
    }
  }

  #note(request: IncomingMessage, query: URLSearchParams, body: Buffer): SeenRequest {
    const action = actionOf(request.method ?? '', query, request.headers)
    const partNumber = Number(query.get('partNumber') ?? 0)
    const earlier = this.of(action).filter((one) => one.partNumber === partNumber).length
    const uploadId = query.get('uploadId') ?? undefined
    const marker = Number(query.get('part-number-marker') ?? 0)
    const prefix = query.get('prefix') ?? ''
    const { headers, socket } = request
    const isCut = (): boolean => socket.destroyed
    const seen = { action, partNumber, uploadId, marker, prefix, headers, body, earlier, isCut }
    this.seen.push(seen)
    return seen
  }

  #send(response: ServerResponse, { status, headers, body = '' }: Answer): void {
    const bytes = Buffer.from(body as Uint8Array)
    response.writeHead(status, { 'content-length': bytes.length, ...headers }).end(bytes)
  }

  #answer(key: string, request: SeenRequest): Answer {
    const { action, uploadId = '' } = request
    if (action === 'put') return this.#put(key, request)
    if (action === 'copy') return this.#copy(key, request)
    if (action === 'tags') return { status: 200, body: this.tags.get(key) ?? noTags }
    if (action === 'encryption') {
      return storeError(404, 'ServerSideEncryptionConfigurationNotFoundError')
    }
    if (action === 'set tags') {
      this.tags.set(key, request.body.toString())
      return { status: 200 }
    }
    if (action === 'initiate') return this.#initiate(key)
    if (action === 'list uploads') return this.#listUploads(key, request.prefix)
    if (action === 'head' || action === 'get') return this.#read(key, request)
    const upload = this.uploads.get(uploadId)
    if (upload?.key !== key) return storeError(404, 'NoSuchUpload')
    return this.#ofUpload(upload, request)
  }

  #put(key: string, { headers, body }: SeenRequest): Answer {
    if (headers['if-none-match'] === '*' && this.objects.has(key)) {
      return storeError(412, 'PreconditionFailed')
    }
    return { status: 200, headers: { etag: `"${this.place(key, body).etag}"` } }
  }

  /** The source of a copy, under its condition. */
  #source({ headers }: SeenRequest): [path: string, object: StoredObject] | Answer {
    const path = String(headers['x-amz-copy-source'])
    const object = this.objects.get(path)
    if (!object) return storeError(404, 'NoSuchKey')
    const ifMatch = headers['x-amz-copy-source-if-match'] ?? `"${object.etag}"`
    return ifMatch === `"${object.etag}"` ? [path, object] : storeError(412, 'PreconditionFailed')
  }

  #copy(key: string, request: SeenRequest): Answer {
    const source = this.#source(request)
    if ('status' in source) return source
    const [, object] = source
    if (object.sizeBytes > maxCopyBytes) return storeError(400, 'InvalidRequest')
    this.objects.set(key, object)
    return copyAnswer('CopyObjectResult', object.etag)
  }

  #copyPart(upload: OpenUpload, request: SeenRequest): Answer {
    const source = this.#source(request)
    if ('status' in source) return source
    const [path, object] = source
    const range = request.headers['x-amz-copy-source-range']
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(String(range)) ?? []
    const start = Number(first ?? 0)
    const end = Number(last ?? object.sizeBytes - 1)
    const sizeBytes = end - start + 1
    if (start > end || end >= object.sizeBytes) return storeError(416, 'InvalidRange')
    if (sizeBytes > maxCopyBytes) return storeError(400, 'InvalidRequest')
    const bytes = object.bytes.subarray(start, end + 1)
    const etag = md5(Buffer.concat([bytes, Buffer.from(`${start}-${end}`)]))
    upload.parts.set(request.partNumber, { bytes, sizeBytes, etag, copied: [path, start, end] })
    return copyAnswer('CopyPartResult', etag)
  }

  #initiate(key: string): Answer {
    const uploadId = `upload-${++this.#uploadCount}`
    this.uploads.set(uploadId, { key, parts: new Map() })
    const root = 'InitiateMultipartUploadResult'
    return { status: 200, body: `<${root}><UploadId>${uploadId}</UploadId></${root}>` }
  }

  /** All on one page; `bucket` is the path of one. */
  #listUploads(bucket: string, prefix: string): Answer {
    const asked = [...this.uploads].filter(([, { key }]) => key.startsWith(`${bucket}/${prefix}`))
    const entries = asked.map(([uploadId, { key }]) => {
      const name = encodeURIComponent(key.slice(`${bucket}/`.length))
      const began = '<Initiated>2026-01-02T03:04:05.000Z</Initiated>'
      return `<Upload><Key>${name}</Key><UploadId>${uploadId}</UploadId>${began}</Upload>`
    })
    const root = 'ListMultipartUploadsResult'
    const encoding = '<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>'
    return { status: 200, body: `<${root}>${encoding}${entries.join('')}</${root}>` }
  }

  #ofUpload(upload: OpenUpload, request: SeenRequest): Answer {
    const { action, partNumber, body, uploadId = '' } = request
    if (action === 'part') {
      const copied = request.headers['x-amz-copy-source'] !== undefined
      if (copied) return this.#copyPart(upload, request)
      const etag = md5(body)
      upload.parts.set(partNumber, { bytes: body, etag })
      return { status: 200, headers: { etag: `"${etag}"` } }
    }
    if (action === 'list') return listing(upload, request)
    if (action === 'abort') {
      this.uploads.delete(uploadId)
      return { status: 204 }
    }
    if (request.headers['if-none-match'] === '*' && this.objects.has(upload.key)) {
      return storeError(412, 'PreconditionFailed')
    }
    return this.#complete(upload, uploadId, body.toString())
  }

  #complete(upload: OpenUpload, uploadId: string, document: string): Answer {
    const listed = [...document.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
      number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
      etag: /<ETag>(?:"|&quot;)?([^"&<]*)/.exec(part)?.[1],
    }))
    const pieces: StoredPart[] = []
    for (const [index, { number, etag }] of listed.entries()) {
      const part = upload.parts.get(number)
      if (number !== index + 1) return storeError(400, 'InvalidPartOrder')
      if (!part || part.etag !== etag) return storeError(400, 'InvalidPart')
      if (index < listed.length - 1 && sizeOf(part) < minPartBytes) {
        return storeError(400, 'EntityTooSmall')
      }
      pieces.push(part)
    }
    if (pieces.length === 0) return storeError(400, 'MalformedXML')
    const hashes = Buffer.from(pieces.map(({ etag }) => etag).join(''), 'hex')
    const etag = `${md5(hashes)}-${pieces.length}`
    const bytes = Buffer.concat(pieces.map((piece) => piece.bytes))
    const sizeBytes = pieces.reduce((sum, piece) => sum + sizeOf(piece), 0)
    this.objects.set(upload.key, { bytes, sizeBytes, etag, headers: {}, parts: pieces })
    this.uploads.delete(uploadId)
    const root = 'CompleteMultipartUploadResult'
    return { status: 200, body: `<${root}><ETag>"${etag}"</ETag></${root}>` }
  }

  #read(key: string, { action, headers }: SeenRequest): Answer {
    const object = this.objects.get(key)
    if (!object) return action === 'head' ? { status: 404 } : storeError(404, 'NoSuchKey')
    const { bytes, sizeBytes, etag } = object
    const quoted = `"${etag}"`
    const ifMatch = headers['if-match']
    if (ifMatch !== undefined && ifMatch !== quoted) return storeError(412, 'PreconditionFailed')
    const common = { etag: quoted, ...object.headers }
    const range = /^bytes=([0-9]+)-([0-9]*)$/.exec(headers.range ?? '')
    if (action === 'head') {
      return { status: 200, headers: { ...common, 'content-length': String(sizeBytes) } }
    }
    if (!range) return { status: 200, headers: common, body: bytes }
    const start = Number(range[1])
    const end = range[2] === '' ? bytes.length - 1 : Math.min(Number(range[2]), bytes.length - 1)
    if (start > end) return storeError(416, 'InvalidRange')
    const contentRange = `bytes ${start}-${end}/${bytes.length}`
    const body = bytes.subarray(start, end + 1)
    return { status: 206, headers: { ...common, 'content-range': contentRange }, body }
  }
}

function sizeOf({ bytes, sizeBytes = bytes.length }: StoredPart): number {
  return sizeBytes
}

const noTags = '<Tagging><TagSet></TagSet></Tagging>'

function copyAnswer(root: string, etag: string): Answer {
  return { status: 200, body: `<${root}><ETag>"${etag}"</ETag></${root}>` }
}

function actionOf(
  method: string,
  query: URLSearchParams,
  headers: IncomingMessage['headers'],
): Action {
  if (query.has('encryption')) return 'encryption'
  if (query.has('tagging')) return method === 'GET' ? 'tags' : 'set tags'
  if (method === 'PUT' && query.has('partNumber')) return 'part'
  if (method === 'PUT') return headers['x-amz-copy-source'] === undefined ? 'put' : 'copy'
  if (method === 'POST') return query.has('uploads') ? 'initiate' : 'complete'
  if (method === 'DELETE') return 'abort'
  if (method === 'HEAD') return 'head'
  if (query.has('uploads')) return 'list uploads'
  return query.has('uploadId') ? 'list' : 'get'
}

/** One part per page, so that whoever reads only the first page is found out. */
function listing(upload: OpenUpload, { marker }: SeenRequest): Answer {
  const numbers = [...upload.parts.keys()].sort((a, b) => a - b).filter((one) => one > marker)
  const [number = 0] = numbers
  const part = upload.parts.get(number)
  const entry = part
    ? `<Part><PartNumber>${number}</PartNumber><ETag>"${part.etag}"</ETag>` +
      `<Size>${part.bytes.length}</Size></Part>`
    : ''
  const root = 'ListPartsResult'
  return {
    status: 200,
    body:
      `<${root}><IsTruncated>${numbers.length > 1}</IsTruncated>` +
      `<NextPartNumberMarker>${number}</NextPartNumberMarker>${entry}</${root}>`,
  }
}
