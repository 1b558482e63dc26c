/** What a register holds; undefined: nothing. */
export type State = string | undefined

/** One operation on a register, as the one who asked for it saw it. */
export interface Operation {
  /** When it was sent and answered, in the order of all events. */
  readonly sent: number
  readonly answered: number
  /** For reading a history that is wrong. */
  readonly told: string
  /** The state that it leaves; undefined when it cannot have been answered so in this state. */
  readonly step: (state: State) => { readonly next: State } | undefined
}

interface Entry {
  readonly operation: Operation
  readonly index: number
  /** The event that ends the operation; undefined where this is that event. */
  readonly end: Entry | undefined
  previous: Entry | undefined
  following: Entry | undefined
}

/**
 * Whether the operations can have happened one after the other, each between its sending and its
 * answer: the search of Wing and Gong, which remembers where it has been, as Lowe describes it
 * (Testing for linearizability, 2017).
 */
export function isLinearizable(operations: readonly Operation[]): boolean {
  const head = eventsOf(operations)
  const visited = new Set<string>()
  const taken: { readonly entry: Entry; readonly state: State }[] = []
  let done = 0n
  let state: State
  let entry = head.following
  while (head.following !== undefined) {
    if (entry === undefined || entry.end === undefined) {
      // An operation has ended that could not be placed: the last choice was wrong.
      const last = taken.pop()
      if (last === undefined) return false
      state = last.state
      done &= ~(1n << BigInt(last.entry.index))
      putBack(last.entry)
      entry = last.entry.following
      continue
    }
    const step = entry.operation.step(state)
    const after = done | (1n << BigInt(entry.index))
    const place = `${after} ${step?.next}`
    if (step === undefined || visited.has(place)) {
      entry = entry.following
      continue
    }
    visited.add(place)
    taken.push({ entry, state })
    state = step.next
    done = after
    takeOut(entry)
    entry = head.following
  }
  return true
}

/** Sendings and answers in their order, behind a head. */
function eventsOf(operations: readonly Operation[]): Pick<Entry, 'following'> {
  const events = operations.flatMap((operation, index) => {
    const links = { previous: undefined, following: undefined }
    const end: Entry = { operation, index, end: undefined, ...links }
    const begin: Entry = { operation, index, end, ...links }
    return [
      { at: operation.sent, entry: begin },
      { at: operation.answered, entry: end },
    ]
  })
  const sorted = events.sort((a, b) => a.at - b.at).map(({ entry }) => entry)
  const head: Entry = {
    operation: { sent: 0, answered: 0, told: '', step: () => undefined },
    index: -1,
    end: undefined,
    previous: undefined,
    following: undefined,
  }
  let last = head
  for (const entry of sorted) {
    entry.previous = last
    last.following = entry
    last = entry
  }
  return head
}

function takeOut(entry: Entry): void {
  for (const one of [entry, entry.end]) {
    if (one?.previous !== undefined) one.previous.following = one.following
    if (one?.following !== undefined) one.following.previous = one.previous
  }
}

function putBack(entry: Entry): void {
  for (const one of [entry.end, entry]) {
    if (one?.following !== undefined) one.following.previous = one
    if (one?.previous !== undefined) one.previous.following = one
  }
}
