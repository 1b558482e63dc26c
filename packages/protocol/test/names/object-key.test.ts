import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeWithVectors } from '../../../../test/support/vectors.ts'
import { objectKeyProblem } from '../../src/names/object-key.ts'

describe('limits', () => {
  it.each(['a', ' ', '   ', '.', '..', '/', 'a//b', '\u0001', '\0', '😀', '__proto__'])(
    'takes %j',
    (key) => {
      expect(objectKeyProblem(key)).toBeUndefined()
    },
  )

  it.each(['a'.repeat(1024), 'é'.repeat(512), `${'汉'.repeat(341)}a`, '😀'.repeat(256)])(
    'takes 1024 bytes',
    (key) => {
      expect(Buffer.byteLength(key)).toBe(1024)
      expect(objectKeyProblem(key)).toBeUndefined()
      expect(objectKeyProblem(`${key}a`)).toBeTypeOf('string')
    },
  )

  it.each(['', undefined, null, 1, {}, ['a']])('refuses %j', (key) => {
    expect(objectKeyProblem(key)).toBeTypeOf('string')
  })

  it.each(['\ud83d', 'a\ud83d', '\ude00', '\ude00\ud83d', '\ud83d\ud83d\ude00', '\ud83da'])(
    'refuses a lone surrogate',
    (key) => {
      expect(objectKeyProblem(key)).toBeTypeOf('string')
    },
  )
})

it('agrees with a plain definition', () => {
  const key = fc.string({
    unit: fc.constantFrom('a', 'é', '汉', '😀', '\ud83d', '\ude00'),
    maxLength: 700,
  })
  fc.assert(
    fc.property(key, (text) => {
      const isLegal = text !== '' && !/\p{Surrogate}/u.test(text) && Buffer.byteLength(text) <= 1024
      expect(objectKeyProblem(text) === undefined).toBe(isLegal)
    }),
    { seed: 20261123, numRuns: 500 },
  )
})

interface HostileKeys {
  readonly keys: readonly { readonly key: string | null; readonly legal_s3_key: boolean }[]
}

describeWithVectors<HostileKeys>('hostile keys', 'own/hostile-keys.json', ({ keys }) => {
  it.each(keys.filter((row) => row.key !== null))('judges $key', (row) => {
    expect(objectKeyProblem(row.key) === undefined).toBe(row.legal_s3_key)
  })
})
