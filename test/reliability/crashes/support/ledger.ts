/** What a write changes: resources by name, with what they hold afterwards; undefined: nothing. */
export type Changes = ReadonlyMap<string, string | undefined>

/** Stands for an id that the answer tells: nobody knows it when the answer is lost. */
export const unknownId = '?'

/** Stands for bytes that are none of the contents. */
export const damaged = 'damaged'

/** What does not hold after a restart. */
export interface Verdict {
  /** What was acknowledged and is not there, or is there as it was before. */
  readonly lost: readonly string[]
  /** What is neither the old nor the new state: part of a write, or bytes of two. */
  readonly mixed: readonly string[]
}

/**
 * The record of all that a server acknowledged, kept outside of it. Each writer has one write under
 * way, and resources of its own.
 */
export class Ledger {
  readonly #acknowledged = new Map<string, string>()
  readonly #pending = new Map<number, Changes>()

  get(resource: string): string | undefined {
    return this.#acknowledged.get(resource)
  }

  /** The acknowledged resources whose names begin so. */
  namesOf(prefix: string): readonly string[] {
    return [...this.#acknowledged.keys()].filter((name) => name.startsWith(prefix))
  }

  /** What a resource may hold: what was acknowledged, and what was under way. */
  valuesOf(resource: string): readonly string[] {
    const values = [
      this.get(resource),
      ...[...this.#pending.values()].map((one) => one.get(resource)),
    ]
    return values.filter((value) => value !== undefined)
  }

  begin(writer: number, changes: Changes): void {
    this.#pending.set(writer, changes)
  }

  /** @param id what the answer tells for `unknownId` */
  acknowledge(writer: number, id: string = unknownId): void {
    this.#apply(this.#pending.get(writer) ?? new Map(), id)
    this.#pending.delete(writer)
  }

  #apply(changes: Changes, id: string): void {
    for (const [name, value] of changes) {
      const resource = name.replace(unknownId, id)
      if (value === undefined) this.#acknowledged.delete(resource)
      else this.#acknowledged.set(resource, value)
    }
  }

  /**
   * Compares with what the server holds after a restart. A write that was not acknowledged has
   * happened wholly or not at all; what was found is what is known from then on.
   */
  settle(observed: ReadonlyMap<string, string>): Verdict {
    const mixed: string[] = []
    for (const changes of this.#pending.values()) {
      const id = this.#idOf(changes, observed)
      const done = [...changes].filter(
        ([name, value]) => observed.get(name.replace(unknownId, id)) === value,
      )
      const untouched = [...changes].filter(
        ([name]) => observed.get(name) === this.#acknowledged.get(name),
      )
      if (done.length === changes.size) this.#apply(changes, id)
      else if (untouched.length !== changes.size) mixed.push([...changes.keys()].join(' and '))
    }
    this.#pending.clear()
    const names = new Set([...this.#acknowledged.keys(), ...observed.keys()])
    const wrong = [...names].filter((name) => observed.get(name) !== this.#acknowledged.get(name))
    const isDamaged = (name: string): boolean => observed.get(name)?.includes(damaged) === true
    this.#acknowledged.clear()
    for (const [name, value] of observed) this.#acknowledged.set(name, value)
    return {
      lost: wrong.filter((name) => !isDamaged(name)),
      mixed: [...mixed, ...wrong.filter((name) => isDamaged(name))],
    }
  }

  /** The id that the lost answer would have told. */
  #idOf(changes: Changes, observed: ReadonlyMap<string, string>): string {
    for (const [name, value] of changes) {
      const [before, after] = name.split(unknownId)
      if (before === undefined || after === undefined) continue
      const found = [...observed].find(
        ([candidate, held]) =>
          candidate.startsWith(before) && held === value && !this.#acknowledged.has(candidate),
      )
      return found?.[0].slice(before.length) ?? unknownId
    }
    return unknownId
  }
}
