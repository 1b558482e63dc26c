import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  errorReply,
  httpHead,
  httpReply,
  ScriptedServer,
  type RecordedRequest,
  type Script,
  type Step,
} from '../../../../test/support/scripted-server.ts'
import { clientOf, failureOf } from '../support/assembled.ts'

/** The region that a request is signed for. */
function regionOf(request: RecordedRequest): string | undefined {
  return request.header('authorization')?.split('/')[2]
}

/** Answers like a store in `home`: what is signed for elsewhere gets `refusal`. */
function storeIn(
  home: string,
  refusal: (request: RecordedRequest) => readonly Step[],
): (request: RecordedRequest) => readonly Step[] {
  return (request) =>
    regionOf(request) === home ? httpReply(200, { etag: '"e"' }) : refusal(request)
}

const location = (region: string): readonly Step[] =>
  httpReply(200, {}, `<LocationConstraint>${region}</LocationConstraint>`)

const refusals: Readonly<Record<string, readonly Step[]>> = {
  '301 with a header': errorReply(
    301,
    'PermanentRedirect',
    {},
    { 'x-amz-bucket-region': 'eu-x-1' },
  ),
  '301 with a header and no body': httpReply(301, { 'x-amz-bucket-region': 'eu-x-1' }),
  '301 with an element': errorReply(301, 'PermanentRedirect', { Region: 'eu-x-1' }),
  '400 with an element': errorReply(400, 'AuthorizationHeaderMalformed', { Region: 'eu-x-1' }),
  '307 with a header': errorReply(
    307,
    'TemporaryRedirect',
    {},
    { 'x-amz-bucket-region': 'eu-x-1' },
  ),
}

describe('a refusal that names the region', () => {
  it.each(Object.entries(refusals))('%s: is corrected once, and kept', async (_case, refusal) => {
    await using server = await ScriptedServer.start(storeIn('eu-x-1', () => refusal))
    await using client = clientOf(server.endpoint)
    await client.putObject('bkt', 'k', 'x')
    await client.putObject('bkt', 'k', 'x')
    expect(server.requests.map(regionOf)).toEqual(['us-east-1', 'eu-x-1', 'eu-x-1'])
  })

  it('is corrected for requests without a bucket, and kept for those', async () => {
    const refusal = errorReply(400, 'AuthorizationHeaderMalformed', { Region: 'eu-x-1' })
    const buckets = httpReply(200, {}, '<ListAllMyBucketsResult/>')
    await using server = await ScriptedServer.start((request) =>
      regionOf(request) === 'eu-x-1' ? buckets : refusal,
    )
    await using client = clientOf(server.endpoint)
    await client.listBuckets().toArray()
    await client.listBuckets().toArray()
    expect(server.requests.map(regionOf)).toEqual(['us-east-1', 'eu-x-1', 'eu-x-1'])
  })

  it('is corrected where a bucket is made, and kept for it', async () => {
    const refusal = errorReply(400, 'AuthorizationHeaderMalformed', { Region: 'eu-x-1' })
    await using server = await ScriptedServer.start(storeIn('eu-x-1', () => refusal))
    await using client = clientOf(server.endpoint)
    await client.makeBucket('bkt')
    await client.putObject('bkt', 'k', 'x')
    expect(server.requests.map(regionOf)).toEqual(['us-east-1', 'eu-x-1', 'eu-x-1'])
    // The default region is said by no document at all.
    expect(server.requests[0]?.body.toString()).toBe('')
  })

  it('is corrected where one asks whether there is a bucket', async () => {
    const refusal = httpReply(301, { 'x-amz-bucket-region': 'eu-x-1' })
    await using server = await ScriptedServer.start(storeIn('eu-x-1', () => refusal))
    await using client = clientOf(server.endpoint)
    expect(await client.bucketExists('bkt')).toBe(true)
    expect(server.requests.map(regionOf)).toEqual(['us-east-1', 'eu-x-1'])
  })

  it('is corrected for a stat, too', async () => {
    const refusal = httpReply(400, { 'x-amz-bucket-region': 'eu-x-1' })
    await using server = await ScriptedServer.start(storeIn('eu-x-1', () => refusal))
    await using client = clientOf(server.endpoint)
    await client.statObject('bkt', 'k')
    expect(server.requests.map(regionOf)).toEqual(['us-east-1', 'eu-x-1'])
  })

  it('teaches one bucket only', async () => {
    const refusal = httpReply(301, { 'x-amz-bucket-region': 'eu-x-1' })
    await using server = await ScriptedServer.start((request) =>
      request.target.startsWith('/there/')
        ? storeIn('eu-x-1', () => refusal)(request)
        : httpReply(200, { etag: '"e"' }),
    )
    await using client = clientOf(server.endpoint)
    await client.statObject('there', 'k')
    await client.statObject('here', 'k')
    expect(server.requests.map(regionOf)).toEqual(['us-east-1', 'eu-x-1', 'us-east-1'])
  })

  it('is corrected on presigned URLs afterwards', async () => {
    const refusal = httpReply(301, { 'x-amz-bucket-region': 'eu-x-1' })
    await using server = await ScriptedServer.start(storeIn('eu-x-1', () => refusal))
    await using client = clientOf(server.endpoint)
    await client.statObject('bkt', 'k')
    expect(await client.presignedGetObject('bkt', 'k')).toContain('%2Feu-x-1%2Fs3%2F')
  })

  it('ends the call when it comes twice', async () => {
    await using server = await ScriptedServer.start((_request, index) =>
      errorReply(301, 'PermanentRedirect', { Region: `eu-x-${index}` }),
    )
    await using client = clientOf(server.endpoint)
    const error = await failureOf(client.putObject('bkt', 'k', 'x'))
    expect(error).toMatchObject({ code: 'PermanentRedirect', attempts: 2 })
    expect(server.requests).toHaveLength(2)
  })

  it('ends the call when it names the region that was tried', async () => {
    await using server = await ScriptedServer.start([
      errorReply(301, 'PermanentRedirect', { Region: 'us-east-1' }),
    ])
    await using client = clientOf(server.endpoint)
    await failureOf(client.putObject('bkt', 'k', 'x'))
    expect(server.requests).toHaveLength(1)
  })

  it('changes nothing for a client with a fixed region, or a call with its own', async () => {
    const refusal = errorReply(301, 'PermanentRedirect', { Region: 'eu-x-1' })
    await using server = await ScriptedServer.start(storeIn('eu-x-1', () => refusal))
    await using fixed = clientOf(server.endpoint, { region: 'eu-y-1' })
    await failureOf(fixed.putObject('bkt', 'k', 'x'))
    await using client = clientOf(server.endpoint)
    await failureOf(client.putObject('bkt', 'k', 'x', { region: 'eu-z-1' }))
    expect(server.requests.map(regionOf)).toEqual(['eu-y-1', 'eu-z-1'])
  })
})

