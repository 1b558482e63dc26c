import { describe, expect, it } from 'vitest'
import { InvalidArgumentError } from '../../src/errors.ts'
import { sseC, sseKms, sseS3 } from '../../src/request/sse.ts'

const prefix = 'x-amz-server-side-encryption'

/** A caller without types may give anything. */
function refusedArgument(make: (...values: never[]) => unknown, ...values: unknown[]): unknown {
  try {
    Reflect.apply(make, undefined, values)
  } catch (error) {
    if (error instanceof InvalidArgumentError) return error.argument
    throw error
  }
  return 'none'
}

describe('a customer key', () => {
  it('goes in base64 with its MD5, under other names for the source of a copy', () => {
    // openssl dgst -md5 -binary | base64, of 32 zero bytes
    const headers = {
      algorithm: 'AES256',
      key: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      'key-md5': 'cLyPS3KoaSFGi/joRB3OUQ==',
    }
    const named = (start: string): Record<string, string> =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [start + name, value]))
    const key = sseC(new Uint8Array(32))
    expect(key.headers()).toEqual(named(`${prefix}-customer-`))
    expect(key.copySourceHeaders()).toEqual(
      named('x-amz-copy-source-server-side-encryption-customer-'),
    )
  })

  it('is a copy of the bytes that it was made of', () => {
    const bytes = new Uint8Array(32)
    const key = sseC(bytes)
    const before = key.headers()
    bytes.fill(1)
    expect(key.headers()).toEqual(before)
  })

  it.each([0, 16, 31, 33, 64])('of %i bytes is refused', (length) => {
    expect(refusedArgument(sseC, new Uint8Array(length))).toBe('key')
  })

  it.each([undefined, null, 'k'.repeat(32), new ArrayBuffer(32), Array.from({ length: 32 }), 32])(
    'that is no bytes is refused: %o',
    (key) => {
      expect(refusedArgument(sseC, key)).toBe('key')
    },
  )
})

describe('a key of the key service', () => {
  it('goes by its id, with its context as JSON in base64', () => {
    expect(sseKms('arn:aws:kms:eu-west-1:1:key/k').headers()).toEqual({
      [prefix]: 'aws:kms',
      [`${prefix}-aws-kms-key-id`]: 'arn:aws:kms:eu-west-1:1:key/k',
    })
    // {"tenant":"Köln"} in UTF-8
    expect(sseKms('k', { tenant: 'Köln' }).headers()).toEqual({
      [prefix]: 'aws:kms',
      [`${prefix}-aws-kms-key-id`]: 'k',
      [`${prefix}-context`]: 'eyJ0ZW5hbnQiOiJLw7ZsbiJ9',
    })
  })

  it.each([undefined, null, '', 7, 'a\r\nb', 'kö', '\ud800'])('%o is refused as an id', (keyId) => {
    expect(refusedArgument(sseKms, keyId)).toBe('keyId')
  })

  it.each([null, 'text', [], 7, { a: 1 }, { a: null }, { a: ['b'] }, { a: '\ud800' }])(
    '%o is refused as a context',
    (context) => {
      expect(refusedArgument(sseKms, 'k', context)).toBe('context')
    },
  )
})

it('keys of the store go by their algorithm', () => {
  expect(sseS3().headers()).toEqual({ [prefix]: 'AES256' })
})
