import type { Fields } from '../s3-model.ts'
import { attributes, copySource, digests, readConditions } from './generate-objects.ts'
import { type Choice, type Draft, randomBytesFrom, type Row } from './choice.ts'

/** Parts of the least size that may stand before others; few, because they are large. */
let largeParts: readonly Buffer[] | undefined

function largePart(choice: Choice): Buffer {
  largeParts ??= [5 * 1024 ** 2, 5 * 1024 ** 2 - 1].map((size) => randomBytesFrom(size, size))
  return choice.mostly(largeParts.slice(0, 1), largeParts, 0.3)
}

interface Chosen {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
  readonly parts: readonly { readonly number: number; readonly etag: string }[]
}

const noUpload = { bucket: '', upload: undefined } as const

/** An upload under way where there is one; seldom one that is not, or under another key. */
function someUpload(choice: Choice): Chosen {
  const all = choice.model.buckets.flatMap((bucket) =>
    choice.model.uploadsOf(bucket).map((upload) => ({ bucket, upload })),
  )
  const { bucket, upload } = all.length > 0 ? choice.pick(all) : noUpload
  const parts = [...(upload?.parts.values() ?? [])]
  if (upload === undefined || choice.chance(0.05)) {
    const uploadId = choice.pick([upload?.id ?? '«u999999»', '«u999999»', 'bogus', ''])
    return { ...choice.place(), uploadId, parts }
  }
  return { bucket, key: upload.key, uploadId: upload.id, parts }
}

function createUpload(choice: Choice): Draft {
  const { bucket, key } = choice.place()
  return { method: 'POST', bucket, key, query: { uploads: '' }, headers: attributes(choice) }
}

function partNumber(choice: Choice): string {
  return choice.mostly(['1', '2', '3', '10000'], ['0', '10001', 'x', ''])
}

function putPart(choice: Choice): Draft {
  const { bucket, key, uploadId } = someUpload(choice)
  const body = choice.chance(0.03) ? largePart(choice) : choice.body()
  const query = { uploadId, partNumber: partNumber(choice) }
  const { 'x-amz-checksum-sha256': _, ...headers } = digests(choice, body)
  return { method: 'PUT', bucket, key, query, headers, body }
}

function copyPart(choice: Choice): Draft {
  const { bucket, key, uploadId } = someUpload(choice)
  const source = choice.place()
  const headers = {
    'x-amz-copy-source': copySource(choice, source),
    ...readConditions(choice, source, 'x-amz-copy-source-'),
    ...choice.headers([
      [
        0.5,
        'x-amz-copy-source-range',
        () =>
          choice.mostly(
            ['bytes=0-0', 'bytes=1-6', 'bytes=0-63'],
            ['bytes=5-2', 'bytes=3-', 'x', 'bytes=0-99999', 'bytes=90000-90001'],
            0.2,
          ),
      ],
    ]),
  }
  return {
    method: 'PUT',
    bucket,
    key,
    query: { uploadId, partNumber: partNumber(choice) },
    headers,
  }
}

function listParts(choice: Choice): Draft {
  const { bucket, key, uploadId } = someUpload(choice)
  const query = {
    uploadId,
    ...choice.headers([
      [0.4, 'max-parts', () => choice.mostly(['1', '2', '5000', ''], ['0', '-1', 'x'], 0.1)],
      [0.4, 'part-number-marker', () => choice.mostly(['0', '1', '2', '10000'], ['-1', 'x'])],
    ]),
  }
  return { method: 'GET', bucket, key, query }
}

/** Mostly the parts that are there; one of them where they are too small to stand before others. */
function complete(choice: Choice): Draft {
  const { bucket, key, uploadId, parts } = someUpload(choice)
  const sorted = [...parts].sort((a, b) => a.number - b.number)
  const some = choice.chance(0.6) ? sorted.slice(0, 1) : sorted
  const wrong = [
    sorted.toReversed(),
    [...some, ...some],
    [...some, { number: 9999, etag: 'f'.repeat(32) }],
    some.map(({ number }) => ({ number, etag: '0'.repeat(32) })),
    [],
  ]
  const listed = choice.mostly([some], wrong, 0.15)
  const Part = listed.map(({ number, etag }): Fields => ({
    PartNumber: String(number),
    ETag: choice.pick([`"${etag}"`, etag]),
  }))
  const headers = choice.headers([
    [0.05, 'if-match', () => choice.etag(bucket, key)],
    [0.05, 'if-none-match', () => '*'],
  ])
  const document = { root: 'CompleteMultipartUpload', fields: { Part } }
  return { method: 'POST', bucket, key, query: { uploadId }, headers, document }
}

/** Once more what was completed, as after a lost answer. */
function completeAgain(choice: Choice): Draft {
  const { bucket, key } = choice.place()
  const again = choice.model.completion(bucket, key)
  if (again === undefined) return complete(choice)
  const Part = again.parts.map(({ number, etag }): Fields => ({
    PartNumber: String(number),
    ETag: etag,
  }))
  const document = { root: 'CompleteMultipartUpload', fields: { Part } }
  return { method: 'POST', bucket, key, query: { uploadId: again.uploadId }, document }
}

function abort(choice: Choice): Draft {
  const { bucket, key, uploadId } = someUpload(choice)
  return { method: 'DELETE', bucket, key, query: { uploadId } }
}

export const uploadRequests: readonly Row[] = [
  [4, createUpload],
  [7, putPart],
  [3, copyPart],
  [2, listParts],
  [5, complete],
  [1, completeAgain],
  [1, abort],
]
