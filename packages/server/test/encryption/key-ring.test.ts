import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'

import {
  KeyRing,
  UnknownKeyError,
  WrongKeyError,
  type EncryptionWish,
} from '../../src/encryption/key-ring.ts'

const kmsKeys = new Map([['one', randomBytes(32)]])
const options = { masterKey: randomBytes(32), kmsKeys, random: randomBytes }
const ring = new KeyRing(options)
const place = { bucket: 'b', key: 'k' }
const customerKey = randomBytes(32)

const wishes: readonly EncryptionWish[] = [
  { method: 'AES256' },
  { method: 'aws:kms', keyId: 'one', context: 'e30=' },
  { method: 'SSE-C', customerKey },
]

describe('the key ring', () => {
  it.each(wishes)('opens what it sealed: $method', (wish) => {
    const { objectKey, encryption } = ring.seal(wish, place)
    expect(ring.open(encryption, place, customerKey).equals(objectKey)).toBe(true)
    const kept = JSON.stringify(encryption)
    for (const secret of [objectKey, customerKey, options.masterKey]) {
      expect(kept).not.toContain(secret.toString('base64'))
    }
  })

  it.each(wishes)('opens it at no other place and in no other form: $method', (wish) => {
    const { encryption } = ring.seal(wish, place)
    const open = (changed: object, where = place): Buffer =>
      ring.open({ ...encryption, ...changed }, where, customerKey)
    expect(() => open({}, { bucket: 'b', key: 'other' })).toThrow(WrongKeyError)
    expect(() => open({}, { bucket: 'other', key: 'k' })).toThrow(WrongKeyError)
    expect(() => open({ context: 'e30' })).toThrow(WrongKeyError)
    const sealed = Buffer.from(encryption.sealedKey, 'base64')
    for (const index of [0, 31, 32, 47]) {
      const damaged = Buffer.from(sealed)
      damaged.writeUInt8(damaged.readUInt8(index) ^ 1, index)
      expect(() => open({ sealedKey: damaged.toString('base64') })).toThrow(WrongKeyError)
    }
  })

  it('tells a wrong key from an unknown one', () => {
    const sealed = ring.seal({ method: 'SSE-C', customerKey }, place)
    expect(() => ring.open(sealed.encryption, place, randomBytes(32))).toThrow(WrongKeyError)
    const named = ring.seal({ method: 'aws:kms', keyId: 'one' }, place)
    const other = new KeyRing({ ...options, kmsKeys: new Map() })
    expect(() => other.open(named.encryption, place)).toThrow(UnknownKeyError)
  })
})
