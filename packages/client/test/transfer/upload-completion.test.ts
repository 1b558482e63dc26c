import { describe, expect, it } from 'vitest'
import type { ObjectData } from '../../src/request/source-body.ts'
import type { PutObjectOptions } from '../../src/transfer/put-object.ts'
import { assembledFor } from '../support/assembled.ts'
import { contentOf, mebibyte, partBytes, piecesOf } from '../support/content.ts'
import { PartStore, storeError, type Answer, type Mischief } from '../support/part-store.ts'
import { uploadData } from '../../src/transfer/put-object.ts'

const content = contentOf(2 * partBytes + 1)

interface Outcome {
  readonly store: PartStore
  readonly result: unknown
}

async function upload(
  mischief: (store: PartStore) => Mischief,
  options: PutObjectOptions = {},
  data: ObjectData = content,
): Promise<Outcome> {
  await using store = await PartStore.start()
  store.mischief = mischief(store)
  await using parts = assembledFor(store.endpoint)
  const all = { partSize: partBytes, ...options }
  const call = uploadData(parts.pipeline, 'bkt', 'k', data, all)
  return { store, result: await call.catch((error: unknown) => ({ failure: error })) }
}

const errorInBody = (code: string): { status: number; body: string } => ({
  status: 200,
  body: `<?xml version="1.0"?>\n   <Error><Code>${code}</Code></Error>`,
})

describe('the answer to Complete', () => {
  it('with an error in its body is one', async () => {
    const { store, result } = await upload(
      () =>
        ({ action }) =>
          action === 'complete' ? errorInBody('AccessDenied') : undefined,
    )
    expect(result).toMatchObject({ failure: { name: 'S3Error', code: 'AccessDenied' } })
    expect(store.uploads.size).toBe(0)
    expect(store.objects.size).toBe(0)
  })

  it('with a passing error in its body is asked for again', async () => {
    const { store, result } = await upload(
      () =>
        ({ action, earlier }) =>
          action === 'complete' && earlier === 0 ? errorInBody('InternalError') : undefined,
    )
    expect(result).toMatchObject({ etag: store.objects.get('/bkt/k')?.etag })
    expect(store.of('complete')).toHaveLength(2)
  })

  it.each(['', '<CompleteMultipartUploadResult/>', 'what?'])(
    'of %j is no success',
    async (body) => {
      const { result } = await upload(
        () =>
          ({ action }) =>
            action === 'complete' ? { status: 200, body } : undefined,
      )
      expect(result).toMatchObject({ failure: { name: /InvalidResponseError|S3Error/ } })
    },
  )

  it('needs but an ETag', async () => {
    const root = 'CompleteMultipartUploadResult'
    const { result } = await upload(
      () =>
        ({ action }) =>
          action === 'complete'
            ? { status: 200, body: `<${root}><ETag>e-3</ETag></${root}>` }
            : undefined,
    )
    expect(result).toMatchObject({ etag: 'e-3' })
  })

  const lost: Mischief = ({ action, earlier }) =>
    action === 'complete' && earlier === 0 ? 'lost' : undefined

  it.each<[string, () => ObjectData]>([
    ['bytes', () => content],
    ['a source of unknown length', () => piecesOf(content, mebibyte)],
  ])('that gets lost, for %s, is found in the object', async (_name, data) => {
    const { store, result } = await upload(() => lost, {}, data())
    expect(result).toMatchObject({ etag: store.objects.get('/bkt/k')?.etag })
    expect(store.seen.slice(-3).map(({ action }) => action)).toEqual([
      'complete',
      'complete',
      'head',
    ])
  })

  it('that gets lost, under a condition that its own object fails, is found as well', async () => {
    const mischief =
      (): Mischief =>
      ({ action, earlier }) => {
        if (action !== 'complete') return undefined
        return earlier === 0 ? 'lost' : storeError(412, 'PreconditionFailed')
      }
    const options = { conditions: { ifNoneMatch: '*' } }
    const { store, result } = await upload(mischief, options)
    expect(result).toMatchObject({ etag: store.objects.get('/bkt/k')?.etag })
  })

  it('that gets lost is no success when the object is somebody else’s', async () => {
    const other = Buffer.from(content)
    other[0] = 1 + (other[0] ?? 0)
    for (const [bytes, suffix] of [
      [content.subarray(1), '-3'],
      [other, '-3'],
      [content, ''],
    ] as const) {
      const { result } = await upload((store) => (request) => {
        if (request.action === 'head') {
          const object = store.place('/bkt/k', bytes)
          store.objects.set('/bkt/k', { ...object, etag: object.etag + suffix })
        }
        return lost(request)
      })
      expect(result).toMatchObject({ failure: { name: 'S3Error', code: 'NoSuchUpload' } })
    }
  })

  it('NoSuchUpload the first time is what it says', async () => {
    const { store, result } = await upload(
      () =>
        ({ action }) =>
          action === 'complete' ? storeError(404, 'NoSuchUpload') : undefined,
    )
    expect(result).toMatchObject({ failure: { code: 'NoSuchUpload' } })
    expect(store.of('head')).toEqual([])
  })
})

it('an upload that is lost on the way is begun again', async () => {
  const { store, result } = await upload(
    () =>
      ({ action, earlier }) =>
        action === 'initiate' && earlier === 0 ? 'cut' : undefined,
  )
  expect(result).toMatchObject({ etag: store.objects.get('/bkt/k')?.etag })
  expect(store.uploads.size).toBe(0)
})

describe('tags of an upload in parts', () => {
  const options = { tags: { a: 'b' } }
  const kept = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'

  it('are set when the store has lost them', async () => {
    const { store } = await upload(() => () => undefined, options)
    expect(store.tags.get('/bkt/k')).toContain('<Tag><Key>a</Key><Value>b</Value></Tag>')
  })

  it.each<[string, Answer]>([
    ['are there', { status: 200, body: kept }],
    ['may not be looked at', storeError(403, 'AccessDenied')],
  ])('stay as they are where they %s', async (_name, answer) => {
    const { store, result } = await upload(
      () =>
        ({ action }) =>
          action === 'tags' ? answer : undefined,
      options,
    )
    expect(result).toMatchObject({ etag: store.objects.get('/bkt/k')?.etag })
    expect(store.of('initiate')[0]?.headers['x-amz-tagging']).toBe('a=b')
    expect(store.of('set tags')).toEqual([])
  })

  it('are no question where there are none', async () => {
    const { store } = await upload(() => () => undefined)
    expect(store.of('tags')).toEqual([])
  })
})
