import type { ClientOptions } from 'stowage'

/**
 * What stores differ in. A case names what it needs; a target names what it lacks, and why.
 */
export const capabilities = [
  'hostile keys', // every key of S3, also `..`, `a//b`, control characters
  'list buckets by prefix',
  'conditional writes',
  'object tagging header',
] as const

export type Capability = (typeof capabilities)[number]

/** A store that is up. */
export interface RunningTarget {
  /** How a client gets there. */
  readonly options: ClientOptions
  /** Ends it; removes everything that it kept. */
  stop(): Promise<void>
}

/** A store that the suite runs against. */
export interface Target {
  readonly name: string
  /** What it cannot do, each with the reason that the skipped case shows. */
  readonly lacks: Partial<Record<Capability, string>>
  start(): Promise<RunningTarget>
}
