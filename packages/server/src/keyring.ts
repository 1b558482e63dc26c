import { SigningKey, type Credentials, type SigningScope } from '@stowage/protocol'

import type { Identity } from './authorize.ts'
import type { ServerUser } from './options.ts'
import { parsePolicy } from './policy/parse-policy.ts'
import { PolicyError, type Policy } from './policy/policy.ts'

interface Holder {
  readonly credentials: Credentials
  readonly identity: Identity
}

/** The credentials that requests may be signed with, and whose they are. */
export class Keyring {
  readonly #holders = new Map<string, Holder>()
  readonly #keys = new Map<string, { readonly scope: string; readonly key: SigningKey }>()

  /** @throws TypeError for a user whose policy is none */
  constructor(root: Credentials, users: readonly ServerUser[] = []) {
    for (const user of users) {
      const { accessKey } = user
      const identity: Identity = { kind: 'user', accessKey, policy: policyOf(user) }
      this.#holders.set(accessKey, { credentials: user, identity })
    }
    const { accessKey } = root
    this.#holders.set(accessKey, { credentials: root, identity: { kind: 'root', accessKey } })
  }

  credentialsFor(accessKey: string): Credentials | undefined {
    return this.#holders.get(accessKey)?.credentials
  }

  /** Who signs with this access key; anonymous when nobody does. */
  identityOf(accessKey: string): Identity {
    return this.#holders.get(accessKey)?.identity ?? { kind: 'anonymous' }
  }

  /** Deriving a key takes four HMACs; it holds for a day, so the last one of each holder is kept. */
  signingKey(credentials: Credentials, scope: SigningScope): SigningKey {
    const name = `${scope.day}/${scope.region}/${scope.service}`
    const kept = this.#keys.get(credentials.accessKey)
    if (kept?.scope === name) return kept.key
    const key = new SigningKey(credentials.secretKey, scope)
    this.#keys.set(credentials.accessKey, { scope: name, key })
    return key
  }
}

function policyOf({ accessKey, policy }: ServerUser): Policy | undefined {
  if (policy === undefined) return undefined
  const source = typeof policy === 'string' ? policy : JSON.stringify(policy)
  try {
    return parsePolicy(source, { kind: 'user' })
  } catch (error) {
    if (error instanceof PolicyError) {
      throw new TypeError(`the policy of the user ${accessKey}: ${error.message}`, { cause: error })
    }
    throw error
  }
}
