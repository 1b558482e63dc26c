import { getEventListeners } from 'node:events'
import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'stowage'
import { randomFrom } from '../../support/random.ts'
import type { FaultCase } from './cases.ts'
import type { FaultProxy, Passage, Plan } from './fault-proxy.ts'
import { oldBytes, sharedBucket, witnessKey, type Trial } from './operation.ts'
import type { Stage } from './stage.ts'
import { complaintsOf, deadlineMs, type Complaint, type Evidence, type Outcome } from './verdict.ts'
import { noting, Silence, Sleeps } from './virtual-time.ts'

/** After the deadline; a call that has not ended then hangs. */
const settlingMs = 1000
/** Who listens tries for ever, so that a case leaves after so many pauses. */
const mostSleeps = 12

/** What a case came to. */
export interface Finding {
  /** Whether the fault happened. */
  readonly reached: boolean
  readonly complaints: readonly Complaint[]
}

/** Runs one case, and looks at all that it may have left. */
export async function runCase(stage: Stage, faultCase: FaultCase): Promise<Finding> {
  const { proxy } = stage
  const { fault, operation } = faultCase
  const prepared = await stage.preparedFor(operation)
  const straysBefore = stage.strays
  proxy.arm(() => undefined)
  const controller = new AbortController()
  const call = { signal: controller.signal, timeout: deadlineMs }
  const trial: Trial = { ...(await stage.trial(operation)), call }
  const sleeps = new Sleeps(mostSleeps, () => controller.abort(new Error('the case leaves')))
  await prepareConnection(faultCase, trial, proxy)
  const silence = mayWait(faultCase) ? new Silence(proxy, operation.weight ?? 1) : undefined
  const outcome = await noting(sleeps, () => settle(operation.run(trial)))
  const reached = proxy.reached > 0 || fault.before !== undefined
  const listeners = await listenersLeft(controller.signal)
  const witness = asksWitness(faultCase, outcome) ? await witnessed(trial.client) : undefined
  // The store's own client is not to be hurried.
  silence?.end()
  const sockets = await socketsLeft(trial, proxy)
  const after = await operation.state?.(trial)
  const states = after === undefined ? undefined : { ...prepared, after }
  const uploads = await uploadsOf(faultCase, trial)
  const strays = stage.strays - straysBefore
  const evidence: Evidence = {
    outcome,
    states,
    witness,
    sleptMs: sleeps.totalMs,
    left: { uploads, listeners, sockets, strays },
  }
  const complaints = await complaintsOf(faultCase, trial, evidence)
  await proxy.listen()
  if (trial.folder !== '') await rm(trial.folder, { recursive: true })
  return { reached, complaints }
}

/** Where nothing is lost, nobody has to wait, and a limit that passes would be a failure. */
function mayWait({ fault }: FaultCase): boolean {
  return fault.harmless !== true && (fault.waits === true || fault.alters !== undefined)
}

function asksWitness({ fault, repeat }: FaultCase, outcome: Outcome): boolean {
  return fault.alters === 'answer' && repeat === 'once' && outcome.kind !== 'hang'
}

/** Does to the connection what the fault says, before the call, and arms the proxy. */
async function prepareConnection(
  faultCase: FaultCase,
  trial: Trial,
  proxy: FaultProxy,
): Promise<void> {
  const { fault } = faultCase
  if (fault.family === 'stale connection') await witnessed(trial.client)
  if (fault.before === 'refuse') await proxy.refuse()
  else if (fault.before !== undefined) proxy.hangUp(fault.before)
  proxy.arm(planOf(faultCase, proxy))
}

function planOf(faultCase: FaultCase, proxy: FaultProxy): Plan {
  const { fault, position, seed } = faultCase
  const random = randomFrom(seed)
  return (passage) =>
    isMeant(faultCase, passage, proxy) ? fault.disturb(passage, position, random) : undefined
}

function isMeant({ request, repeat }: FaultCase, passage: Passage, proxy: FaultProxy): boolean {
  const { index, label } = passage
  if (repeat === 'onwards') return index >= request
  if (repeat === 'once') return index === request
  return index >= request && proxy.passages[request]?.label === label
}

/** Waits for a call, but not for ever. */
async function settle(call: Promise<unknown>): Promise<Outcome> {
  const end = new AbortController()
  const hang = pause(deadlineMs + settlingMs, { kind: 'hang' } as const, { signal: end.signal })
  hang.catch(() => {})
  const ended: Promise<Outcome> = call.then(
    (result) => ({ kind: 'result', result }),
    (error: unknown) => ({ kind: 'error', error }),
  )
  const outcome = await Promise.race([ended, hang])
  end.abort()
  return outcome
}

/** Another call of the same client: it gets its own answer, or an error. */
async function witnessed(client: Client): Promise<'right' | 'wrong' | undefined> {
  try {
    const bytes = await (await client.getObject(sharedBucket, witnessKey)).bytes()
    return oldBytes.equals(bytes) ? 'right' : 'wrong'
  } catch {
    return undefined
  }
}

/** A result may be complete a few packets before the answer that brought it. */
async function listenersLeft(signal: AbortSignal): Promise<number> {
  const count = (): number => getEventListeners(signal, 'abort').length
  for (let turn = 0; count() > 0 && turn < 20; turn++) await pause(turn < 10 ? 0 : 5)
  return count()
}

/** Connections of a client that was closed. */
async function socketsLeft(trial: Trial, proxy: FaultProxy): Promise<number> {
  await trial.close()
  for (let turn = 0; proxy.openSockets > 0 && turn < 200; turn++) await pause(turn < 20 ? 0 : 5)
  return proxy.openSockets
}

/** Ids of the uploads of the case that are still there. */
async function uploadsOf({ operation }: FaultCase, trial: Trial): Promise<readonly string[]> {
  const { store, bucket, key } = trial
  const hasUploads = operation.bucket === undefined && operation.state !== undefined
  if (!hasUploads || operation.isOfUploads === true) return []
  const uploads = await store.listIncompleteUploads(bucket, { prefix: key }).toArray()
  return uploads.flatMap((upload) => (upload.isPrefix ? [] : [upload.uploadId]))
}
