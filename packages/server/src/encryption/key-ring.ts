import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

import type { EncryptionMethod, ObjectEncryption } from '../store/object-encryption.ts'
import { tagBytes } from './chunk-cipher.ts'

/** All keys have 256 bits. */
export const keyBytes = 32

/** The key that `aws:kms` means when no other is named; AWS calls its own the same. */
export const defaultKmsKeyId = 'alias/aws/s3'

export interface KeyRingOptions {
  readonly masterKey: Uint8Array
  readonly kmsKeys: ReadonlyMap<string, Uint8Array>
  /** Random bytes. */
  readonly random: (size: number) => Buffer
}

/** How a new object is to be encrypted. */
export type EncryptionWish =
  | { readonly method: 'AES256' }
  | { readonly method: 'SSE-C'; readonly customerKey: Buffer }
  | {
      readonly method: 'aws:kms'
      readonly keyId: string
      readonly context?: string | undefined
      readonly bucketKey?: boolean | undefined
    }

/** Where an object lies: its key opens at no other place. */
export interface ObjectPlace {
  readonly bucket: string
  readonly key: string
}

/** The key of an object that is open, and what is to be kept of it. */
export interface OpenEncryption {
  readonly objectKey: Buffer
  readonly encryption: ObjectEncryption
}

/** The named key is none of the ring. */
export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError'
}

/** The key does not open what was sealed: it is another one, or the record was changed. */
export class WrongKeyError extends Error {
  override readonly name = 'WrongKeyError'
}

/**
 * The keys that seal the keys of objects. Each object has a random key of its own; what is kept is
 * that key under AES-256-GCM, together with its place, its method and its context, so that a sealed
 * key opens nowhere else. Whether a sender's key is the right one shows when it opens the seal, so
 * nothing else is kept of it.
 */
export class KeyRing {
  readonly #masterKey: Uint8Array
  readonly #kmsKeys: Map<string, Uint8Array>
  readonly #random: (size: number) => Buffer

  constructor({ masterKey, kmsKeys, random }: KeyRingOptions) {
    this.#masterKey = masterKey
    this.#random = random
    const own = createHmac('sha256', masterKey).update('stowage default kms key').digest()
    this.#kmsKeys = new Map([[defaultKmsKeyId, own], ...kmsKeys])
  }

  /** The id of a key as the ring has it: clients of MinIO put `arn:aws:kms:` before it. */
  kmsKeyId(name: string): string | undefined {
    const prefix = 'arn:aws:kms:'
    return [name, name.startsWith(prefix) ? name.slice(prefix.length) : name].find((id) =>
      this.#kmsKeys.has(id),
    )
  }

  /** A salt for a new blob. */
  newSalt(): Buffer {
    return this.#random(keyBytes)
  }

  /** An ETag that tells nothing of the bytes. */
  newEtag(): string {
    return this.#random(16).toString('hex')
  }

  /** @throws UnknownKeyError */
  seal(wish: EncryptionWish, place: ObjectPlace): OpenEncryption {
    const { customerKey, ...facts } = { customerKey: undefined, ...wish }
    const salt = this.#random(keyBytes)
    const objectKey = this.#random(keyBytes)
    const cipher = createCipheriv('aes-256-gcm', this.#sealingKey(facts, salt, customerKey), nonce)
    cipher.setAAD(authenticated(facts, place))
    const sealed = Buffer.concat([cipher.update(objectKey), cipher.final(), cipher.getAuthTag()])
    const encryption = {
      ...facts,
      salt: salt.toString('base64'),
      sealedKey: sealed.toString('base64'),
    }
    return { objectKey, encryption }
  }

  /**
   * The key of an object.
   * @param customerKey for SSE-C
   * @throws UnknownKeyError, WrongKeyError
   */
  open(encryption: ObjectEncryption, place: ObjectPlace, customerKey?: Buffer): Buffer {
    const salt = Buffer.from(encryption.salt, 'base64')
    const sealed = Buffer.from(encryption.sealedKey, 'base64')
    const key = this.#sealingKey(encryption, salt, customerKey)
    const options = { authTagLength: tagBytes }
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, options)
    decipher.setAAD(authenticated(encryption, place))
    decipher.setAuthTag(sealed.subarray(keyBytes))
    const objectKey = decipher.update(sealed.subarray(0, keyBytes))
    try {
      decipher.final()
    } catch {
      throw new WrongKeyError('the key of an object does not open with this key')
    }
    return objectKey
  }

  /** A key of its own for every object, so that one nonce serves all of them. */
  #sealingKey(facts: SealedFacts, salt: Buffer, customerKey: Buffer | undefined): Buffer {
    const key = this.#keyFor(facts, customerKey)
    return createHmac('sha256', key).update('stowage object key\0').update(salt).digest()
  }

  #keyFor({ method, keyId = '' }: SealedFacts, customerKey: Buffer | undefined): Uint8Array {
    if (method === 'AES256') return this.#masterKey
    const key = method === 'SSE-C' ? customerKey : this.#kmsKeys.get(keyId)
    if (key === undefined) throw new UnknownKeyError('no such key')
    return key
  }
}

const nonce = Buffer.alloc(12)

interface SealedFacts {
  readonly method: EncryptionMethod
  readonly keyId?: string | undefined
  readonly context?: string | undefined
}

function authenticated(facts: SealedFacts, { bucket, key }: ObjectPlace): Buffer {
  const { method, keyId = '', context = '' } = facts
  return Buffer.from(JSON.stringify(['stowage 1', method, keyId, context, bucket, key]))
}
