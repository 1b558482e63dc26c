import { describe, expect, it } from 'vitest'
import { httpHead, ScriptedServer } from '../../../../test/support/scripted-server.ts'
import type { Client } from '../../src/client.ts'
import type { CopyObjectOptions } from '../../src/transfer/copy-object.ts'
import { sseC, sseKms, sseS3 } from '../../src/request/sse.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { contentOf, mebibyte, partBytes } from '../support/content.ts'
import { withoutLeaks } from '../support/leaks.ts'
import {
  PartStore,
  storeError,
  type Action,
  type Answer,
  type Mischief,
} from '../support/part-store.ts'

const gibibyte = 1024 * mebibyte
const tooLarge = 5 * gibibyte + 1
const source = '/bkt/source'

async function using(test: (client: Client, store: PartStore) => Promise<void>): Promise<void> {
  await using store = await PartStore.start()
  const client = clientOf(store.endpoint, { retry: { maxAttempts: 3 } })
  await withoutLeaks(store, client, () => test(client, store))
}

const copy = (client: Client, options: CopyObjectOptions = {}): ReturnType<Client['copyObject']> =>
  client.copyObject('bkt', 'k', source, options)

const actions = (store: PartStore): Action[] => store.seen.map(({ action }) => action)

function expectNothingLeft(store: PartStore): void {
  expect(store.objects.has('/bkt/k')).toBe(false)
  expect(store.uploads.size).toBe(0)
}

/** The ranges of which the copy was made, in order. */
function rangesOf(store: PartStore): (readonly [start: number, end: number])[] {
  const { parts = [] } = store.objects.get('/bkt/k') ?? {}
  return parts.map(({ copied: [, start, end] = ['', -1, -1] }) => [start, end])
}

function expectSeamless(ranges: ReturnType<typeof rangesOf>, sizeBytes: number): void {
  let next = 0
  for (const [start, end] of ranges) {
    expect(start).toBe(next)
    next = end + 1
  }
  expect(next).toBe(sizeBytes)
}

describe('a copy', () => {
  it('of up to 5 GiB is one request', () =>
    using(async (client, store) => {
      const { etag } = store.placeHollow(source, 5 * gibibyte)
      expect((await copy(client)).etag).toBe(etag)
      expect(actions(store)).toEqual(['copy'])
    }))

  it.each([
    ['5 GiB and a byte', tooLarge, 64 * mebibyte, 81],
    ['5 TiB', 5 * 1024 * gibibyte, 5 * gibibyte, 1024],
  ])('of %s is of parts, without gaps', (_name, sizeBytes, partSize, count) =>
    using(async (client, store) => {
      store.placeHollow(source, sizeBytes)
      const options = partSize > 64 * mebibyte ? { partSize } : {}
      const { etag } = await copy(client, { ...options, concurrency: 16 })
      expect(store.objects.get('/bkt/k')).toMatchObject({ etag, sizeBytes })
      expectSeamless(rangesOf(store), sizeBytes)
      expect(rangesOf(store)).toHaveLength(count)
      expect(store.mostAtOnce).toBeLessThanOrEqual(16)
      const first = actions(store).filter((action) => action !== 'copy')
      expect(first.slice(0, 4)).toEqual(['head', 'tags', 'initiate', 'part'])
      expect(actions(store).slice(-3)).toEqual(['head', 'complete', 'head'])
      const pins = store.of('part').map(({ headers }) => headers['x-amz-copy-source-if-match'])
      expect(new Set(pins)).toEqual(new Set([`"${store.objects.get(source)?.etag}"`]))
    }),
  )

  it('tells where it is, the version and the time', () =>
    using(async (client, store) => {
      const date = 'Thu, 29 Feb 2024 10:00:00 GMT'
      store.placeHollow(source, tooLarge, { 'x-amz-version-id': 'v1', 'last-modified': date })
      store.mischief = ({ action, earlier }) =>
        action === 'head' && earlier === 2
          ? { status: 200, headers: { 'last-modified': date } }
          : undefined
      const told: unknown[] = []
      const result = await copy(client, {
        partSize: 3 * gibibyte,
        onProgress: (progress) => told.push(progress),
        concurrency: 1,
      })
      const { etag } = store.objects.get('/bkt/k') ?? {}
      const sourceVersionId = 'v1'
      expect(result).toEqual({
        etag,
        versionId: undefined,
        sourceVersionId,
        lastModified: new Date(date),
        checksums: {},
      })
      expect(told).toEqual([
        { transferred: 3 * gibibyte, total: tooLarge, part: 1 },
        { transferred: tooLarge, total: tooLarge, part: 2 },
      ])
    }))

  it('asks for the size first when it is told the size of parts', () =>
    using(async (client, store) => {
      const content = contentOf(3 * partBytes)
      store.place(source, content)
      await copy(client, { partSize: content.length })
      expect(actions(store)).toEqual(['head', 'copy'])
      await copy(client, { partSize: partBytes })
      expect(store.objects.get('/bkt/k')?.bytes.equals(content)).toBe(true)
      expect(store.sentParts()).toEqual([1, 2, 3])
    }))

  it('takes EntityTooLarge at its word, whatever the size', () =>
    using(async (client, store) => {
      store.placeHollow(source, gibibyte)
      store.mischief = ({ action }) =>
        action === 'copy' ? storeError(400, 'EntityTooLarge') : undefined
      await copy(client)
      expectSeamless(rangesOf(store), gibibyte)
    }))

  it.each(['InvalidRequest', 'AccessDenied'])('of a small object fails with %s', (code) =>
    using(async (client, store) => {
      store.place(source, contentOf(10))
      store.mischief = ({ action }) => (action === 'copy' ? storeError(400, code) : undefined)
      expect(await failureOf(copy(client))).toMatchObject({ code, operation: 'CopyObject' })
      expectNothingLeft(store)
    }),
  )

  it('fails with PreconditionFailed, also where the store answers as to a read', () =>
    using(async (client, store) => {
      store.mischief = ({ action }) => (action === 'copy' ? { status: 304 } : undefined)
      const failure = await failureOf(copy(client, { conditions: { ifNoneMatch: 'e' } }))
      expect(failure).toMatchObject({ code: 'PreconditionFailed', status: 412 })
    }))

  it('fails as it was refused when the source cannot be looked at', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      store.mischief = ({ action }) => (action === 'head' ? { status: 403 } : undefined)
      expect(await failureOf(copy(client))).toMatchObject({ code: 'InvalidRequest' })
    }))
})