describe('a hostile region', () => {
  it.each(['evil.example/#', 'evil.example', 'a'.repeat(33), 'é', ' ', 'x:y@z', '..'])(
    '%j is refused',
    async (region) => {
      await using server = await ScriptedServer.start((request) =>
        request.method === 'HEAD'
          ? httpReply(400)
          : request.target.endsWith('?location=')
            ? location(region)
            : errorReply(301, 'PermanentRedirect', { Region: region }),
      )
      await using client = clientOf(server.endpoint)
      await failureOf(client.putObject('bkt', 'k', 'x'))
      await failureOf(client.statObject('bkt', 'k'))
      expect(new Set(server.requests.map(regionOf))).toEqual(new Set(['us-east-1']))
      expect(server.requests.length).toBeLessThan(5)
    },
  )
})

describe('a refusal that says nothing', () => {
  it.each([400, 301])('%i to HEAD: the bucket is asked where it is', async (status) => {
    await using server = await ScriptedServer.start((request) =>
      request.target.endsWith('?location=')
        ? location('eu-x-1')
        : storeIn('eu-x-1', () => httpReply(status))(request),
    )
    await using client = clientOf(server.endpoint)
    await client.statObject('bkt', 'k')
    await client.statObject('bkt', 'k')
    expect(server.requests.map(({ target }) => target)).toEqual([
      '/bkt/k',
      '/bkt?location=',
      '/bkt/k',
      '/bkt/k',
    ])
  })

  it.each([
    ['EU', 'eu-west-1'],
    ['', 'us-east-1'],
  ])('the constraint %j means %s', async (constraint, region) => {
    await using server = await ScriptedServer.start((request) =>
      request.target.endsWith('?location=') ? location(constraint) : httpReply(400),
    )
    await using client = clientOf(server.endpoint)
    await failureOf(client.statObject('bkt', 'k'))
    const last = server.requests.at(-1)
    expect(last && regionOf(last)).toBe(region)
  })

  it('does not turn into the failure of the look-up', async () => {
    await using server = await ScriptedServer.start((request) =>
      request.target.endsWith('?location=') ? errorReply(403, 'AccessDenied') : httpReply(400),
    )
    await using client = clientOf(server.endpoint)
    expect(await failureOf(client.statObject('bkt', 'k'))).toMatchObject({
      operation: 'HeadObject',
      status: 400,
    })
    expect(server.requests).toHaveLength(2)
  })

  it('does not outlive the call that is aborted', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    await using server = await ScriptedServer.start((request) => {
      if (!request.target.endsWith('?location=')) return httpReply(400)
      controller.abort(reason)
      return { after: 'head', steps: [] }
    })
    await using client = clientOf(server.endpoint)
    const call = client.statObject('bkt', 'k', { signal: controller.signal })
    expect(await failureOf(call)).toBe(reason)
  })

  it('learns from the error of the look-up itself', async () => {
    await using server = await ScriptedServer.start((request) =>
      request.target.endsWith('?location=')
        ? errorReply(403, 'AccessDenied', { Region: 'eu-x-1' })
        : storeIn('eu-x-1', () => httpReply(400))(request),
    )
    await using client = clientOf(server.endpoint)
    await client.statObject('bkt', 'k')
    expect(server.requests.map(regionOf)).toEqual(['us-east-1', 'us-east-1', 'eu-x-1'])
  })
})

