import {
  IntegrityError,
  InvalidArgumentError,
  InvalidResponseError,
  isTransportError,
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
  /** What the witness read: undefined where nobody looked. */
  readonly witness: 'right' | 'wrong' | undefined
  /** Virtual milliseconds that the client slept. */
  readonly sleptMs: number
  readonly left: {
    /** Ids of the uploads of the case's key. */
    readonly uploads: readonly string[]
    /** On the signal that the caller gave. */
    readonly listeners: number
    /** Of the client, after it was closed. */
    readonly sockets: number
    /** Connections to the host that a redirect named. */
    readonly strays: number
  }
}

/** What is wrong, by the column of the proof; undefined when nothing is. */
export interface Complaint {
  readonly kind: 'corruption' | 'hang' | 'leak'
  readonly problem: string
}

/** Errors that a fault may end in. */
const typed = [S3Error, TransportError, InvalidResponseError, IntegrityError, NotSupportedError]

/** The deadline of each call. */
export const deadlineMs: number = 10_000
/** A pause that would outlast the deadline is not begun; there may be so many before. */
const mostPauses = 12

/** All that is wrong after a case; mostly nothing. */
export async function complaintsOf(
  faultCase: FaultCase,
  trial: Trial,
  evidence: Evidence,
): Promise<readonly Complaint[]> {
  const { outcome, witness, sleptMs } = evidence
  const problems: Record<Complaint['kind'], (string | undefined)[]> = {
    corruption: [
      outcome.kind === 'result'
        ? await resultProblem(faultCase, trial, outcome.result)
        : outcome.kind === 'error'
          ? errorProblem(faultCase, trial, outcome.error)
          : undefined,
      changeProblem(faultCase, evidence),
      witness === 'wrong' ? 'the next call gets what belongs to another' : undefined,
    ],
    hang: [
      outcome.kind === 'hang' ? 'it does not end' : undefined,
      isDeadline(outcome) ? 'only the deadline ends it' : undefined,
      sleptMs > deadlineMs * mostPauses ? `it pauses ${sleptMs} ms` : undefined,
    ],
    leak: leaksOf(evidence),
  }
  return Object.entries(problems).flatMap(([kind, list]) =>
    list.flatMap((problem) =>
      // Object.entries forgets the type of the keys.
      problem === undefined ? [] : [{ kind: kind as Complaint['kind'], problem }],
    ),
  )
}

function isDeadline(outcome: Outcome): boolean {
  return outcome.kind === 'error' && isTransportError(outcome.error, 'deadline')
}

function leaksOf({ outcome, left }: Evidence): string[] {
  const { uploads, listeners, sockets, strays } = left
  const named = leftUpload(
    outcome.kind === 'error'
      ? outcome.error
      : outcome.kind === 'result'
        ? outcome.result
        : undefined,
  )
  const nameless = uploads.filter((id) => named?.uploadId !== id && !saysMayBeLeft(named))
  const counts = { listeners, sockets, 'connections to the host of a redirect': strays }
  return [
    ...nameless.map((id) => `nobody names the upload ${id}`),
    ...Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : [])),
  ]
}

/** An upload whose id nobody has heard is told of without one. */
function saysMayBeLeft(named: ReturnType<typeof leftUpload>): boolean {
  return named !== undefined && (named.uploadId === undefined || named.uploadId === '')
}

function errorProblem(
  { fault, operation, repeat }: FaultCase,
  { call }: Trial,
  error: unknown,
): string | undefined {
  if (call.signal?.aborted === true && error === call.signal.reason) return undefined
  const isMisled = fault.alters === 'answer' && operation.checksArgumentsLate === true
  if (isMisled && error instanceof InvalidArgumentError) return undefined
  if (!typed.some((type) => error instanceof type)) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return `an error without a type: ${text}`
  }
  const isHarmless = fault.harmless === true && repeat === 'once'
  return isHarmless ? `fails although nothing is lost: ${String(error)}` : undefined
}

async function resultProblem(
  { operation, fault }: FaultCase,
  trial: Trial,
  result: unknown,
): Promise<string | undefined> {
  if (await operation.isRight(result, trial)) return undefined
  if (fault.says === 'absent' && operation.isAbsence?.(result) === true) return undefined
  if (fault.alters === 'request' && operation.isDenial?.(result) === true) return undefined
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