describe('a copy in parts', () => {
  const described = {
    'cache-control': 'no-store',
    'content-disposition': 'inline',
    'content-encoding': 'gzip',
    'content-language': 'de',
    'content-type': 'text/x-a',
    expires: 'never',
    'x-amz-meta-a': '=?UTF-8?Q?K=C3=B6ln?=',
  }
  const notCopied = {
    'x-amz-storage-class': 'STANDARD_IA',
    'x-amz-website-redirect-location': '/elsewhere',
  }
  const tags = '<Tagging><TagSet><Tag><Key>a</Key><Value>b&amp;c</Value></Tag></TagSet></Tagging>'

  async function initiated(
    options: CopyObjectOptions,
    use: (store: PartStore) => void = () => {},
  ): Promise<Record<string, unknown>> {
    let headers = {}
    await using(async (client, store) => {
      store.placeHollow(source, tooLarge, { ...described, ...notCopied })
      store.tags.set(source, tags)
      use(store)
      await copy(client, options)
      headers = store.of('initiate')[0]?.headers ?? {}
    })
    return headers
  }

  it('has what CopyObject would have taken along, and no more', async () => {
    const headers = await initiated({})
    expect(headers).toMatchObject({ ...described, 'x-amz-tagging': 'a=b%26c' })
    expect(headers).not.toHaveProperty('x-amz-copy-source')
    for (const name of Object.keys(notCopied)) expect(headers).not.toHaveProperty(name)
  })

  it('sends metadata that came as bytes so that it can be signed', async () => {
    const headers = await initiated({}, (store) => {
      const utf8 = Buffer.from('Köln').toString('latin1')
      store.placeHollow(source, tooLarge, { 'x-amz-meta-city': utf8 })
    })
    expect(headers['x-amz-meta-city']).toBe('=?UTF-8?B?S8O2bG4=?=')
  })

  it('has what is named instead', async () => {
    const headers = await initiated({
      metadata: { b: 'c' },
      tags: {},
      sse: sseKms('key'),
      storageClass: 'GLACIER_IR',
    })
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'x-amz-meta-b': 'c',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-storage-class': 'GLACIER_IR',
    })
    expect(headers).not.toHaveProperty('x-amz-meta-a')
    expect(headers['x-amz-tagging'] ?? '').toBe('')
  })

  it('sets the tags when the store has lost them', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      store.tags.set(source, tags)
      await copy(client)
      expect(store.tags.get('/bkt/k')).toContain('<Key>a</Key><Value>b&amp;c</Value>')
    }))

  it('needs no tags of a store that knows of none', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      store.mischief = ({ action }) =>
        action === 'tags' ? storeError(501, 'NotImplemented') : undefined
      await copy(client)
      expect(store.of('initiate')[0]?.headers).not.toHaveProperty('x-amz-tagging')
    }))

  it('does not lose tags that it may not see', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      store.mischief = ({ action }) =>
        action === 'tags' ? storeError(403, 'AccessDenied') : undefined
      const failure = await failureOf(copy(client))
      expect(failure).toMatchObject({ code: 'AccessDenied', operation: 'GetObjectTagging' })
      expect(store.of('initiate')).toEqual([])
    }))

  const byDefault = (algorithm: string): Answer => {
    const rule = `<ApplyServerSideEncryptionByDefault><SSEAlgorithm>${algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault>`
    const root = 'ServerSideEncryptionConfiguration'
    return { status: 200, body: `<${root}><Rule>${rule}</Rule></${root}>` }
  }
  const noDefault = storeError(404, 'ServerSideEncryptionConfigurationNotFoundError')
  const notKnown = storeError(501, 'NotImplemented')
  const notTold = storeError(403, 'AccessDenied')

  it.each([
    ['AES256', noDefault, true],
    ['AES256', notKnown, true],
    ['AES256', notTold, false],
    ['AES256', byDefault('AES256'), false],
    ['AES256', byDefault('aws:kms'), false],
    ['aws:kms', noDefault, true],
    ['aws:kms', notKnown, true],
    ['aws:kms', notTold, true],
    ['aws:kms', byDefault('AES256'), true],
    ['aws:kms', byDefault('aws:kms'), false],
    ['aws:kms', byDefault('of tomorrow'), true],
    ['AES256', byDefault('of tomorrow'), false],
    ['AES256', storeError(400, 'InvalidRequest'), true],
    ['AES256', storeError(405, 'MethodNotAllowed'), true],
    ['aws:kms:dsse', byDefault('aws:kms'), true],
    ['aws:kms:dsse', byDefault('aws:kms:dsse'), false],
    ['of tomorrow', noDefault, false],
  ])('keeps %s unless the bucket does as much (%#)', async (algorithm, answer, isKept) => {
    const kept = {
      'x-amz-server-side-encryption': algorithm,
      ...(algorithm.startsWith('aws:') && {
        'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:eu-west-1:1:key/k',
      }),
    }
    const headers = await initiated({}, (store) => {
      store.placeHollow(source, tooLarge, kept)
      store.mischief = ({ action }) => (action === 'encryption' ? answer : undefined)
    })
    if (isKept) expect(headers).toMatchObject(kept)
    else for (const name of Object.keys(kept)) expect(headers).not.toHaveProperty(name)
  })

  it('asks nothing about encryption where there is none, or one is named', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      await copy(client)
      store.placeHollow(source, tooLarge, { 'x-amz-server-side-encryption': 'aws:kms' })
      await copy(client, { sse: sseS3() })
      const requestHeaders = { 'X-Amz-Server-Side-Encryption': 'AES256' }
      await copy(client, { requestHeaders })
      expect(store.of('encryption')).toEqual([])
      const algorithms = store
        .of('initiate')
        .map(({ headers }) => headers['x-amz-server-side-encryption'])
      expect(algorithms).toEqual([undefined, 'AES256', 'AES256'])
    }))

  it('does not go on when the question about encryption fails', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge, { 'x-amz-server-side-encryption': 'aws:kms' })
      store.mischief = ({ action }) =>
        action === 'encryption' ? storeError(404, 'NoSuchBucket') : undefined
      const failure = await failureOf(copy(client))
      expect(failure).toMatchObject({ code: 'NoSuchBucket', operation: 'GetBucketEncryption' })
      expect(store.of('initiate')).toEqual([])
    }))

  it('brings both customer keys wherever they are needed', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      const sourceSse = sseC(Buffer.alloc(32, 1))
      const sse = sseC(Buffer.alloc(32, 2))
      await copy(client, { sourceSse, sse })
      const [pin, , made] = store.of('head')
      expect(pin?.headers).toMatchObject(sourceSse.headers())
      expect(made?.headers).toMatchObject(sse.headers())
      for (const { headers } of store.of('part')) {
        expect(headers).toMatchObject({ ...sourceSse.copySourceHeaders(), ...sse.headers() })
      }
      for (const action of ['initiate', 'complete'] as const) {
        expect(store.of(action)[0]?.headers).toMatchObject(sse.headers())
      }
    }))

  it('puts the conditions to the source once, and holds on to what fulfilled them', () =>
    using(async (client, store) => {
      const { etag } = store.placeHollow(source, tooLarge)
      const conditions = { ifUnmodifiedSince: new Date(0) }
      await copy(client, { conditions, partSize: gibibyte })
      expect(store.of('head')[0]?.headers['if-unmodified-since']).toBe(
        'Thu, 01 Jan 1970 00:00:00 GMT',
      )
      for (const { headers } of store.of('part')) {
        expect(headers['x-amz-copy-source-if-match']).toBe(`"${etag}"`)
        expect(headers).not.toHaveProperty('x-amz-copy-source-if-unmodified-since')
      }
    }))

  it.each([304, 412])('fails with PreconditionFailed where HEAD answers %d', (status) =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      store.mischief = ({ action }) => (action === 'head' ? { status } : undefined)
      const failure = await failureOf(copy(client, { partSize: gibibyte }))
      expect(failure).toMatchObject({ code: 'PreconditionFailed', status: 412 })
      expectNothingLeft(store)
    }),
  )
})

