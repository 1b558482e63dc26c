import { expect, it, onTestFinished } from 'vitest'
import { Client } from 'stowage'

import { record, scaled, seed } from '../support/proof.ts'
import { S3Model } from './s3-model.ts'
import {
  expectedOutcome,
  nextCall,
  outcomeOf,
  requestOf,
  sameOutcome,
} from './support/client-calls.ts'
import { bodiesFrom, Choice } from './support/choice.ts'
import { requiredCommands } from './support/prove-model.ts'
import { World, type StoreKind } from './support/world.ts'

const kinds: readonly StoreKind[] = ['memory', 'disk']
const callsPerSequence = 100

it.each(kinds)('agrees with the model of S3 through the library (%s)', async (kind) => {
  const world = await World.open(kind)
  onTestFinished(() => world.close())
  // The library has the clock of this machine.
  world.nowMs = Date.now()
  const client = new Client(world.server)
  const differences: string[] = []
  let commands = 0
  for (let sequence = 0; commands < scaled(1500) && differences.length < 3; sequence += 1) {
    const buckets = ['one', 'two'].map((name) => `lib-${sequence}-${name}`)
    const model = new S3Model()
    const bodies = bodiesFrom(7)
    const input = { model, buckets, bodies, nowMs: () => world.nowMs }
    const choice = new Choice(seed * 7919 + sequence, input)
    for (const bucket of buckets) {
      await client.makeBucket(bucket)
      const create = { id: 0, method: 'PUT', bucket, key: '', query: {}, headers: {} } as const
      model.handle(create, world.nowMs)
    }
    for (let id = 1; id <= callsPerSequence; id += 1) {
      const call = nextCall(choice)
      const request = requestOf(call, id)
      const expected = expectedOutcome(call, model.handle(request, world.nowMs))
      const outcome = await outcomeOf(call, client)
      commands += 1
      if (sameOutcome(outcome, expected)) continue
      const told = [`sequence ${sequence}, ${id}: ${call.told} ${JSON.stringify(request.key)}`]
      told.push(JSON.stringify(outcome), JSON.stringify(expected))
      differences.push(told.join('\n'))
      break
    }
  }
  const failures = { differences: differences.length }
  record({
    proof: 'model',
    unit: 'commands',
    reached: commands,
    required: requiredCommands,
    failures,
  })
  expect(differences).toEqual([])
  expect(world.defects).toEqual([])
})
