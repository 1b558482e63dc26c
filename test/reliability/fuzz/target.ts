/** A parser that is given damaged inputs. */
export interface Target {
  readonly name: string
  /** Whether `parse` returns a promise. */
  readonly isAsync?: boolean | undefined
  readonly parse: (input: Buffer) => unknown
  /** Inputs that it reads, which others are made from. */
  readonly seeds: readonly (string | Uint8Array)[]
  /** Tokens of its language. */
  readonly tokens?: readonly string[] | undefined
  /** The errors that it documents. */
  readonly errors?: readonly (abstract new (...given: never[]) => Error)[] | undefined
  /** How many inputs it gets, in parts of what the others get. */
  readonly share?: number | undefined
  readonly maxBytes?: number | undefined
  /** How long an input may take to compute, in milliseconds; 50 unless given. */
  readonly slowMs?: number | undefined
}

/** What parsing must keep to, beside its errors. */
export class PropertyError extends Error {
  override readonly name = 'PropertyError'
}

/** Compares what must be the same. @throws PropertyError */
export function mustEqual(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [shown(actual), shown(expected)]
  if (one !== other)
    throw new PropertyError(`${what}: ${one.slice(0, 200)} is not ${other.slice(0, 200)}`)
}

function shown(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown): unknown => {
      if (part instanceof Map || part instanceof Set) return Array.from<unknown>(part)
      return typeof part === 'bigint' ? `${part}n` : part
    }) ?? 'undefined'
  )
}

export function utf8(input: Buffer): string {
  return input.toString('utf8')
}

export function latin1(input: Buffer): string {
  return input.toString('latin1')
}