describe('a source that is replaced meanwhile', () => {
  const replace =
    (store: PartStore, when: Mischief): Mischief =>
    (request) => {
      if (when(request)) store.placeHollow(source, tooLarge + 1)
      return undefined
    }

  it('is found by the parts that follow', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      const atPart3: Mischief = ({ partNumber }) => (partNumber === 3 ? 'cut' : undefined)
      store.mischief = replace(store, atPart3)
      expect(await failureOf(copy(client))).toMatchObject({ code: 'PreconditionFailed' })
      expectNothingLeft(store)
    }))

  it('is found at the end where the store heeds no conditions of parts', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      const atSecondHead: Mischief = ({ action, earlier }) =>
        action === 'head' && earlier === 1 ? 'cut' : undefined
      store.mischief = replace(store, atSecondHead)
      expect(await failureOf(copy(client))).toMatchObject({ code: 'PreconditionFailed' })
      expectNothingLeft(store)
    }))

  it('is found where the store heeds no conditions at all', () =>
    using(async (client, store) => {
      const { etag } = store.placeHollow(source, tooLarge)
      store.mischief = ({ action, earlier }) => {
        if (action !== 'head' || earlier !== 1) return undefined
        const headers = { etag: `"${etag}"`, 'last-modified': 'Thu, 29 Feb 2024 10:00:00 GMT' }
        return { status: 200, headers }
      }
      expect(await failureOf(copy(client))).toMatchObject({ name: 'IntegrityError' })
      expectNothingLeft(store)
    }))

  it('is found where nothing but its size tells, which the first answer may have got wrong', () =>
    using(async (client, store) => {
      const { etag } = store.placeHollow(source, tooLarge + 1)
      const length = (bytes: number) => ({ 'content-length': String(bytes), etag: `"${etag}"` })
      store.mischief = ({ action, earlier }) =>
        action === 'head' && earlier === 0
          ? { status: 200, headers: length(tooLarge) }
          : action === 'head'
            ? { status: 200, headers: length(tooLarge + 1) }
            : undefined
      expect(await failureOf(copy(client))).toMatchObject({ name: 'IntegrityError' })
      expectNothingLeft(store)
    }))

  it('cannot be, of a version', () =>
    using(async (client, store) => {
      store.placeHollow(`${source}?versionId=v`, tooLarge)
      store.placeHollow(source, tooLarge)
      await client.copyObject('bkt', 'k', { bucket: 'bkt', object: 'source', versionId: 'v' })
      // The copy itself is looked at as well.
      expect(store.of('head')).toHaveLength(2)
    }))
})