describe('first calls that come together', () => {
  const isQuestion = ({ target }: RecordedRequest): boolean => target.endsWith('?location=')
  /** Refuses HEAD without a word of the region, and answers the question as `steps` say. */
  const muteStore = (steps: readonly Step[]) => (request: RecordedRequest) =>
    isQuestion(request) ? steps : storeIn('eu-x-1', () => httpReply(400))(request)

  it('ask once for each bucket', async () => {
    await using server = await ScriptedServer.start(
      muteStore([{ pauseMs: 100 }, ...location('eu-x-1')]),
    )
    await using client = clientOf(server.endpoint)
    const objects = Array.from({ length: 20 }, (_, index) => `k${index}`)
    await Promise.all([
      ...objects.map((object) => client.statObject('here', object)),
      ...objects.map((object) => client.statObject('there', object)),
    ])
    const questions = server.requests.filter(isQuestion)
    expect(questions.map(({ target }) => target).sort()).toEqual([
      '/here?location=',
      '/there?location=',
    ])
    expect(server.requests).toHaveLength(2 * (20 + 1 + 20))
  })

  it('need not ask what another one has learnt while they were under way', async () => {
    let release = (): void => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const store = muteStore(location('eu-x-1'))
    await using server = await ScriptedServer.start((request, index) =>
      index === 0 ? [{ until: () => released }, ...store(request)] : store(request),
    )
    await using client = clientOf(server.endpoint)
    const slow = client.statObject('bkt', 'slow')
    while (server.requests.length === 0) await pause(2)
    await client.statObject('bkt', 'quick')
    release()
    await slow
    expect(server.requests.filter(isQuestion)).toHaveLength(1)
  })

  it('ask again when the question failed, and fail with their own error meanwhile', async () => {
    let isUp = false
    const later: Script = (request) =>
      muteStore(isUp ? location('eu-x-1') : errorReply(403, 'AccessDenied'))(request)
    await using server = await ScriptedServer.start(later)
    await using client = clientOf(server.endpoint)
    const calls = [1, 2, 3].map((index) => failureOf(client.statObject('bkt', `k${index}`)))
    for (const failure of await Promise.all(calls)) expect(failure).toMatchObject({ status: 400 })
    isUp = true
    await client.statObject('bkt', 'k')
  })

  it('go on when one of them is aborted, and the last to go ends the question', async () => {
    let answer = (): void => {}
    const answered = new Promise<void>((resolve) => (answer = resolve))
    await using server = await ScriptedServer.start(
      muteStore([{ until: () => answered }, ...location('eu-x-1')]),
    )
    await using client = clientOf(server.endpoint)
    const asked = async (count: number): Promise<void> => {
      while (server.requests.filter(isQuestion).length < count) await pause(2)
    }
    const reason = new Error('enough')
    const impatient = new AbortController()
    const first = failureOf(client.statObject('bkt', 'a', { signal: impatient.signal }))
    const second = client.statObject('bkt', 'b')
    await asked(1)
    while (server.requests.length < 3) await pause(2)
    impatient.abort(reason)
    expect(await first).toBe(reason)

    const alone = new AbortController()
    const stranded = failureOf(client.statObject('other', 'a', { signal: alone.signal }))
    await asked(2)
    const open = server.openConnections
    alone.abort(reason)
    expect(await stranded).toBe(reason)
    while (server.openConnections >= open) await pause(2)

    answer()
    await second
    expect(server.requests.filter(isQuestion)).toHaveLength(2)
  })

  it('wait no longer than their deadline', async () => {
    const never = new Promise<void>(() => {})
    await using server = await ScriptedServer.start(muteStore([{ until: () => never }]))
    await using client = clientOf(server.endpoint)
    const failure = await failureOf(client.statObject('bkt', 'k', { timeout: 200 }))
    expect(failure).toMatchObject({ name: 'TransportError', kind: 'deadline' })
  })
})

