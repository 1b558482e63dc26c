import { SigningKey, type Credentials, type SigningScope } from '@stowage/protocol'

/** The credentials that requests may be signed with. */
export class Keyring {
  readonly #root: Credentials
  #cached: { readonly scope: string; readonly key: SigningKey } | undefined

  constructor(root: Credentials) {
    this.#root = root
  }

  credentialsFor(accessKey: string): Credentials | undefined {
    return accessKey === this.#root.accessKey ? this.#root : undefined
  }

  /** Deriving a key takes four HMACs; it holds for a day. */
  signingKey(credentials: Credentials, scope: SigningScope): SigningKey {
    const name = `${credentials.accessKey}/${scope.day}/${scope.region}/${scope.service}`
    if (this.#cached?.scope === name) return this.#cached.key
    const key = new SigningKey(credentials.secretKey, scope)
    this.#cached = { scope: name, key }
    return key
  }
}
