import { describe, expect, it } from 'vitest'

import { record, scaled, seed } from '../support/proof.ts'
import { randomFrom } from '../../support/random.ts'
import { md5Of, type S3Request } from './s3-model.ts'
import { Crowd } from './support/crowd.ts'
import { isLinearizable, type Operation, type State } from './support/linearizable.ts'
import type { Observed, Wire } from './support/wire.ts'
import { World, type StoreKind } from './support/world.ts'

const requiredOperations = 40_000
const requestsPerRound = 160
const kinds: readonly StoreKind[] = ['memory', 'disk']

/** A world, and what to close at the end. */
async function withClients<T>(
  kind: StoreKind,
  count: number,
  use: (wires: readonly Wire[]) => Promise<T>,
): Promise<T> {
  const world = await World.open(kind)
  const wires = Array.from({ length: count }, () => world.connect())
  try {
    const result = await use(wires)
    expect(world.defects).toEqual([])
    return result
  } finally {
    for (const wire of wires) wire.close()
    await world.close()
  }
}

type Draft = Partial<S3Request> & Pick<S3Request, 'method'>

function send(wire: Wire | undefined, draft: Draft): Promise<Observed> {
  if (wire === undefined) throw new Error('there is no such client')
  return wire.send({ id: 0, bucket: 'crowd', key: '', query: {}, headers: {}, ...draft })
}

describe('the search for one order', () => {
  const put = (value: string, sent: number, answered: number): Operation => {
    return { sent, answered, told: `put ${value}`, step: () => ({ next: value }) }
  }
  const get = (value: string, sent: number, answered: number): Operation => {
    const step = (state: State) => (state === value ? { next: state } : undefined)
    return { sent, answered, told: `get ${value}`, step }
  }

  it('finds that of a read beside a write', () => {
    expect(isLinearizable([put('1', 1, 2), put('2', 3, 6), get('1', 4, 5)])).toBe(true)
    expect(isLinearizable([put('1', 1, 2), put('2', 3, 6), get('2', 4, 5)])).toBe(true)
    expect(isLinearizable([put('1', 1, 6), put('2', 2, 7), get('2', 3, 4), get('1', 5, 8)])).toBe(
      true,
    )
  })

  it('finds none for a read of what has been replaced, or of what turns back', () => {
    expect(isLinearizable([put('1', 1, 2), put('2', 3, 4), get('1', 5, 6)])).toBe(false)
    const turning = [put('1', 1, 2), put('2', 3, 8), get('2', 4, 5), get('1', 6, 7)]
    expect(isLinearizable(turning)).toBe(false)
  })
})