describe('what is learnt', () => {
  it('is forgotten with the bucket', async () => {
    const refusal = httpReply(301, { 'x-amz-bucket-region': 'eu-x-1' })
    const store = storeIn('eu-x-1', () => refusal)
    await using server = await ScriptedServer.start((request) =>
      request.method === 'GET' ? errorReply(404, 'NoSuchBucket') : store(request),
    )
    await using client = clientOf(server.endpoint)
    await client.statObject('bkt', 'k')
    await client.removeBucket('bkt')
    await client.statObject('bkt', 'k')
    await failureOf(client.getObject('bkt', 'k'))
    await client.statObject('bkt', 'k')
    expect(server.requests.map(regionOf)).toEqual([
      'us-east-1',
      'eu-x-1',
      'eu-x-1',
      'us-east-1',
      'eu-x-1',
      'eu-x-1',
      'us-east-1',
      'eu-x-1',
    ])
  })

  it('stays when other things go wrong', async () => {
    const refusals = [
      errorReply(403, 'AccessDenied'),
      errorReply(404, 'NoSuchKey'),
      errorReply(409, 'OperationAborted'),
      errorReply(503, 'SlowDown'),
    ]
    let trouble: readonly Step[] | undefined
    const elsewhere = httpReply(301, { 'x-amz-bucket-region': 'eu-x-1' })
    await using server = await ScriptedServer.start(
      (request) => trouble ?? storeIn('eu-x-1', () => elsewhere)(request),
    )
    await using client = clientOf(server.endpoint, { retry: { maxAttempts: 1 } })
    await client.statObject('bkt', 'k')
    for (trouble of refusals) await failureOf(client.getObject('bkt', 'k'))
    trouble = undefined
    await client.statObject('bkt', 'k')
    expect(server.requests.slice(1).map(regionOf)).toEqual(Array(6).fill('eu-x-1'))
  })

  it('is no reason to make a bucket elsewhere than the client works', async () => {
    await using server = await ScriptedServer.start([httpReply(200)])
    await using client = clientOf(server.endpoint, { region: 'eu-x-1' })
    expect(await failureOf(client.makeBucket('bkt', { region: 'eu-y-1' }))).toMatchObject({
      argument: 'region',
    })
    expect(server.requests).toHaveLength(0)
    await client.makeBucket('bkt')
    expect(server.onlyRequest.body.toString()).toContain('<LocationConstraint>eu-x-1<')
  })
})

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('%i to another host is never followed', async (status) => {
    await using other = await ScriptedServer.start([httpReply(200)])
    await using server = await ScriptedServer.start(() => [
      httpHead(status, { location: `${other.endpoint}/bkt/k`, 'content-length': '0' }),
    ])
    await using client = clientOf(server.endpoint, { sessionToken: 'token' })
    const calls = [
      () => client.getObject('bkt', 'k'),
      () => client.statObject('bkt', 'k'),
      () => client.putObject('bkt', 'k', 'x'),
      () => client.listObjectsV2('bkt').toArray(),
    ]
    for (const call of calls)
      expect(await failureOf(call())).toMatchObject({ name: 'S3Error', status })
    expect(other.connections).toBe(0)
  })
})
