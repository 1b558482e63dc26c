import { expect, it } from 'vitest'

import { MemoryServer } from '../../../packages/server/test/support/memory-server.ts'
import {
  formRequest,
  isPossible,
  signedAs,
  signedForm,
  signingKinds,
  type FormFields,
  type SignedRequest,
  type SigningKind,
} from '../../../packages/server/test/support/signing-kinds.ts'
import { validRequests } from '../../../packages/server/test/support/valid-requests.ts'
import { mutationsOf } from '../../support/mutations.ts'
import { randomFrom } from '../../support/random.ts'
import { record, scaled, seed } from '../support/proof.ts'
import { byteEdits } from './support/byte-edits.ts'
import { Campaign, type Target } from './support/campaign.ts'
import { formMutations } from './support/form-mutations.ts'
import { framingMutations } from './support/framing-mutations.ts'
import { headMutations } from './support/head-mutations.ts'
import type { Mutation } from './support/mutation.ts'
import { SocketServer } from './support/socket-server.ts'

const now = new Date('2026-03-04T05:06:07Z')
const signer = {
  accessKey: 'root',
  secretKey: 'secret-of-root',
  region: 'us-east-1',
  host: 'localhost:9000',
  now,
}

const kinds = Object.keys(signingKinds).filter((name): name is SigningKind => name in signingKinds)

/** Mutations of each valid request, of tables and of single bytes. */
const perRequest = scaled(300)

/** How many of them are of single bytes at least. */
const bytesAtLeast = scaled(60)

function* tables(kind: SigningKind, request: SignedRequest): Generator<Mutation> {
  for (const mutation of mutationsOf(request)) yield { ...mutation, expected: 'refused' }
  yield* headMutations(request)
  if (request.frames !== undefined) yield* framingMutations(request, request.frames)
  if (kind !== 'anonymous') return
  // Nothing may be done without a signature, so one that is made up must not help.
  const authorization = `AWS4-HMAC-SHA256 Credential=root/20260304/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`
  yield {
    what: 'a made-up signature',
    request: { ...request, headers: [...request.headers, ['authorization', authorization]] },
    expected: 'refused',
  }
}

/** ... and that may be served: each needs a store of its own where the request changes it. */
const servedAtMost = scaled(6)

/** Some of the mutations of the tables in another order for each seed, and edits of bytes. */
function sample(
  all: readonly Mutation[],
  edits: Iterator<Mutation>,
  { random, writes }: { readonly random: () => number; readonly writes: boolean },
): readonly Mutation[] {
  const shuffled = all
    .map((mutation) => ({ mutation, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ mutation }) => mutation)
  const served = shuffled
    .filter(({ expected }) => expected === 'same')
    .slice(0, writes ? servedAtMost : shuffled.length)
  const refused = shuffled.filter(({ expected }) => expected === 'refused')
  const chosen = [...served, ...refused].slice(0, perRequest - bytesAtLeast)
  while (chosen.length < perRequest) {
    const { value, done } = edits.next()
    if (done === true) break
    chosen.push(value)
  }
  return chosen
}

function targetsOf(kind: SigningKind): readonly Target[] {
  return Object.entries(validRequests).flatMap(([operation, requests]) =>
    requests({ uploadId: '', lockedVersion: '' }).flatMap((example, index): readonly Target[] => {
      if (!isPossible(kind, example)) return []
      let frames: readonly string[] | undefined
      return [
        {
          name: `${operation}, ${kind}`,
          endless: example.endless === true,
          build: (seeded) => {
            const request = requests(seeded)[index] ?? example
            const signed = signedAs(kind, request, signer)
            frames = signed.frames
            return signed
          },
          mutations: (request, writes) => {
            const boundBody = kind !== 'presigned for any body'
            const signed = frames === undefined ? request : { ...request, frames }
            const random = randomFrom(seed + kinds.indexOf(kind))
            const edits = byteEdits(request, { random, boundBody })
            return sample([...tables(kind, signed)], edits, { random, writes })
          },
        },
      ]
    }),
  )
}

const form: FormFields = signedForm(
  'attacked',
  [
    ['key', 'formed/key'],
    ['content-type', 'text/plain'],
    ['success_action_status', '201'],
    ['x-amz-meta-colour', 'blue'],
    ['x-amz-storage-class', 'STANDARD_IA'],
  ],
  signer,
)

const formTarget: Target = {
  name: 'PostObject',
  endless: false,
  build: () => formRequest('attacked', [...form, ['file', 'content of a file']], signer),
  mutations: () => [...formMutations('attacked', [...form, ['file', 'content of a file']], signer)],
}

async function prove(campaign: Campaign, targets: readonly Target[], what: string): Promise<void> {
  const began = process.cpuUsage()
  for (const target of targets) await campaign.attack(target)
  await campaign.close()
  const { user, system } = process.cpuUsage(began)
  const seconds = ((user + system) / 1e6).toFixed(0)
  record({
    proof: 'mutations',
    unit: 'mutations',
    reached: campaign.reached,
    required: 50_000,
    failures: { ...campaign.findings },
    notes: [`${what}: ${campaign.reached} in ${seconds} s of a core`],
  })
  expect(campaign.reports.slice(0, 10)).toEqual([])
  expect(campaign.findings).toEqual({ accepted: 0, changed: 0, failed: 0 })
}

const inMemory = (): Campaign => new Campaign(() => MemoryServer.start(signer, () => now), signer)

it.each(kinds)('accepts no request that was changed after it was signed: %s', async (kind) => {
  await prove(inMemory(), targetsOf(kind), kind)
})

it('accepts no form that is not what its policy allows', async () => {
  await prove(inMemory(), [formTarget], 'forms')
})

it('accepts no changed request over sockets', async () => {
  const random = randomFrom(seed + 1)
  const some = kinds.flatMap((kind) => targetsOf(kind)).filter(() => random() < 0.03)
  const campaign = new Campaign(() => SocketServer.start(signer, () => now), signer)
  await prove(campaign, [...some, formTarget], 'over sockets')
})
