import { describe, expect, it, vi } from 'vitest'
import {
  end,
  errorReply,
  httpHead,
  httpReply,
  reset,
  ScriptedServer,
  type RecordedRequest,
  type ScriptedReply,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import type { Client } from '../../src/client.ts'
import type { Send } from '../../src/request/request.ts'
import { leftUpload } from '../../src/transfer/left-uploads.ts'
import { mayBeLeft } from '../../src/transfer/lost-upload.ts'
import { clientOf, failureOf } from '../support/assembled.ts'

type Answer = readonly Step[] | ScriptedReply

const mebibyte = 1024 * 1024
const isCreate = ({ method, target }: RecordedRequest): boolean =>
  method === 'POST' && target.includes('uploads=')
const isList = ({ method, target }: RecordedRequest): boolean =>
  method === 'GET' && target.includes('uploads=')

function uploads(...rows: readonly (readonly [id: string, key: string, ageMs: number])[]): Answer {
  const texts = rows.map(([id, key, ageMs]) => {
    const initiated = new Date(Date.now() - ageMs).toISOString()
    return `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${initiated}</Initiated></Upload>`
  })
  return httpReply(
    200,
    {},
    `<ListMultipartUploadsResult>${texts.join('')}</ListMultipartUploadsResult>`,
  )
}

const created = httpReply(
  200,
  {},
  '<InitiateMultipartUploadResult><UploadId>own</UploadId></InitiateMultipartUploadResult>',
)
const completed = httpReply(
  200,
  {},
  '<CompleteMultipartUploadResult><ETag>"done"</ETag></CompleteMultipartUploadResult>',
)

/** A store whose answers to CreateMultipartUpload, in their order, are these. */
function store(creations: readonly Answer[], listing: Answer, part?: Answer) {
  let creation = 0
  return (request: RecordedRequest): Answer => {
    if (isCreate(request)) return creations[Math.min(creation++, creations.length - 1)] ?? []
    if (isList(request)) return listing
    if (request.method === 'HEAD') {
      return [httpHead(200, { etag: '"s"', 'content-length': String(12 * mebibyte) })]
    }
    if (request.target.includes('tagging')) {
      return httpReply(200, {}, '<Tagging><TagSet/></Tagging>')
    }
    if (request.method === 'DELETE') return [httpHead(204, {})]
    if (request.method === 'POST') return completed
    const copied = '<CopyPartResult><ETag>"p"</ETag></CopyPartResult>'
    const isCopy = request.header('x-amz-copy-source') !== undefined
    return part ?? (isCopy ? httpReply(200, {}, copied) : httpReply(200, { etag: '"p"' }))
  }
}

async function* stream(): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < 9; count++) yield new Uint8Array(mebibyte)
}

const transfers: Readonly<Record<string, (client: Client) => Promise<unknown>>> = {
  'putObject of bytes': (client) =>
    client.putObject('bkt', 'k', new Uint8Array(6 * mebibyte), { partSize: 5 * mebibyte }),
  'putObject of a stream': (client) => client.putObject('bkt', 'k', stream()),
  'copyObject in parts': (client) =>
    client.copyObject('bkt', 'k', 'bkt/source', { partSize: 5 * mebibyte }),
  composeObject: (client) =>
    client.composeObject('bkt', 'k', [{ bucket: 'bkt', object: 'source', offset: 1 }]),
}

interface Outcome {
  readonly outcome: unknown
  readonly requests: readonly RecordedRequest[]
}

async function run(
  transfer: (client: Client) => Promise<unknown>,
  script: (request: RecordedRequest) => Answer,
  maxAttempts: number,
): Promise<Outcome> {
  await using server = await ScriptedServer.start(script)
  await using client = clientOf(server.endpoint, { retry: { maxAttempts } })
  const outcome = await transfer(client).catch((error: unknown) => error)
  return { outcome, requests: server.requests }
}

const aborted = ({ requests }: Outcome): number =>
  requests.filter(({ method }) => method === 'DELETE').length
const mayBe = { bucket: 'bkt', object: 'k', uploadId: undefined, since: expect.any(Date) }
const lost: Readonly<Record<string, Answer>> = {
  'is cut off': [reset],
  'is cut short': ['HTTP/1.1 200 OK\r\ncontent-le', end],
  'cannot be read': httpReply(200, {}, '<InitiateMultipartUploadResult/>'),
  'is a failure of the store': errorReply(500, 'InternalError'),
  'has a status that is neither success nor refusal': [httpHead(304, {})],
}