describe('what goes wrong', () => {
  it('is a source whose size nobody tells', async () => {
    await using server = await ScriptedServer.start([[httpHead(200, { etag: '"e"' })]])
    await using client = clientOf(server.endpoint)
    const failure = await failureOf(copy(client, { partSize: partBytes }))
    expect(failure).toMatchObject({ name: 'InvalidResponseError', operation: 'HeadObject' })
    const piece = { bucket: 'bkt', object: 'source', offset: 0, length: partBytes }
    const composed = client.composeObject('bkt', 'k', [piece, piece])
    expect(await failureOf(composed)).toMatchObject({ name: 'InvalidResponseError' })
    expect(new Set(server.requests.map(({ method }) => method))).toEqual(new Set(['HEAD']))
  })

  it('in a part, ends the copy when nothing is under way any more', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      let isOver = false
      store.mischief = async ({ action, partNumber, isCut }) => {
        if (action === 'abort') isOver = true
        if (action !== 'part') return undefined
        if (partNumber === 3) return storeError(403, 'AccessDenied')
        await new Promise((resolve) => setTimeout(resolve, 20))
        if (!isCut()) expect(isOver).toBe(false)
        return undefined
      }
      expect(await failureOf(copy(client))).toMatchObject({
        code: 'AccessDenied',
        operation: 'UploadPartCopy',
      })
      expect(store.of('abort')).toHaveLength(1)
      expectNothingLeft(store)
    }))

  it.each(['InternalError', 'SlowDown'])('passes when a part says %s behind its 200', (code) =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      store.mischief = ({ action, partNumber, earlier }) =>
        action === 'part' && partNumber === 2 && earlier === 0
          ? { status: 200, body: `\n <Error><Code>${code}</Code></Error>` }
          : undefined
      await copy(client)
      expectSeamless(rangesOf(store), tooLarge)
      expect(store.of('part').filter(({ partNumber }) => partNumber === 2)).toHaveLength(2)
    }),
  )

  it.each(['', '<CopyPartResult></CopyPartResult>', 'what?'])('%j is no part', (body) =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      store.mischief = ({ action }) => (action === 'part' ? { status: 200, body } : undefined)
      expect(await failureOf(copy(client))).toMatchObject({
        name: expect.stringMatching(/InvalidResponseError|S3Error/),
      })
      expectNothingLeft(store)
    }),
  )

  it('an answer to Complete that gets lost is found in the object', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      store.mischief = ({ action, earlier }) =>
        action === 'complete' && earlier === 0 ? 'lost' : undefined
      const { etag } = await copy(client)
      expect(etag).toBe(store.objects.get('/bkt/k')?.etag)
    }))

  it('a source without an ETag is not copied in parts', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge, { etag: '' })
      store.mischief = ({ action }) =>
        action === 'head'
          ? { status: 200, headers: { 'content-length': String(tooLarge) } }
          : undefined
      expect(await failureOf(copy(client))).toMatchObject({ name: 'InvalidResponseError' })
      expect(store.of('initiate')).toEqual([])
    }))

  it.each<[Action, number]>([
    ['copy', 0],
    ['head', 0],
    ['tags', 0],
    ['initiate', 0],
    ['part', 0],
    ['part', 7],
    ['head', 1],
    ['complete', 0],
  ])('an abort while %s %d is asked for leaves nothing', (action, index) =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      const controller = new AbortController()
      const reason = new Error('enough')
      store.mischief = async (request) => {
        if (request !== store.of(action)[index]) return undefined
        controller.abort(reason)
        while (!request.isCut()) await new Promise((resolve) => setTimeout(resolve, 1))
        return 'cut'
      }
      expect(await failureOf(copy(client, { signal: controller.signal }))).toBe(reason)
      expectNothingLeft(store)
    }),
  )

  it('a deadline is one for all requests', () =>
    using(async (client, store) => {
      store.placeHollow(source, tooLarge)
      store.mischief = async ({ action, isCut }) => {
        if (action !== 'part') return undefined
        while (!isCut()) await new Promise((resolve) => setTimeout(resolve, 1))
        return 'cut'
      }
      expect(await failureOf(copy(client, { timeout: 1000 }))).toMatchObject({ kind: 'deadline' })
      expectNothingLeft(store)
    }))
})
