import { describe, expect, test } from 'vitest'
import {
  decodeXml,
  deleteObjectsDocument,
  deleteResultDocument,
  type DeleteFailure,
} from '@stowage/protocol'
import type { Clock } from '../../src/clock.ts'
import { InvalidArgumentError } from '../../src/errors.ts'
import type { Reply, RequestDescription } from '../../src/request/request.ts'
import {
  removeObjects,
  type DeleteError,
  type ObjectToRemove,
  type RemoveObjectsOptions,
} from '../../src/transfer/remove-objects.ts'
import {
  bodyText,
  checkedBody,
  FakeStore,
  queryOf,
  refusal,
  reply,
  xmlReply,
} from '../support/replies.ts'

class TestClock implements Clock {
  readonly pauses: number[] = []
  nowMs(): number {
    return 0
  }
  sleep(ms: number): Promise<void> {
    this.pauses.push(ms)
    return Promise.resolve()
  }
}

interface Identifier {
  readonly object: string
  readonly versionId?: string
}

type Objects = Iterable<ObjectToRemove> | AsyncIterable<ObjectToRemove>

/** What a store answers that removes everything but what is named here. */
function result(request: RequestDescription, errors: readonly DeleteFailure[] = []): Reply {
  const failed = new Set(errors.map(({ object }) => object))
  const deleted = asked(request).filter(({ object }) => !failed.has(object))
  return xmlReply(deleteResultDocument, { deleted, errors })
}

function asked(request: RequestDescription): readonly Identifier[] {
  const { objects } = decodeXml(deleteObjectsDocument, bodyText(request))
  return objects.map(({ object, versionId }) =>
    versionId === undefined ? { object } : { object, versionId },
  )
}

async function removeAll(
  store: FakeStore,
  objects: Objects,
  options: RemoveObjectsOptions = {},
  clock: Clock = new TestClock(),
): Promise<DeleteError[]> {
  const errors: DeleteError[] = []
  for await (const error of removeObjects(store.send, clock, 'bucket', objects, options)) {
    errors.push(error)
  }
  return errors
}

async function* keys(
  count: number,
  pulled: { count: number } = { count: 0 },
): AsyncGenerator<string> {
  for (; pulled.count < count;) {
    pulled.count++
    yield `k${pulled.count}`
  }
}

