import { emptySha256 } from '@stowage/protocol'
import { describe, expect, it } from 'vitest'

import { additionsTo } from './support/additions.ts'
import {
  craft,
  craftSignedStream,
  craftUnsignedStream,
  streamedData,
  withFrames,
  type CraftInput,
} from './support/crafted.ts'
import { allDrivers } from './support/drivers.ts'
import { storeKinds } from './support/fixture.ts'
import { mutationsOf } from '../support/mutations.ts'
import { changed, headerOf, type RecordedRequest } from '../support/recorded-request.ts'
import { attack, record, replay, startSeeded } from './support/replay.ts'
import { scenariosFor } from './support/scenarios.ts'

describe.each(allDrivers)('added to what was signed: $name', (kind) => {
  it.each(scenariosFor(kind))('$name', async (scenario) => {
    for (const request of await record(kind, scenario)) {
      await using seeded = await startSeeded()
      const attempts = additionsTo(request)
      expect(attempts.length).toBeGreaterThan(20)
      const { accepted, before, after } = await attack(seeded, attempts)
      expect(accepted).toEqual([])
      expect(after).toEqual(before)
      expect((await replay(seeded.server.port, request)).status).toBeLessThan(300)
    }
  })
})

const minuteMs = 60_000

/** The code of the answer when the request comes that much later, or its status when it is taken. */
async function answerAt(request: RecordedRequest, laterMs: number): Promise<string | number> {
  const at = Date.now() + laterMs
  await using seeded = await startSeeded(() => new Date(at))
  // A HEAD has no document to tell the code in.
  const { status, code } = await replay(seeded.server.port, request)
  return status < 300 ? 'taken' : code === '' ? status : code
}

describe.each(allDrivers)('replayed later: $name', (kind) => {
  it.each(scenariosFor(kind))('$name', async (scenario) => {
    for (const request of await record(kind, scenario)) {
      const presigned = request.target.includes('X-Amz-Expires')
      const head = request.method === 'HEAD'
      expect(await answerAt(request, 9 * minuteMs)).toBe('taken')
      const late = presigned ? 'AccessDenied' : head ? 403 : 'RequestTimeTooSkewed'
      expect(await answerAt(request, (presigned ? 10 : 15) * minuteMs + 2000)).toBe(late)
      // The request is signed a moment before it is replayed, so this is more than 15 minutes.
      expect(await answerAt(request, -16 * minuteMs)).toBe(late)
    }
  })
})

describe('requests that are signed for something else', () => {
  const body = Buffer.from('new')
  const rows: readonly (readonly [what: string, input: CraftInput, code: string])[] = [
    ['another region', { body, region: 'eu-west-1' }, 'AuthorizationHeaderMalformed'],
    ['another service', { body, service: 's3tables' }, 'AuthorizationHeaderMalformed'],
    ['the token service', { body, service: 'sts' }, 'AuthorizationHeaderMalformed'],
    ['another day', { body, day: '20200101' }, 'AccessDenied'],
    [
      // The signature in the header is right and covers the query, so this alone is wrong.
      'a query that claims a signature too',
      { body, target: `/seeded/present?X-Amz-Algorithm=${'A'.repeat(9)}&X-Amz-Signature=0` },
      'InvalidRequest',
    ],
    ['any host', { body, signsHost: false }, 'AuthorizationHeaderMalformed'],
    ['no body', { body, payloadHash: emptySha256 }, 'XAmzContentSHA256Mismatch'],
    ['a made-up payload', { body, payloadHash: 'STREAMING-NOTHING' }, 'InvalidArgument'],
    ['63 digits', { body, payloadHash: emptySha256.slice(1) }, 'InvalidArgument'],
  ]

  it.each(rows)('%s', async (what, input, code) => {
    await using seeded = await startSeeded()
    const { request } = craft(input)
    const { accepted, before, after } = await attack(seeded, [{ what, request }])
    expect(accepted).toEqual([])
    expect(after).toEqual(before)
    expect((await replay(seeded.server.port, request)).code).toBe(code)
  })

  it('takes the same request for the right thing', async () => {
    await using seeded = await startSeeded()
    expect((await replay(seeded.server.port, craft({ body }).request)).status).toBe(200)
  })
})

describe('STREAMING-UNSIGNED-PAYLOAD-TRAILER with a made-up signature', () => {
  it.each([
    ['in the header', false],
    ['in the query', true],
  ])('%s', async (what, inQuery) => {
    await using seeded = await startSeeded()
    const request = craftUnsignedStream(inQuery)
    const extracting = changed(request, {
      headers: [...request.headers, ['x-amz-meta-snowball-auto-extract', 'true']],
    })
    const { accepted, before, after } = await attack(seeded, [
      { what, request },
      { what: `${what}, to be extracted`, request: extracting },
    ])
    expect(accepted).toEqual([])
    expect(after).toEqual(before)
    expect((await replay(seeded.server.port, request)).code).toBe('SignatureDoesNotMatch')
  })
})

const streams = [false, true].flatMap((trailer) => storeKinds.map((store) => ({ trailer, store })))

describe.each(streams)('signed chunks, trailer $trailer, $store', ({ trailer, store }) => {
  it('refuses one changed byte', async () => {
    await using seeded = await startSeeded(undefined, store)
    const { request } = craftSignedStream(trailer)
    const { accepted, before, after } = await attack(seeded, mutationsOf(request))
    expect(accepted).toEqual([])
    expect(after).toEqual(before)
    expect((await replay(seeded.server.port, request)).status).toBe(200)
    expect(await seeded.witness.get('seeded', 'present')).toEqual(Buffer.concat(streamedData))
  })

  it('refuses chunks that are moved, dropped, repeated or of another request', async () => {
    await using seeded = await startSeeded(undefined, store)
    const { request, frames } = craftSignedStream(trailer)
    const [first, second, third, end] = frames
    if (!first || !second || !third || !end) throw new Error('there are four frames')
    const other = craftSignedStream(!trailer).frames
    const unsignedEnd = Buffer.from(end.toString().replace(/;chunk-signature=\w+/, ''))
    const orders: readonly (readonly Buffer[])[] = [
      [second, first, third, end],
      [first, third, end],
      [first, first, second, third, end],
      [first, second, third],
      [first, second, third, end, end],
      [first, second, third, end, first],
      [first, second, third, unsignedEnd],
      [first, second, third, Buffer.from('0\r\n\r\n')],
      [first, second, end, third],
      [end],
      [],
      [...frames.slice(0, 3), ...other.slice(3)],
      ...other.slice(0, 3).map((frame, index) => frames.with(index, frame)),
    ]
    const { accepted, before, after } = await attack(
      seeded,
      orders.map((order, index) => ({
        what: `order ${index}`,
        request: withFrames(request, order),
      })),
    )
    expect(accepted).toEqual([])
    expect(after).toEqual(before)
    expect(headerOf(request, 'x-amz-trailer') !== undefined).toBe(trailer)
  })
})
