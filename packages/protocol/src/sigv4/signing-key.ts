import { hash } from 'node:crypto'
import { encodeUriComponentStrict } from '../encoding/uri.ts'
import { algorithm, type SigningScope } from './types.ts'

const blockBytes = 64
const digestBytes = 32
/** A string to sign is about 170 bytes; longer ones (POST policies) grow the buffer. */
const usualMessageBytes = 512

/**
 * HMAC-SHA-256 with one key and many messages. Two one-shot hashes over prepared blocks
 * cost half of `createHmac`, which builds a stream object for each message.
 */
class Hmac {
  #inner: Buffer = Buffer.alloc(blockBytes + usualMessageBytes)
  readonly #outer: Buffer = Buffer.alloc(blockBytes + digestBytes)

  constructor(key: Uint8Array) {
    const block = key.length > blockBytes ? hash('sha256', key, 'buffer') : key
    for (let i = 0; i < blockBytes; i++) {
      const byte = block[i] ?? 0
      this.#inner[i] = byte ^ 0x36
      this.#outer[i] = byte ^ 0x5c
    }
  }

  #finish(message: string): Buffer {
    const room = message.length * 3 + blockBytes
    if (room > this.#inner.length) {
      const larger = Buffer.alloc(room)
      this.#inner.copy(larger, 0, 0, blockBytes)
      this.#inner = larger
    }
    const end = blockBytes + this.#inner.write(message, blockBytes, 'utf8')
    const digest = hash('sha256', this.#inner.subarray(0, end), 'binary')
    this.#outer.write(digest, blockBytes, 'binary')
    return this.#outer
  }

  digest(message: string): Buffer {
    return hash('sha256', this.#finish(message), 'buffer')
  }

  hex(message: string): string {
    return hash('sha256', this.#finish(message), 'hex')
  }
}

/**
 * The key that signs everything of one secret, day, region and service. Deriving it takes
 * four HMACs, so keep it for the day; it never shows the secret.
 */
export class SigningKey {
  readonly scope: SigningScope
  /** `day/region/service/aws4_request`, as it stands in credentials and strings to sign. */
  readonly credentialScope: string
  /** The same as it stands in a query. */
  readonly encodedScope: string
  readonly #hmac: Hmac

  constructor(secretKey: string, scope: SigningScope) {
    this.scope = scope
    this.credentialScope = credentialScope(scope)
    this.encodedScope = encodeUriComponentStrict(this.credentialScope)
    this.#hmac = new Hmac(deriveSigningKey(secretKey, scope))
  }

  /** The signature of a string to sign, in lower-case hex. */
  sign(stringToSign: string): string {
    return this.#hmac.hex(stringToSign)
  }
}

export function credentialScope(scope: SigningScope): string {
  return `${scope.day}/${scope.region}/${scope.service}/aws4_request`
}

/** The 32 bytes of AWS's "derive a signing key" step. */
export function deriveSigningKey(secretKey: string, scope: SigningScope): Buffer {
  let key = new Hmac(Buffer.from(`AWS4${secretKey}`)).digest(scope.day)
  for (const step of [scope.region, scope.service, 'aws4_request']) key = new Hmac(key).digest(step)
  return key
}

export function stringToSign(
  amzDate: string,
  scope: string,
  canonicalRequestSha256: string,
): string {
  return `${algorithm}\n${amzDate}\n${scope}\n${canonicalRequestSha256}`
}
