import type { Credentials as SigningCredentials } from '@stowage/protocol'

/** Keys, and until when they are good. */
export interface Credentials extends SigningCredentials {
  /** Absent: for ever. */
  readonly expiration?: Date | undefined
}

/** Gives keys; called again before they expire. Undefined: there are none here. */
export type CredentialsProvider = () => Promise<Credentials | undefined>
