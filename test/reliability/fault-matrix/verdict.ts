import {
  IntegrityError,
  InvalidResponseError,
  leftUpload,
  NotSupportedError,
  S3Error,
  TransportError,
} from 'stowage'
import type { FaultCase } from './cases.ts'
import type { Trial } from './operation.ts'

/** What a call came to. */
export type Outcome =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'hang' }

/** What is seen after a case. */
export interface Evidence {
  readonly outcome: Outcome
  /** What the operation changes, before, after the case, and after success. */
  readonly states:
    | { readonly before: string; readonly after: string; readonly done: string }
    | undefined
  /** Ids of the uploads of the case's key that are still there. */
  readonly uploads: readonly string[]
  /** What the witness read: undefined where nobody looked. */
  readonly witness: 'right' | 'wrong' | undefined
  /** Virtual milliseconds that the client slept. */
  readonly sleptMs: number
}

/** What is wrong, by the column of the proof; undefined when nothing is. */
export interface Complaint {
  readonly kind: 'corruption' | 'hang' | 'leak'
  readonly problem: string
}

/** Errors that a fault may end in. An InvalidArgumentError is not among them. */
const typed = [S3Error, TransportError, InvalidResponseError, IntegrityError, NotSupportedError]

/** The deadline of each call, and the most that its pauses may take of it. */
export const deadlineMs: number = 10_000

export async function complaintsOf(
  faultCase: FaultCase,
  trial: Trial,
  evidence: Evidence,
): Promise<readonly Complaint[]> {
  const { outcome, uploads, witness, sleptMs } = evidence
  const complaints: Complaint[] = []
  const corrupt = (problem: string): void => void complaints.push({ kind: 'corruption', problem })
  if (outcome.kind === 'hang') complaints.push({ kind: 'hang', problem: 'it does not end' })
  if (sleptMs > deadlineMs) complaints.push({ kind: 'hang', problem: `it pauses ${sleptMs} ms` })
  if (outcome.kind === 'error') {
    const problem = errorProblem(faultCase, trial, outcome.error)
    if (problem) complaints.push(problem)
  }
  if (outcome.kind === 'result') {
    const problem = await resultProblem(faultCase, trial, outcome.result)
    if (problem !== undefined) corrupt(problem)
  }
  const stateProblem = changeProblem(faultCase, evidence)
  if (stateProblem !== undefined) corrupt(stateProblem)
  if (witness === 'wrong') corrupt('the next call gets what belongs to another')
  const named = outcome.kind === 'error' ? leftUpload(outcome.error) : undefined
  for (const uploadId of uploads) {
    if (named?.uploadId !== uploadId && !saysMayBeLeft(named)) {
      complaints.push({ kind: 'leak', problem: `nobody names the upload ${uploadId}` })
    }
  }
  return complaints
}

/** An upload whose id nobody has heard is told of without one. */
function saysMayBeLeft(named: ReturnType<typeof leftUpload>): boolean {
  return named !== undefined && (named.uploadId === undefined || named.uploadId === '')
}

function errorProblem(
  { fault, repeat }: FaultCase,
  { call }: Trial,
  error: unknown,
): Complaint | undefined {
  if (call.signal?.aborted === true && error === call.signal.reason) return undefined
  if (!typed.some((type) => error instanceof type)) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return { kind: 'corruption', problem: `an error without a type: ${text}` }
  }
  if (error instanceof TransportError && error.kind === 'deadline') {
    return { kind: 'hang', problem: 'only the deadline ends it' }
  }
  if (fault.harmless === true && repeat === 'once') {
    return { kind: 'corruption', problem: `fails although nothing is lost: ${String(error)}` }
  }
  return undefined
}

async function resultProblem(
  { operation, fault }: FaultCase,
  trial: Trial,
  result: unknown,
): Promise<string | undefined> {
  if (await operation.isRight(result, trial)) return undefined
  if (fault.says === 'absent' && operation.isAbsence?.(result) === true) return undefined
  const text = result instanceof Uint8Array ? `${result.length} bytes` : JSON.stringify(result)
  if (fault.alters !== 'answer') return `a wrong result: ${text}`
  const isSound = operation.isSound === undefined || (await operation.isSound(result, trial))
  return isSound ? undefined : `a wrong result of a damaged answer: ${text}`
}

/** What is stored is what was there, or what was to be there; after success the latter. */
function changeProblem(
  { operation, fault }: FaultCase,
  { outcome, states }: Evidence,
): string | undefined {
  if (states === undefined) return undefined
  const { before, after, done } = states
  // Content that was not verified was judged with the result.
  if (outcome.kind === 'result' && fault.alters === 'answer' && operation.isSound) return undefined
  const isMisled = fault.alters === 'answer' && operation.actsOnAnswers === true
  if (isMisled && after === before) return undefined
  if (outcome.kind === 'result' && after !== done) return `success, but the state is ${after}`
  if (after === before || after === done || isMixture(before, after, done)) return undefined
  return `the state is neither old nor new: ${after}`
}

/** Of several objects each may be old or new. */
function isMixture(before: string, after: string, done: string): boolean {
  if (!before.startsWith('["')) return false
  const [old, now, then] = [before, after, done].map((text) => JSON.parse(text) as unknown[])
  return now?.every((state, index) => state === old?.[index] || state === then?.[index]) === true
}
