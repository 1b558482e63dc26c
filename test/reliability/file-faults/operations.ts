import { createHash } from 'node:crypto'

import type { RawRequest } from '../../../packages/server/test/support/raw-client.ts'
import { isDone, type Outcome, type Rig } from './rig.ts'

export const bucket = 'faults'
export const versionedBucket = 'versioned-faults'

/** What keys hold; undefined: nothing. */
export type State = Readonly<Record<string, Buffer | undefined>>

/** One operation, and what it does to the keys that it touches. */
export interface Operation {
  readonly name: string
  readonly before: State
  /** What the keys hold when it has been done. Absent: it changes nothing. */
  readonly after?: State | undefined
  /** Sends the requests, until one of them fails. */
  run(rig: Rig): Promise<Outcome>
  /** Whether the answer of success has the right content. */
  isRight?(outcome: Exclude<Outcome, 'cut'>): boolean
  /** Whether the store is as it must be beyond these keys. */
  check?(rig: Rig, done: boolean): Promise<boolean>
  /** Whether its answer may be cut: it is longer than what is proven before the head is sent. */
  readonly streams?: boolean | undefined
}

/** Text, which Select reads as well: 20 bytes a line. */
function content(lines: number, word: string): Buffer {
  return Buffer.from(
    Array.from(
      { length: lines },
      (_, at) => `${String(at).padStart(8, '0')},${word.padEnd(10)}\n`,
    ).join(''),
  )
}

const small = content(10, 'small')
/** One batch of writing, read in one call. */
const medium = content(4000, 'medium')
/** Two batches, read in several calls. */
const large = content(20_000, 'large')
const other = content(19_000, 'other')

const deleteBoth =
  '<Delete><Object><Key>old</Key></Object><Object><Key>older</Key></Object></Delete>'

const sealed = { 'x-amz-server-side-encryption': 'AES256' }

function put(key: string, body: Buffer, headers: Record<string, string> = {}): RawRequest {
  return { method: 'PUT', bucket, key, body, headers }
}

function copy(key: string, source: string, headers: Record<string, string> = {}): RawRequest {
  const copied = { 'x-amz-copy-source': `${bucket}/${source}`, ...headers }
  return { method: 'PUT', bucket, key, headers: copied }
}

function writing(name: string, before: State, after: State, request: RawRequest): Operation {
  return { name, before, after, run: (rig) => rig.send(request) }
}

function reading(
  name: string,
  body: Buffer,
  request: Omit<RawRequest, 'bucket' | 'key'>,
  more: Partial<Operation> & { readonly expected?: Buffer } = {},
): Operation {
  const { expected = body } = more
  return {
    name,
    before: { read: body },
    run: (rig) => rig.send({ bucket, key: 'read', ...request }),
    isRight: (answer) => answer.body.equals(expected),
    ...more,
  }
}

const selectQuery = {
  method: 'POST',
  query: { select: '', 'select-type': '2' },
  body: `<SelectObjectContentRequest><Expression>SELECT COUNT(*) FROM S3Object</Expression>
    <ExpressionType>SQL</ExpressionType><InputSerialization><CSV/></InputSerialization>
    <OutputSerialization><CSV/></OutputSerialization></SelectObjectContentRequest>`,
}

/** Sends the requests of a multipart upload; each of the parts replaces the one before. */
async function upload(
  rig: Rig,
  key: string,
  parts: readonly Partial<RawRequest>[],
): Promise<Outcome> {
  const begun = await rig.send({ method: 'POST', bucket, key, query: { uploads: '' } })
  if (begun === 'cut' || begun.status !== 200) return begun
  const uploadId = /<UploadId>([^<]*)/.exec(begun.text)?.[1] ?? ''
  const query = { uploadId, partNumber: '1' }
  let etag = ''
  for (const part of parts) {
    const sent = await rig.send({ method: 'PUT', bucket, key, query, ...part })
    if (sent === 'cut' || sent.status !== 200) return sent
    etag = sent.headers.etag ?? /<ETag>([^<]*)/.exec(sent.text)?.[1] ?? ''
  }
  const listed = `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`
  const body = `<CompleteMultipartUpload>${listed}</CompleteMultipartUpload>`
  return rig.send({ method: 'POST', bucket, key, query: { uploadId }, body })
}

function uploading(
  name: string,
  before: State,
  after: State,
  ...parts: readonly Partial<RawRequest>[]
): Operation {
  return { name, before, after, run: (rig) => upload(rig, Object.keys(after)[0] ?? '', parts) }
}

const copyHeaders = { 'x-amz-copy-source': `${bucket}/source` }