describe.each(kinds)('many clients at once (%s)', (kind) => {
  it('see one order of all that happens to a key', async () => {
    const random = randomFrom(seed)
    const wrong: string[] = []
    let operations = 0
    await withClients(kind, 16, async (wires) => {
      for (let round = 0; operations < scaled(requiredOperations / kinds.length); round += 1) {
        const bucket = `crowd-${round}`
        await send(wires[0], { method: 'PUT', bucket })
        const crowd = new Crowd(bucket, ['a', 'a/b', 'c'], seed + round)
        const clients = 4 + Math.floor(random() * 13)
        await crowd.run(wires.slice(0, clients), Math.ceil(requestsPerRound / clients))
        // Nobody writes any more: a listing and the reads must agree, too.
        for (const key of crowd.histories.keys()) await crowd.get(wires[0]!, key)
        await crowd.list(wires[0]!)
        operations += crowd.operations
        for (const [key, history] of crowd.histories) {
          if (isLinearizable(history)) continue
          const lines = history.map(({ sent, answered, told }) => `${sent}-${answered} ${told}`)
          wrong.push(`round ${round}, ${key}:\n${lines.join('\n')}`)
        }
      }
    })
    const failures = { differences: wrong.length }
    const reached = { reached: operations, required: requiredOperations }
    record({ proof: 'concurrent histories', unit: 'operations', ...reached, failures })
    expect(wrong).toEqual([])
  })

  it('count by If-Match without losing a step', async () => {
    await withClients(kind, 16, async (wires) => {
      await send(wires[0], { method: 'PUT' })
      await send(wires[0], { method: 'PUT', key: 'n', body: Buffer.from('0') })
      let successes = 0
      const count = async (wire: Wire): Promise<void> => {
        for (let attempt = 0; attempt < 12; attempt += 1) {
          const { body, headers } = await send(wire, { method: 'GET', key: 'n' })
          const next = Buffer.from(String(Number(String(body)) + 1))
          const condition = { 'if-match': headers['etag'] ?? '' }
          const draft = { method: 'PUT', key: 'n', headers: condition, body: next } as const
          const { status } = await send(wire, draft)
          expect([200, 412]).toContain(status)
          if (status === 200) successes += 1
        }
      }
      await Promise.all(wires.map(count))
      const { body } = await send(wires[0], { method: 'GET', key: 'n' })
      expect(String(body)).toBe(String(successes))
    })
  })

  it('make an object once by If-None-Match', async () => {
    await withClients(kind, 64, async (wires) => {
      await send(wires[0], { method: 'PUT' })
      const answers = await Promise.all(
        wires.map((wire, index) => {
          const body = Buffer.alloc(index * 200, `${index};`)
          const headers = { 'if-none-match': '*' }
          return send(wire, { method: 'PUT', key: 'one', headers, body })
        }),
      )
      const made = answers.filter(({ status }) => status === 200)
      expect(made).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 412)).toHaveLength(63)
      const { body } = await send(wires[0], { method: 'GET', key: 'one' })
      expect(made[0]?.headers['etag']).toBe(`"${md5Of(body)}"`)
    })
  })

  it('either complete an upload or abort it', async () => {
    await withClients(kind, 4, async (wires) => {
      await send(wires[0], { method: 'PUT' })
      for (let round = 0; round < scaled(40); round += 1) {
        const key = `upload-${round}`
        const begun = await send(wires[0], { method: 'POST', key, query: { uploads: '' } })
        const uploadId = /<UploadId>([^<]*)</.exec(String(begun.body))?.[1] ?? ''
        const part = { method: 'PUT', key, query: { uploadId, partNumber: '1' } } as const
        await send(wires[0], { ...part, body: Buffer.alloc(6000, key) })
        const fields = { Part: { PartNumber: '1', ETag: md5Of(Buffer.alloc(6000, key)) } }
        const document = { root: 'CompleteMultipartUpload', fields }
        const [completed, , aborted] = await Promise.all([
          send(wires[0], { method: 'POST', key, query: { uploadId }, document }),
          send(wires[1], { ...part, body: Buffer.alloc(7000, key) }),
          send(wires[2], { method: 'DELETE', key, query: { uploadId } }),
        ])
        const read = await send(wires[0], { method: 'GET', key })
        // A part that was replaced meanwhile is another one than the list says.
        const isMade = completed.status === 200
        expect([200, 400, 404]).toContain(completed.status)
        expect(aborted.status).toBe(isMade ? 404 : 204)
        expect(read.status).toBe(isMade ? 200 : 404)
        const uploads = await send(wires[0], { method: 'GET', query: { uploads: '' } })
        expect(String(uploads.body)).not.toContain(uploadId)
      }
    })
  })

  it('either remove a bucket or write to it', async () => {
    await withClients(kind, 4, async (wires) => {
      for (let round = 0; round < scaled(40); round += 1) {
        await send(wires[0], { method: 'PUT' })
        const [removed, ...written] = await Promise.all([
          send(wires[0], { method: 'DELETE' }),
          ...wires.slice(1).map((wire, index) => {
            const body = Buffer.alloc(round * 300)
            return send(wire, { method: 'PUT', key: String(index), body })
          }),
        ])
        const statuses = written.map(({ status }) => status)
        expect(statuses).toEqual(Array(3).fill(removed.status === 204 ? 404 : 200))
        for (const key of ['0', '1', '2']) await send(wires[0], { method: 'DELETE', key })
        await send(wires[0], { method: 'DELETE' })
      }
    })
  })

  it('get a version of their own for each write', async () => {
    await withClients(kind, 16, async (wires) => {
      await send(wires[0], {
        method: 'PUT',
        headers: { 'x-amz-bucket-object-lock-enabled': 'true' },
      })
      const answers = await Promise.all(
        wires.flatMap((wire) => [
          send(wire, { method: 'PUT', key: 'v', body: Buffer.alloc(5000) }),
        ]),
      )
      const ids = answers.map(({ headers }) => headers['x-amz-version-id'])
      expect(new Set(ids).size).toBe(wires.length)
      const { body } = await send(wires[0], { method: 'GET', query: { versions: '' } })
      const listed = [...String(body).matchAll(/<VersionId>([^<]*)</g)].map((match) => match[1])
      expect(new Set(listed)).toEqual(new Set(ids))
      expect(String(body).match(/<IsLatest>true</g)).toHaveLength(1)
    })
  })
})
