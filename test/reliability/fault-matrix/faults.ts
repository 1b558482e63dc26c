import type { Disturbance, Passage, Ways } from './fault-proxy.ts'
import { answerFaults } from './answers.ts'
import { headFaults } from './heads.ts'

/** The columns of the table: faults that a reader would call by one name. */
export const families = [
  'refuse',
  'reset',
  'close',
  'stall',
  'drip',
  'lose',
  'repeat',
  'flip',
  'surplus',
  'early answer',
  '1xx',
  'lengths',
  'malformed head',
  'missing header',
  'status',
  'success',
  'redirect',
  'clock',
  'stale connection',
  'portal',
] as const
export type Family = (typeof families)[number]

/**
 * Which requests a fault meets: one, each attempt of that one, or it and all that follow, as when a
 * network is gone.
 */
export type Repeat = 'once' | 'always' | 'onwards'

/** One kind of fault. */
export interface Fault {
  readonly name: string
  readonly family: Family
  /** Happens at each byte of the request (`up`) or of the answer (`down`); absent: at one place. */
  readonly along?: 'up' | 'down' | undefined
  readonly repeats: readonly Repeat[]
  /**
   * Which half arrives otherwise than it was sent. What is damaged on its way back cannot be told
   * from what a store says, unless something beside it says so as well: see `Operation.isSound`.
   */
  readonly alters?: 'request' | 'answer' | undefined
  /** The client finds out by waiting: its limits are short then. */
  readonly waits?: boolean | undefined
  /** Nothing is lost or changed, so that the call must succeed. */
  readonly harmless?: boolean | undefined
  /** The answer says that something is not there. */
  readonly says?: 'absent' | undefined
  /** It happens where the answer of the store ends. */
  readonly needsEnd?: boolean | undefined
  /** What is done to the connection before the call, by the proxy; absent for most. */
  readonly before?: 'refuse' | 'close' | 'reset' | undefined
  /** @param random numbers from 0 to 1 */
  disturb(passage: Passage, position: number, random: () => number): Disturbance
}

type Act = (rest: Buffer, ways: Ways, random: () => number) => void

/** Passes what comes before a byte, and leaves what comes from there on to `act`. */
export function actAt(
  direction: 'up' | 'down',
  position: number,
  act: (rest: Buffer, ways: Ways) => void,
): Disturbance {
  let hasActed = false
  const handle: Disturbance['up'] = (stretch, ways) => {
    const out = direction === 'up' ? ways.toStore : ways.toClient
    const start = position - stretch.offset
    const isHere = start >= 0 && (start < stretch.bytes.length || stretch.isLast)
    if (hasActed || !isHere) {
      out.send(stretch.bytes)
      return
    }
    hasActed = true
    ways.reached()
    out.send(stretch.bytes.subarray(0, start))
    act(stretch.bytes.subarray(start), ways)
  }
  return direction === 'up' ? { up: handle } : { down: handle }
}

function endBoth({ toClient, toStore }: Ways, how: 'reset' | 'close' | 'stall'): void {
  toClient[how]()
  toStore[how]()
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  if (copy[0] !== undefined) copy[0] ^= 1 << bit
  return copy
}

const fewBytes = (random: () => number): number => 1 + Math.floor(random() * 8)

/** What can happen at a byte, with what it does to those that follow. */
function actsTowards(out: 'toStore' | 'toClient'): Readonly<Record<string, Act>> {
  return {
    reset: (_rest, ways) => endBoth(ways, 'reset'),
    close: (_rest, ways) => endBoth(ways, 'close'),
    stall: (_rest, ways) => endBoth(ways, 'stall'),
    drip: (rest, ways) => ways[out].drip(rest),
    lose: (rest, ways, random) => ways[out].send(rest.subarray(fewBytes(random))),
    repeat: (rest, ways, random) => {
      ways[out].send(rest.subarray(0, fewBytes(random)))
      ways[out].send(rest)
    },
    flip: (rest, ways, random) => ways[out].send(flipped(rest, Math.floor(random() * 8))),
  }
}

const damages: ReadonlySet<string> = new Set(['lose', 'repeat', 'flip'])

function faultsAlong(along: 'up' | 'down'): readonly Fault[] {
  const acts = actsTowards(along === 'up' ? 'toStore' : 'toClient')
  const altered = along === 'up' ? 'request' : 'answer'
  return Object.entries(acts).map(([name, act]) => ({
    name: `${name} ${along}`,
    family: name as Family, // The names are those of families.
    along,
    repeats: name === 'drip' ? ['once'] : ['once', 'always', 'onwards'],
    alters: damages.has(name) ? altered : undefined,
    waits: name === 'stall',
    harmless: name === 'drip',
    disturb: (_passage, position, random) =>
      actAt(along, position, (rest, ways) => act(rest, ways, random)),
  }))
}

const untouched: Disturbance = {}

/** The connection is gone before the request: nobody listens, or it was idle for too long. */
const connectionFaults: readonly Fault[] = [
  {
    name: 'refuse',
    family: 'refuse',
    repeats: ['onwards'],
    before: 'refuse',
    disturb: () => untouched,
  },
  ...(['close', 'reset'] as const).map((how): Fault => ({
    name: `stale connection, ${how}`,
    family: 'stale connection',
    repeats: ['once'],
    before: how,
    disturb: () => untouched,
  })),
  {
    name: 'stale connection, reset by the first byte',
    family: 'stale connection',
    repeats: ['once'],
    disturb: () => actAt('up', 0, (_rest, ways) => endBoth(ways, 'reset')),
  },
]

export const faults: readonly Fault[] = [
  ...connectionFaults,
  ...faultsAlong('up'),
  ...faultsAlong('down'),
  ...headFaults,
  ...answerFaults,
]
