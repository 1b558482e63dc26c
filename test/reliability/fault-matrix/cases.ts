import { randomFrom } from '../../support/random.ts'
import type { Measured } from './fault-proxy.ts'
import { faults, type Fault, type Repeat } from './faults.ts'
import type { Operation } from './operation.ts'

/** One case of the matrix. */
export interface FaultCase {
  readonly operation: Operation
  /** Which request of the operation, from 0. */
  readonly request: number
  readonly fault: Fault
  /** The byte at which the fault happens; 0 where it has no place. */
  readonly position: number
  readonly repeat: Repeat
  /** Of the case's randomness: which bit, how many bytes. */
  readonly seed: number
}

/** What names a case in a failure, and repeats it alone as `STOWAGE_FAULT_CASE`. */
export function nameOf({ operation, request, fault, position, repeat, seed }: FaultCase): string {
  return [operation.name, request, fault.name, position, repeat, seed].join(' | ')
}

/** The case that a failure names, if it is one of this operation. */
export function caseNamed(name: string, operation: Operation): readonly FaultCase[] {
  const [operationName, request, faultName, position, repeat, seed] = name.split(' | ')
  const fault = faults.find((one) => one.name === faultName)
  const isRepeat = repeat === 'once' || repeat === 'always' || repeat === 'onwards'
  if (operationName !== operation.name || fault === undefined || !isRepeat) return []
  const numbers = { request: Number(request), position: Number(position), seed: Number(seed) }
  return [{ operation, fault, repeat, ...numbers }]
}

/** Positions of a body that is too long for all of them. */
const sampledPositions = 40
const longBytes = 2000

/** Every position of the head and of a short body; of a long one a sample with both its ends. */
function positionsOf(head: number, all: number, random: () => number): readonly number[] {
  const isLong = all - head > longBytes
  const positions = Array.from({ length: (isLong ? head : all) + 1 }, (_, position) => position)
  if (!isLong) return positions
  for (let count = 0; count < sampledPositions; count++) {
    positions.push(head + Math.floor(random() * (all - head)))
  }
  return [...positions, all - 1, all]
}

const placed = (along: 'up' | 'down'): readonly Fault[] =>
  faults.filter((fault) => fault.along === along)
const unplaced: readonly Fault[] = faults.filter(({ along }) => along === undefined)

/** All cases of one request: each fault at each place that it can have. */
function* casesOfRequest(
  operation: Operation,
  request: number,
  { up, upHead, down, downHead }: Measured,
  random: () => number,
): Generator<Omit<FaultCase, 'seed'>, void, undefined> {
  for (const fault of unplaced) {
    // The connection of a later request is in use already.
    if (fault.before !== undefined && request > 0) continue
    if (fault.needsEnd === true && operation.isEndless === true) continue
    for (const repeat of fault.repeats) yield { operation, request, fault, position: 0, repeat }
  }
  const ways = [
    { along: 'up', positions: positionsOf(upHead, up, random) },
    { along: 'down', positions: positionsOf(downHead, down, random) },
  ] as const
  for (const { along, positions } of ways) {
    for (const position of positions) {
      for (const fault of placed(along)) {
        for (const repeat of fault.repeats) yield { operation, request, fault, position, repeat }
      }
    }
  }
}

/**
 * Chooses so many of the cases of an operation. The faults that have no place and those that have
 * one get a half each, as far as there are so many; both are spread over all requests and places.
 */
export function chooseCases(
  operation: Operation,
  measured: readonly Measured[],
  most: number,
  seed: number,
): readonly FaultCase[] {
  const random = randomFrom(seed)
  const all = measured.flatMap((request, index) => [
    ...casesOfRequest(operation, index, request, random),
  ])
  const withoutPlace = all.filter(({ fault }) => fault.along === undefined)
  const withPlace = all.filter(({ fault }) => fault.along !== undefined)
  const half = Math.min(withoutPlace.length, Math.ceil(most / 2))
  const chosen = [...spread(withoutPlace, half, random), ...spread(withPlace, most - half, random)]
  return chosen.map((one) => ({ ...one, seed: Math.floor(random() * 2 ** 31) }))
}

/** One of each stretch of a list, where in it by chance. */
function spread<T>(all: readonly T[], count: number, random: () => number): readonly T[] {
  if (count >= all.length) return all
  const step = all.length / count
  return Array.from({ length: count }, (_, index) => {
    const at = Math.floor((index + random()) * step)
    return all[Math.min(at, all.length - 1)] as T // It is in the list.
  })
}
