import {
  AttackedStore,
  normalized,
} from '../../../../packages/server/test/support/attacked-store.ts'
import type {
  WireReply,
  WireServer,
} from '../../../../packages/server/test/support/memory-server.ts'
import type { Signer } from '../../../../packages/server/test/support/signing-kinds.ts'
import type { Seeded } from '../../../../packages/server/test/support/valid-requests.ts'
import { wireBytes, type RecordedRequest } from '../../../support/recorded-request.ts'
import type { Mutation } from './mutation.ts'

/** A valid request, and how to make it for a store in which ids are others. */
export interface Target {
  readonly name: string
  readonly endless: boolean
  build(seeded: Seeded): RecordedRequest
  /** @param writes whether the request changes the store: then to serve a mutation costs a store */
  mutations(request: RecordedRequest, writes: boolean): readonly Mutation[]
}

/** What one attack found; each must stay 0. */
export interface Findings {
  /** Changed requests that were served and did something else than before. */
  accepted: number
  /** Attacks after which the store was another although every request was refused. */
  changed: number
  /** Requests that got no answer, or one that blames the server. */
  failed: number
}

/** What a request does to a store in the seeded state. */
interface Effect {
  readonly reply: WireReply
  readonly after: string
}

interface StartedServer extends WireServer {
  readonly defects: readonly unknown[]
  close(): Promise<void>
}

/** Attacks one kind of server with mutations of valid requests. */
export class Campaign {
  readonly findings: Findings = { accepted: 0, changed: 0, failed: 0 }
  /** Descriptions of what was found. */
  readonly reports: string[] = []
  reached = 0
  readonly #start: () => Promise<StartedServer>
  readonly #signer: Signer
  #server: StartedServer | undefined
  #store: AttackedStore | undefined
  #pristine = ''

  constructor(start: () => Promise<StartedServer>, signer: Signer) {
    this.#start = start
    this.#signer = signer
  }

  /** Tries every mutation of one request. */
  async attack(target: Target): Promise<void> {
    const effect = await this.#effectOf(target)
    let store = await this.#fresh()
    const writes = effect !== undefined && effect.after !== this.#pristine
    let mutations = target.mutations(target.build(store.seeded), writes)
    for (let index = 0; index < mutations.length; index++) {
      const mutation = mutations[index]
      if (mutation === undefined) break
      this.reached++
      const reply = await store.send(mutation.request, target.endless ? 'head' : 'end')
      if (isRefusal(reply)) continue
      await this.#judge(target, mutation, { reply, effect, store })
      const next = await this.#fresh()
      // Another store has other ids, so the mutations go on with a request that it would take.
      if (next !== store) mutations = target.mutations(target.build(next.seeded), writes)
      store = next
    }
    if ((await store.dump()) !== this.#pristine) {
      this.findings.changed++
      this.reports.push(`${target.name}: the store changed although all was refused`)
      await this.#renew()
    }
  }

  async close(): Promise<void> {
    await this.#server?.close()
  }

  async #effectOf(target: Target): Promise<Effect | undefined> {
    if (target.endless) return undefined
    const store = await this.#fresh()
    const reply = await store.send(target.build(store.seeded))
    const effect = { reply, after: await store.dump() }
    if (effect.after !== this.#pristine) await this.#renew()
    return effect
  }

  async #judge(
    target: Target,
    { what, request, expected }: Mutation,
    seen: { reply: WireReply; effect: Effect | undefined; store: AttackedStore },
  ): Promise<void> {
    const { reply, effect, store } = seen
    const reads = effect === undefined || effect.after === this.#pristine
    // The store is looked at once more when all mutations of what only reads have been tried.
    const isSameRead = reads && (effect === undefined || saysTheSame(reply, effect.reply))
    const after = isSameRead ? this.#pristine : await store.dump()
    const isFailure = reply.status === 0 || reply.status >= 500
    const isSame =
      expected === 'same' &&
      (effect === undefined ||
        (after === this.#pristine && onlyNarrows(reply)) ||
        (after === effect.after && saysTheSame(reply, effect.reply)))
    if (isFailure) this.findings.failed++
    else if (!isSame) this.findings.accepted++
    if (isFailure || !isSame) {
      const sent = JSON.stringify(wireBytes(request).toString('latin1'))
      this.reports.push(`${target.name}: ${what}: ${reply.status} ${reply.code}\n  ${sent}`)
    }
    if (after !== this.#pristine) await this.#renew()
  }

  /** A store in the seeded state. */
  async #fresh(): Promise<AttackedStore> {
    return this.#store ?? this.#renew()
  }

  async #renew(): Promise<AttackedStore> {
    if (this.#server !== undefined && this.#server.defects.length > 0) this.findings.failed++
    await this.#server?.close()
    this.#server = await this.#start()
    const store = await AttackedStore.seed(this.#server, this.#signer)
    this.#store = store
    if (this.#pristine === '') this.#pristine = await store.dump()
    return store
  }
}

/**
 * Also what this server does not have, and a removal of many objects that is refused for each of
 * them.
 */
function isRefusal({ status, code, text }: WireReply): boolean {
  if ((status >= 400 && status < 500) || status === 501) return true
  return text.includes('<DeleteResult') && code === 'AccessDenied' && !text.includes('<Deleted>')
}

/** An answer that leaves something out, because a condition that was added does not hold. */
function onlyNarrows({ status }: WireReply): boolean {
  return status === 304
}

/** Headers of the answer may differ: they tell pages of other sites who may read it. */
function saysTheSame(reply: WireReply, before: WireReply): boolean {
  const body = ({ text }: WireReply): string => normalized(text.slice(text.indexOf('\r\n\r\n')))
  return reply.status === before.status && body(reply) === body(before)
}
