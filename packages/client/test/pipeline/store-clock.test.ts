import { describe, expect, it } from 'vitest'
import {
  errorReply,
  httpReply,
  ScriptedServer,
  type RecordedRequest,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import { presignedGetObject } from '../../src/operations/presign.ts'
import { statObject } from '../../src/operations/stat-object.ts'
import { StoreClock } from '../../src/pipeline/store-clock.ts'
import { assembledFor, failureOf, putText, VirtualClock } from '../support/assembled.ts'

const hourMs = 3_600_000
const clientNow = Date.UTC(2026, 0, 2, 3, 4, 5)
const ahead = clientNow + hourMs

function dateOf(request: RecordedRequest): string | undefined {
  return request.header('x-amz-date')
}

/** A store whose clock shows `now`, and which refuses all others. */
function storeAt(now: number): (request: RecordedRequest) => readonly Step[] {
  const date = new Date(now).toUTCString()
  return (request) => {
    const text = dateOf(request) ?? ''
    const seconds = text.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')
    if (Math.abs(Date.parse(seconds) - now) < 900_000) return httpReply(200, { etag: '"e"', date })
    return request.method === 'HEAD'
      ? httpReply(403, { date })
      : errorReply(403, 'RequestTimeTooSkewed', {}, { date })
  }
}

describe('a clock that is off', () => {
  it.each([
    ['put', () => putText('x')],
    ['stat', () => statObject('bkt', 'k', {})],
  ])('is corrected once by a %s, for all that follows', async (_name, request) => {
    await using server = await ScriptedServer.start(storeAt(ahead))
    await using parts = assembledFor(server.endpoint, { clock: new VirtualClock(clientNow) })
    await parts.pipeline.send<unknown>(request(), {})
    await parts.pipeline.send<unknown>(request(), {})
    expect(server.requests.map(dateOf)).toEqual([
      '20260102T030405Z',
      '20260102T040405Z',
      '20260102T040405Z',
    ])
    const url = await parts.presigner.url(presignedGetObject('bkt', 'k', {}), {})
    expect(url).toContain('X-Amz-Date=20260102T040405Z')
  })

  it('is corrected at most once in a call', async () => {
    await using server = await ScriptedServer.start((_request, index) => {
      const date = new Date(clientNow + (index + 1) * hourMs).toUTCString()
      return errorReply(403, 'RequestTimeTooSkewed', {}, { date })
    })
    await using parts = assembledFor(server.endpoint, { clock: new VirtualClock(clientNow) })
    const failure = await failureOf(parts.pipeline.send(putText('x'), {}))
    expect(failure).toMatchObject({ code: 'RequestTimeTooSkewed', attempts: 2 })
    expect(server.requests).toHaveLength(2)
  })

  it.each(['', 'yesterday', new Date(clientNow + 60_000).toUTCString()])(
    'is not corrected by the Date %j',
    async (date) => {
      await using server = await ScriptedServer.start([
        errorReply(403, 'RequestTimeTooSkewed', {}, { date }),
      ])
      await using parts = assembledFor(server.endpoint, { clock: new VirtualClock(clientNow) })
      await failureOf(parts.pipeline.send(putText('x'), {}))
      expect(server.requests).toHaveLength(1)
    },
  )

  it.each([Date.UTC(2099, 0, 1), Date.UTC(1970, 0, 2), clientNow + 48 * hourMs])(
    'is not corrected to a time that is far off, over plain http: %i',
    async (now) => {
      for (const request of [putText('x'), statObject('bkt', 'k', {})]) {
        await using server = await ScriptedServer.start(storeAt(now))
        await using parts = assembledFor(server.endpoint, { clock: new VirtualClock(clientNow) })
        await failureOf(parts.pipeline.send<unknown>(request, {}))
        expect(server.requests).toHaveLength(1)
        const url = await parts.presigner.url(presignedGetObject('bkt', 'k', {}), {})
        expect(url).toContain('X-Amz-Date=20260102T030405Z')
      }
    },
  )

  it('is believed to be far off by who has the certificate of the store', () => {
    const clock = new StoreClock(new VirtualClock(0), true)
    expect(clock.correct(clientNow)).toBe(true)
    expect(clock.nowMs()).toBe(clientNow)
  })

  it('is not suspected when a GET is refused for another reason', async () => {
    const date = new Date(ahead).toUTCString()
    await using server = await ScriptedServer.start([errorReply(403, 'AccessDenied', {}, { date })])
    await using parts = assembledFor(server.endpoint, { clock: new VirtualClock(clientNow) })
    await failureOf(parts.pipeline.send(putText('x'), {}))
    expect(server.requests).toHaveLength(1)
  })
})
