import { hash } from 'node:crypto'
import { checkHeaderValue, checkNotEmpty, checkRecord, checkText } from '../checks.ts'
import { InvalidArgumentError } from '../errors.ts'

const keyBytes = 32

type Headers = Record<string, string>

/** Encryption with a key of the customer's own; see `sseC`. */
export class SseCustomerKey {
  readonly kind = 'SSE-C'
  readonly #key: Buffer

  constructor(key: Uint8Array) {
    if (!(key instanceof Uint8Array) || key.length !== keyBytes) {
      throw new InvalidArgumentError('key', `must be a Uint8Array of ${keyBytes} bytes`)
    }
    this.#key = Buffer.from(key)
  }

  /** Headers that encrypt or decrypt the addressed object. */
  headers(): Headers {
    return this.#named('x-amz-server-side-encryption-customer-')
  }

  /** Headers that decrypt the source of a copy. */
  copySourceHeaders(): Headers {
    return this.#named('x-amz-copy-source-server-side-encryption-customer-')
  }

  #named(prefix: string): Headers {
    return {
      [`${prefix}algorithm`]: 'AES256',
      [`${prefix}key`]: this.#key.toString('base64'),
      [`${prefix}key-md5`]: hash('md5', this.#key, 'base64'),
    }
  }
}

/** Stores refuse contexts that hold anything but text. */
function checkContext(context: unknown): void {
  checkRecord('context', context)
  for (const [name, value] of Object.entries(context)) {
    checkText('context', name)
    checkText('context', value)
  }
}

/** Encryption with a key of the store's key service; see `sseKms`. */
export class SseKms {
  readonly kind = 'SSE-KMS'
  readonly keyId: string
  readonly #context: string | undefined

  constructor(keyId: string, context?: Readonly<Record<string, string>>) {
    checkNotEmpty('keyId', keyId)
    checkHeaderValue('keyId', keyId)
    if (context !== undefined) checkContext(context)
    this.keyId = keyId
    this.#context = context && Buffer.from(JSON.stringify(context), 'utf8').toString('base64')
  }

  headers(): Headers {
    const headers: Headers = {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': this.keyId,
    }
    if (this.#context !== undefined) {
      headers['x-amz-server-side-encryption-context'] = this.#context
    }
    return headers
  }
}

/** Encryption with the store's own keys; see `sseS3`. */
export class SseS3 {
  readonly kind = 'SSE-S3'

  headers(): Headers {
    return { 'x-amz-server-side-encryption': 'AES256' }
  }
}

/** Any server-side encryption. */
export type Sse = SseCustomerKey | SseKms | SseS3

/** Headers that encrypt a new object. */
export function encryptionHeaders(sse: Sse): Headers {
  if (sse instanceof SseCustomerKey || sse instanceof SseKms || sse instanceof SseS3) {
    return sse.headers()
  }
  throw new InvalidArgumentError('sse', 'must come from sseC, sseKms or sseS3')
}

/** Headers that decrypt an object; only customer keys need any. */
export function decryptionHeaders(sse: SseCustomerKey): Headers {
  if (sse instanceof SseCustomerKey) return sse.headers()
  throw new InvalidArgumentError('sse', 'must come from sseC')
}

/** Headers that decrypt the source of a copy; `argument` is what errors name. */
export function copySourceDecryptionHeaders(
  sourceSse: SseCustomerKey,
  argument = 'sourceSse',
): Headers {
  if (sourceSse instanceof SseCustomerKey) return sourceSse.copySourceHeaders()
  throw new InvalidArgumentError(argument, 'must come from sseC')
}

/**
 * Encrypts with your own key, which the store does not keep: every later read needs it.
 *
 * @param key 32 bytes
 * @throws InvalidArgumentError for a key of another length
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto'
 * import { sseC } from 'stowage'
 *
 * const sse = sseC(randomBytes(32))
 * ```
 */
export function sseC(key: Uint8Array): SseCustomerKey {
  return new SseCustomerKey(key)
}

/**
 * Encrypts with a key of the store's key service.
 *
 * @param keyId the key's name or ARN
 * @param context text that must be given again to decrypt outside of S3
 * @throws InvalidArgumentError for a key id that no header can carry, and for a context that holds
 *   anything but text
 */
export function sseKms(keyId: string, context?: Readonly<Record<string, string>>): SseKms {
  return new SseKms(keyId, context)
}

/** Encrypts with keys that the store manages. */
export function sseS3(): SseS3 {
  return new SseS3()
}
