import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  end,
  httpHead,
  httpReply,
  ScriptedServer,
  type RecordedRequest,
  type Script,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import { IntegrityError } from '../../src/errors.ts'
import { clientOf, failureOf } from '../support/assembled.ts'

const partSize = 64 * 1024
const content = Buffer.alloc(2 * partSize + 1000, 'abcdefg')
const total = content.length

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stowage-agree-'))
})
beforeEach(async () => {
  for (const name of await readdir(folder)) await rm(join(folder, name))
})
afterAll(() => rm(folder, { recursive: true }))

type Headers = Readonly<Record<string, string>>

const common: Headers = { etag: '"e"', 'x-amz-version-id': 'v1', connection: 'keep-alive' }

/** Answers a range of the content. */
function ranged(request: RecordedRequest, headers: Headers = {}, said = total): readonly Step[] {
  const [, from = '0', to = ''] =
    /^bytes=([0-9]+)-([0-9]*)$/.exec(request.header('range') ?? '') ?? []
  const last = Math.min(to === '' ? total - 1 : Number(to), total - 1)
  const range = { 'content-range': `bytes ${from}-${last}/${said}` }
  const bytes = content.subarray(Number(from), last + 1)
  return httpReply(206, { ...common, ...range, ...headers }, bytes)
}

function head(length: number, headers: Headers = {}): readonly Step[] {
  return [httpHead(200, { ...common, 'content-length': String(length), ...headers })]
}

async function download(script: Script, resume = false): Promise<unknown> {
  await using server = await ScriptedServer.start(script)
  await using client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
  return await client.fGetObject('bkt', 'k', join(folder, 'file'), { partSize, resume })
}

const lies: Readonly<Record<string, Script>> = {
  'HEAD says less than each Content-Range': (request) =>
    request.method === 'HEAD' ? head(partSize) : ranged(request),
  'HEAD says one byte less': (request) =>
    request.method === 'HEAD' ? head(total - 1) : ranged(request),
  'HEAD says nothing of the size': (request) =>
    request.method === 'HEAD' ? head(0) : httpReply(200, common, content),
  'one Content-Range says more': (request) => {
    if (request.method === 'HEAD') return head(total)
    return ranged(request, {}, request.header('range')?.startsWith('bytes=0-') ? total : total + 1)
  },
  'one part has another ETag': (request) => {
    if (request.method === 'HEAD') return head(total)
    const isFirst = request.header('range')?.startsWith('bytes=0-') === true
    return ranged(request, isFirst ? {} : { etag: '"other"' })
  },
  'one part is of another version': (request) => {
    if (request.method === 'HEAD') return head(total)
    const isFirst = request.header('range')?.startsWith('bytes=0-') === true
    return ranged(request, isFirst ? {} : { 'x-amz-version-id': 'v2' })
  },
}

describe('fGetObject', () => {
  it.each(Object.entries(lies))('makes no file where %s', async (_name, script) => {
    for (const resume of [false, true]) {
      expect(await failureOf(download(script, resume))).toBeInstanceOf(IntegrityError)
      expect(await readdir(folder)).toEqual([])
    }
  })

  it('makes the file where all answers agree, or leave out what they need not say', async () => {
    await download((request) => (request.method === 'HEAD' ? head(total) : ranged(request)))
    const silent = (request: RecordedRequest): readonly Step[] => {
      const steps = ranged(request, { 'x-amz-version-id': 'v1' })
      return steps.map((step) =>
        typeof step === 'string' ? step.replace(`/${total}`, '/*') : step,
      )
    }
    await download((request) => (request.method === 'HEAD' ? head(total) : silent(request)))
    expect(await readdir(folder)).toEqual(['file'])
  })
})

describe('getObject, when it goes on after a cut', () => {
  const first = [
    httpHead(200, { ...common, 'content-length': String(total) }),
    content.subarray(0, 1000),
    end,
  ]
  const changes: Readonly<Record<string, (request: RecordedRequest) => readonly Step[]>> = {
    'another size': (request) => ranged(request, {}, total + 1),
    'another ETag': (request) => ranged(request, { etag: '"other"' }),
    'another version': (request) => ranged(request, { 'x-amz-version-id': 'v2' }),
  }
  it.each(Object.entries(changes))('does not take the rest with %s', async (_name, rest) => {
    await using server = await ScriptedServer.start((request, index) =>
      index === 0 ? first : rest(request),
    )
    await using client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
    const reader = await client.getObject('bkt', 'k')
    expect(await failureOf(reader.bytes())).toBeInstanceOf(IntegrityError)
  })

  it('takes the rest of the same object', async () => {
    await using server = await ScriptedServer.start((request, index) =>
      index === 0 ? first : ranged(request),
    )
    await using client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
    const bytes = await (await client.getObject('bkt', 'k')).bytes()
    expect(content.equals(bytes)).toBe(true)
  })
})

describe('an object that is made in parts', () => {
  const mebibyte = 1024 * 1024
  const source = { ...common, 'content-length': String(12 * mebibyte) }
  const copying =
    (change: {
      readonly part?: Headers
      readonly completed?: string
      readonly source?: (index: number) => Headers
    }): Script =>
    ({ method, target }, index) => {
      if (method === 'HEAD') return [httpHead(200, { ...source, ...change.source?.(index) })]
      if (target.includes('tagging')) return httpReply(200, {}, '<Tagging><TagSet/></Tagging>')
      if (method === 'PUT') {
        const result = '<CopyPartResult><ETag>"p"</ETag></CopyPartResult>'
        return httpReply(200, change.part ?? {}, result)
      }
      if (method === 'DELETE') return [httpHead(204, {})]
      if (target.includes('uploads=')) {
        const result = '<UploadId>u</UploadId></InitiateMultipartUploadResult>'
        return httpReply(200, {}, `<InitiateMultipartUploadResult>${result}`)
      }
      const etag = change.completed ?? `${'0'.repeat(32)}-3`
      const result = `<ETag>"${etag}"</ETag></CompleteMultipartUploadResult>`
      return httpReply(200, {}, `<CompleteMultipartUploadResult>${result}`)
    }

  async function compose(script: Script): Promise<unknown> {
    await using server = await ScriptedServer.start(script)
    await using client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
    const from = { bucket: 'bkt', object: 'source', offset: 1 * mebibyte }
    return await client.composeObject('bkt', 'k', [from], { partSize: 5 * mebibyte })
  }

  it('is what was asked for, where all answers agree', async () => {
    expect(await compose(copying({ part: { 'x-amz-copy-source-version-id': 'v1' } }))).toBeDefined()
  })

  it.each(
    Object.entries({
      'copied from another version': copying({ part: { 'x-amz-copy-source-version-id': 'v2' } }),
      'made of another number of parts': copying({ completed: `${'0'.repeat(32)}-2` }),
      'of a source whose size changes': copying({
        source: (index) => ({ 'content-length': String((12 + Math.sign(index)) * mebibyte) }),
      }),
    }),
  )('is an error where it is %s', async (_name, script) => {
    expect(await failureOf(compose(script))).toBeInstanceOf(IntegrityError)
  })
})