describe('removeObjects', () => {
  test('is a POST of ?delete with Content-MD5', async () => {
    const store = new FakeStore((request) => result(request))
    const objects = ['a&<b>', ' fileΩ\r\n', { object: 'c', versionId: 'v1' }, 'a&<b>']
    expect(await removeAll(store, objects, { bypassGovernance: true })).toEqual([])
    const [{ request } = { request: undefined }] = store.sent
    if (!request) throw new Error('nothing sent')
    expect(request).toMatchObject({
      operation: 'DeleteObjects',
      method: 'POST',
      bucket: 'bucket',
      errorInBody: true,
      idempotent: true,
      headers: { 'x-amz-bypass-governance-retention': 'true' },
    })
    expect(queryOf(request)).toEqual({ delete: '' })
    expect(checkedBody(request)).toBe(
      '<Delete><Object><Key>a&amp;&lt;b&gt;</Key></Object><Object><Key> fileΩ&#13;&#10;</Key></Object>' +
        '<Object><Key>c</Key><VersionId>v1</VersionId></Object><Object><Key>a&amp;&lt;b&gt;</Key></Object></Delete>',
    )
  })

  test.each([
    [0, []],
    [1, [1]],
    [1000, [1000]],
    [1001, [1000, 1]],
    [2500, [1000, 1000, 500]],
  ])('%i objects', async (count, sizes) => {
    const store = new FakeStore((request) => result(request))
    expect(await removeAll(store, keys(count))).toEqual([])
    expect(store.sent.map(({ request }) => asked(request).length)).toEqual(sizes)
  })

  test('begins when it is read, pulls as it goes, a bounded number of requests at once', async () => {
    const pulled = { count: 0 }
    let running = 0
    let most = 0
    const store = new FakeStore(async (request) => {
      running++
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      expect(pulled.count).toBeLessThanOrEqual(1000 * (store.sent.length + 1))
      running--
      return result(request)
    })
    const removal = removeObjects(store.send, new TestClock(), 'bucket', keys(7000, pulled), {
      concurrency: 2,
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(pulled.count).toBe(0)
    expect((await removal.next()).done).toBe(true)
    expect(store.sent).toHaveLength(7)
    expect(most).toBe(2)
  })

  test('yields what could not be removed, with version, code and message', async () => {
    const store = new FakeStore(() =>
      reply(
        '<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><VersionId>v</VersionId><Code>AccessDenied</Code><Message>no</Message></Error><Error><Key>c</Key><Code>MethodNotAllowed</Code></Error></DeleteResult>',
      ),
    )
    expect(await removeAll(store, ['a', { object: 'b', versionId: 'v' }, 'c'])).toEqual([
      { object: 'b', versionId: 'v', code: 'AccessDenied', message: 'no' },
      { object: 'c', versionId: undefined, code: 'MethodNotAllowed', message: '' },
    ])
  })

  test('asks once more, after a pause, for what the store was too busy for', async () => {
    const clock = new TestClock()
    const busy = ['InternalError', 'SlowDown', 'AccessDenied']
    const store = new FakeStore((request) =>
      result(
        request,
        asked(request)
          .filter(({ object }) => object !== 'fine')
          .map(({ object, versionId }, index) => ({
            object,
            versionId,
            code: store.sent.length === 1 ? (busy[index] ?? '') : 'SlowDown',
            message: 'm',
          }))
          .filter(({ object }) => store.sent.length === 1 || object === 'slow'),
      ),
    )
    const errors = await removeAll(
      store,
      ['fine', { object: 'internal', versionId: 'v' }, 'slow', 'denied'],
      {},
      clock,
    )
    expect(store.sent.map(({ request }) => asked(request))).toEqual([
      [
        { object: 'fine' },
        { object: 'internal', versionId: 'v' },
        { object: 'slow' },
        { object: 'denied' },
      ],
      [{ object: 'internal', versionId: 'v' }, { object: 'slow' }],
    ])
    expect(errors.map(({ object, code }) => [object, code])).toEqual([
      ['denied', 'AccessDenied'],
      ['slow', 'SlowDown'],
    ])
    expect(clock.pauses).toHaveLength(1)
  })

  test('asks again for a key that the answer does not name, and reports it in the end', async () => {
    const store = new FakeStore(() =>
      reply('<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>'),
    )
    const objects = ['a', 'b', { object: 'c', versionId: 'v' }]
    const found = await removeAll(store, objects)
    expect(found.map(({ object, versionId, code }) => [object, versionId, code])).toEqual([
      ['b', undefined, 'InternalError'],
      ['c', 'v', 'InternalError'],
    ])
    expect(store.sent.map(({ request }) => asked(request).length)).toEqual([3, 2])
  })

  test('tells the versions of a key apart, where the store names them', async () => {
    const store = new FakeStore(() =>
      reply('<DeleteResult><Deleted><Key>a</Key><VersionId>1</VersionId></Deleted></DeleteResult>'),
    )
    const versions = ['1', '2'].map((versionId) => ({ object: 'a', versionId }))
    expect(await removeAll(store, versions)).toMatchObject([{ object: 'a', versionId: '2' }])
  })

  test('removes one by one what XML cannot carry', async () => {
    const store = new FakeStore((request) => {
      if (request.operation === 'DeleteObjects') return result(request)
      if (request.object === 'bad\u0001') return reply('', {}, 204)
      throw refusal('AccessDenied', 403)
    })
    const objects = ['a', 'bad\u0001', { object: 'no\uffff', versionId: 'v' }, 'b']
    expect(await removeAll(store, objects)).toEqual([
      { object: 'no\uffff', versionId: 'v', code: 'AccessDenied', message: expect.any(String) },
    ])
    expect(store.sent.map(({ request }) => [request.operation, request.object])).toEqual([
      ['DeleteObject', 'bad\u0001'],
      ['DeleteObject', 'no\uffff'],
      ['DeleteObjects', undefined],
    ])
    const batch = store.sent[2]?.request
    expect(batch && asked(batch)).toEqual([{ object: 'a' }, { object: 'b' }])
  })

  test('fails where the bucket is missing, whichever way an object would go', async () => {
    for (const object of ['a', 'bad\u0001']) {
      const store = new FakeStore(() => Promise.reject(refusal('NoSuchBucket', 404)))
      await expect(removeAll(store, [object])).rejects.toMatchObject({ code: 'NoSuchBucket' })
    }
  })

  test('yields what was answered before it throws what the source threw', async () => {
    const trouble = new Error('source')
    async function* failing(): AsyncGenerator<string> {
      yield* keys(1500)
      throw trouble
    }
    const failure = { object: 'k1', code: 'AccessDenied', message: '' }
    const store = new FakeStore((request) => result(request, [failure]))
    const removal = removeObjects(store.send, new TestClock(), 'bucket', failing(), {})
    expect(await removal.next()).toMatchObject({ value: { object: 'k1' } })
    await expect(removal.next()).rejects.toBe(trouble)
    // The 500 that were not asked for yet stay.
    expect(store.sent).toHaveLength(1)
  })

  test('stops when reading is left: no more requests, the source is closed', async () => {
    let closed = false
    async function* source(): AsyncGenerator<string> {
      try {
        yield* keys(100_000)
      } finally {
        closed = true
      }
    }
    const store = new FakeStore((request) =>
      result(request, [{ object: 'k1', code: 'AccessDenied', message: '' }]),
    )
    const options = { concurrency: 1 }
    for await (const _ of removeObjects(store.send, new TestClock(), 'bucket', source(), options)) {
      break
    }
    const sent = store.sent.length
    await new Promise((resolve) => setImmediate(resolve))
    expect(store.sent).toHaveLength(sent)
    expect(sent).toBeLessThanOrEqual(2)
    expect(closed).toBe(true)
  })

  test('ends with the signal', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const store = new FakeStore(
      (_, { signal }) =>
        new Promise((__, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason))
          controller.abort(reason)
        }),
    )
    await expect(removeAll(store, ['a'], { signal: controller.signal })).rejects.toBe(reason)
  })

  test.each([
    ['objects', 'text'],
    ['objects', Buffer.from('bytes')],
    ['objects', 7],
    ['objects', undefined],
    ['objects', {}],
    ['objects', [7]],
    ['objects', [null]],
    ['objects', [{ key: 'a' }]],
    ['object', [{ object: 1 }]],
    ['object', ['']],
    ['object', ['k'.repeat(1025)]],
    ['versionId', [{ object: 'a', versionId: '' }]],
    ['versionId', [{ object: 'a', versionId: 1 }]],
  ])('wrong %s are refused without a request: %j', async (argument, objects) => {
    const store = new FakeStore((request) => result(request))
    // @ts-expect-error -- what callers without types may pass
    await expect(removeAll(store, objects)).rejects.toMatchObject({
      name: InvalidArgumentError.name,
      argument,
    })
    expect(store.sent).toEqual([])
  })

  test('wrong options are refused at once', () => {
    const { send } = new FakeStore((request) => result(request))
    // @ts-expect-error -- what callers without types may pass
    expect(() => removeObjects(send, new TestClock(), 'bucket', [], { signal: {} })).toThrow(
      expect.objectContaining({ argument: 'signal' }),
    )
    for (const concurrency of [0, 1.5, 65]) {
      expect(() => removeObjects(send, new TestClock(), 'bucket', [], { concurrency })).toThrow(
        expect.objectContaining({ argument: 'concurrency' }),
      )
    }
  })
})
