import type { RetryClass } from '@stowage/protocol'
import type { WireRequest } from '../transport/transport.ts'
import type { CallWatch } from './call-watch.ts'

/** What one call has been through so far. */
export interface CallState {
  /** How often the request was sent, the current attempt included. */
  attempts: number
  /** The region that the current attempt is signed for. */
  region: string
  /** Why the last retry was made. */
  retried: RetryClass | undefined
  /** Whether region or credentials were already corrected once. */
  corrected: boolean
  skewCorrected: boolean
  /** Whether a stale socket was already forgiven. */
  staleSocketSeen: boolean
  /** Whether the store may have carried out an earlier attempt, although it failed. */
  mayBeDone: boolean
  /** The current attempt as it was sent. */
  wire: WireRequest | undefined
  /** Tells those who look; undefined when nobody does. */
  readonly watch: CallWatch | undefined
}

export function newCallState(watch?: CallWatch): CallState {
  return {
    attempts: 0,
    region: '',
    retried: undefined,
    corrected: false,
    skewCorrected: false,
    staleSocketSeen: false,
    mayBeDone: false,
    wire: undefined,
    watch,
  }
}