export const operations: readonly Operation[] = [
  writing('put a small object', {}, { new: small }, put('new', small)),
  writing('put an object', {}, { new: medium }, put('new', medium)),
  writing('put a large object', {}, { new: large }, put('new', large)),
  writing('put an encrypted object', {}, { new: large }, put('new', large, sealed)),
  writing('overwrite', { old: large }, { old: other }, put('old', other)),
  writing('overwrite with a small one', { old: large }, { old: small }, put('old', small)),
  writing('overwrite a small one', { old: small }, { old: large }, put('old', large)),
  writing('delete', { old: large }, { old: undefined }, { method: 'DELETE', bucket, key: 'old' }),
  writing(
    'delete several',
    { old: large, older: medium },
    { old: undefined, older: undefined },
    {
      method: 'POST',
      bucket,
      query: { delete: '' },
      headers: { 'content-md5': createHash('md5').update(deleteBoth).digest('base64') },
      body: deleteBoth,
    },
  ),
  writing('copy', { source: large }, { copy: large }, copy('copy', 'source')),
  writing('copy over', { source: large, copy: other }, { copy: large }, copy('copy', 'source')),
  writing('copy and encrypt', { source: large }, { copy: large }, copy('copy', 'source', sealed)),
  writing(
    'copy and hash',
    { source: large },
    { copy: large },
    copy('copy', 'source', { 'x-amz-checksum-algorithm': 'SHA256' }),
  ),
  writing(
    'copy what is encrypted',
    { encrypted: large },
    { copy: large },
    copy('copy', 'encrypted'),
  ),
  uploading('upload in parts', {}, { parts: large }, { body: large }),
  uploading('upload in parts over', { parts: other }, { parts: large }, { body: large }),
  uploading('compose', { source: large }, { composed: large }, { headers: copyHeaders }),
  uploading(
    'compose a range',
    { source: large },
    { composed: large.subarray(100_000, 300_000) },
    { headers: { ...copyHeaders, 'x-amz-copy-source-range': 'bytes=100000-299999' } },
  ),
  uploading('replace a part', {}, { parts: large }, { body: other }, { body: large }),
  reading('get', medium, {}),
  reading(
    'get an encrypted object',
    large,
    {},
    {
      before: { encrypted: large },
      streams: true,
      run: (rig) => rig.send({ bucket, key: 'encrypted' }),
    },
  ),
  reading('get a large object', large, {}, { streams: true }),
  reading(
    'get a range',
    large,
    { headers: { range: 'bytes=70000-70009' } },
    {
      expected: large.subarray(70_000, 70_010),
    },
  ),
  reading(
    'get the end',
    large,
    { headers: { range: 'bytes=-10' } },
    {
      expected: large.subarray(-10),
    },
  ),
  reading('get a part', large, { query: { partNumber: '1' } }, { streams: true }),
  reading('select', large, selectQuery, {
    isRight: ({ text }) => text.includes('20000'),
  }),
  reading('head', large, { method: 'HEAD' }, { isRight: () => true }),
  reading(
    'list',
    small,
    { query: { 'list-type': '2' } },
    {
      run: (rig) => rig.send({ bucket, query: { 'list-type': '2' } }),
      isRight: ({ text }) => text.includes('<Key>read</Key>'),
    },
  ),
  versionedPut(),
]

/** Each version that was answered stays, with its bytes. */
function versionedPut(): Operation {
  const key = 'kept'
  let versionIds: readonly string[] = []
  return {
    name: 'put a version',
    before: {},
    after: {},
    run: (rig) => rig.send({ method: 'PUT', bucket: versionedBucket, key, body: large }),
    check: async (rig, done) => {
      const listed = await rig.send({ bucket: versionedBucket, query: { versions: '' } })
      if (listed === 'cut') return false
      const found = [...listed.text.matchAll(/<VersionId>([^<]*)/g)].map(([, id = '']) => id)
      const isKept = versionIds.every((id) => found.includes(id))
      const isAdded = found.length === versionIds.length + (done ? 1 : 0)
      const [versionId] = found
      versionIds = found
      if (versionId === undefined) return isKept && isAdded
      const read = await rig.send({ bucket: versionedBucket, key, query: { versionId } })
      return isKept && isAdded && read !== 'cut' && read.body.equals(large)
    },
  }
}

/** Puts the keys into this state. */
export async function bringTo(rig: Rig, state: State): Promise<void> {
  for (const [key, body] of Object.entries(state)) {
    const headers = key === 'encrypted' ? sealed : {}
    const request = body === undefined ? { method: 'DELETE', bucket, key } : put(key, body, headers)
    if (!isDone(await rig.send(request))) throw new Error(`${key} cannot be prepared`)
  }
}