describe.each(Object.entries(transfers))(
  '%s, when the answer that begins it',
  (_name, transfer) => {
    it.each(Object.entries(lost))('%s, says that an upload may be left', async (_case, answer) => {
      const foreign = uploads(['others', 'k', 0])
      const found = await run(transfer, store([answer], foreign), 1)
      expect(found.outcome).toBeInstanceOf(Error)
      expect(leftUpload(found.outcome)).toEqual(mayBe)
      expect(aborted(found)).toBe(0)
    })

    const unread = 'cannot be read'
    const searched = Object.entries(lost).filter(([name]) => name !== unread)
    it.each(searched)('%s, finds that none is left', async (_case, answer) => {
      const old = uploads(['old', 'k', 3_600_000], ['another', 'kk', 0])
      const found = await run(transfer, store([answer], old), 1)
      expect(found.outcome).toBeInstanceOf(Error)
      expect(leftUpload(found.outcome)).toBeUndefined()
      expect(aborted(found)).toBe(0)
    })

    it('is lost once, tells so with the result of the second attempt', async () => {
      const both = uploads(['lost', 'k', 0], ['own', 'k', 0])
      const found = await run(transfer, store([[reset], created], both), 3)
      expect(found.outcome).not.toBeInstanceOf(Error)
      expect(leftUpload(found.outcome)).toEqual(mayBe)
      const clean = await run(transfer, store([[reset], created], uploads(['own', 'k', 0])), 3)
      expect(leftUpload(clean.outcome)).toBeUndefined()
      expect(aborted(found) + aborted(clean)).toBe(0)
    })

    it('names an upload that the store does not know, says that another may be left', async () => {
      const unknown = errorReply(404, 'NoSuchUpload')
      const found = await run(transfer, store([created], uploads(['real', 'k', 0]), unknown), 1)
      expect(found.outcome).toMatchObject({ code: 'NoSuchUpload' })
      expect(leftUpload(found.outcome)).toEqual(mayBe)
      const clean = await run(transfer, store([created], uploads(), unknown), 1)
      expect(clean.outcome).toMatchObject({ code: 'NoSuchUpload' })
      expect(leftUpload(clean.outcome)).toBeUndefined()
    })

    it('is lost once, and the transfer fails, aborts its own upload alone', async () => {
      const both = uploads(['lost', 'k', 0], ['own', 'k', 0])
      const script = store([[reset], created], both, errorReply(403, 'AccessDenied'))
      const found = await run(transfer, script, 3)
      expect(leftUpload(found.outcome)).toEqual(mayBe)
      const targets = found.requests.filter(({ method }) => method === 'DELETE')
      expect(targets.map(({ target }) => target)).toEqual(['/bkt/k?uploadId=own'])
    })
  },
)

describe('a transfer whose beginning', () => {
  const [transfer] = Object.values(transfers)
  if (!transfer) throw new Error('there are several')

  it('is refused leaves nothing, and asks for nothing', async () => {
    const found = await run(transfer, store([errorReply(403, 'AccessDenied')], uploads()), 3)
    expect(leftUpload(found.outcome)).toBeUndefined()
    expect(found.requests.some(isList)).toBe(false)
  })

  it('is answered at once asks for nothing', async () => {
    const found = await run(transfer, store([created], uploads(['others', 'k', 0])), 3)
    expect(leftUpload(found.outcome)).toBeUndefined()
    expect(found.requests.some(isList)).toBe(false)
  })

  it('is lost where nobody may list says that an upload may be left', async () => {
    const script = store([[reset]], errorReply(403, 'AccessDenied'))
    expect(leftUpload((await run(transfer, script, 1)).outcome)).toEqual(mayBe)
  })

  it('is lost says so where the list of uploads has no end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let rows = 0
    const send: Send = async (request) => {
      await vi.advanceTimersByTimeAsync(100)
      const name = `k${String(rows++).padStart(9, '0')}`
      const row = `<Upload><Key>${name}</Key><UploadId>u</UploadId></Upload>`
      const more = `<IsTruncated>true</IsTruncated><NextKeyMarker>${name}</NextKeyMarker>`
      const text = `<ListMultipartUploadsResult>${more}${row}</ListMultipartUploadsResult>`
      return request.read({ status: 200, headers: {}, body: Buffer.from(text) })
    }
    const watched: Send = async (request, options) => {
      options.signal?.throwIfAborted()
      return send(request, options)
    }
    const beginning = { bucket: 'bkt', object: 'k', since: new Date(0) }
    expect(await mayBeLeft(watched, beginning, undefined, {})).toBe(true)
    vi.useRealTimers()
  })

  it('is aborted or too late says so, and does not search', async () => {
    const silent: ScriptedReply = { after: 'head', steps: [] }
    await using server = await ScriptedServer.start(store([silent], uploads()))
    await using client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
    const data = new Uint8Array(6 * mebibyte)
    const call = { partSize: 5 * mebibyte }
    const late = await failureOf(client.putObject('bkt', 'k', data, { ...call, timeout: 50 }))
    expect(late).toMatchObject({ kind: 'deadline' })
    const controller = new AbortController()
    const pending = client.putObject('bkt', 'k', data, { ...call, signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 20)
    const enough = await failureOf(pending)
    for (const failure of [late, enough]) expect(leftUpload(failure)).toEqual(mayBe)
    expect(server.requests.some(isList)).toBe(false)
  })
})
