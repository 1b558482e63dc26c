import { lookup } from 'node:dns/promises'
import { homedir } from 'node:os'
import { systemClock, type Clock } from '../clock.ts'
import { exchange, type ProviderAnswer, type ProviderRequest } from './provider-http.ts'

/** Variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a provider takes from the world around it; tests give their own. */
export interface ProviderParts {
  readonly clock: Clock
  /** The door to the network. */
  readonly send: (request: ProviderRequest) => Promise<ProviderAnswer>
  /** All addresses of a host name; an address is its own. */
  readonly addressesOf: (hostname: string) => Promise<readonly string[]>
  readonly homeDirectory: () => string
  /** Tells of a danger that does not stop the work. */
  readonly warn: (message: string) => void
}

export const systemParts: ProviderParts = {
  clock: systemClock,
  send: (request) => exchange(request, systemClock),
  addressesOf: async (hostname) => {
    const found = await lookup(hostname, { all: true })
    return found.map(({ address }) => address)
  },
  homeDirectory: homedir,
  warn: (message) => process.emitWarning(message, 'StowageWarning'),
}

/** A variable; an empty one counts as not set. */
export function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name]
  return value === '' ? undefined : value
}
