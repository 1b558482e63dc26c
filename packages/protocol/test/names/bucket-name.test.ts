import { describe, expect, it } from 'vitest'
import { bucketNameProblem, isVirtualHostable } from '../../src/names/bucket-name.ts'

const creating = { creating: true }
const reading = { creating: false }

describe('in both modes', () => {
  it.each([
    'abc',
    'a'.repeat(63),
    'my.bucket',
    'my-bucket',
    '0bucket9',
    'a--b',
    '1.2.3',
    'a.1.2.3.4',
  ])('takes %s', (name) => {
    expect(bucketNameProblem(name, creating)).toBeUndefined()
    expect(bucketNameProblem(name, reading)).toBeUndefined()
  })

  it.each(
    [
      ['', 'a', 'ab', 'a'.repeat(64)],
      ['-abc', 'abc-', '.abc', 'abc.'],
      ['a..b', 'a.-b', 'a-.b', '...'],
      ['192.168.1.1', '999.999.999.999'],
      [
        'a b',
        '   ',
        'a#b',
        'a=b',
        'a$b',
        'a*b',
        'a/b',
        'a@b',
        'a?b',
        'a%b',
        'abc\n',
        'a\rb',
        'a\0b',
      ],
      ['bücket', '😀😀', 'abc\ud800'],
    ].flat(),
  )('refuses %j', (name) => {
    expect(bucketNameProblem(name, creating)).toBeTypeOf('string')
    expect(bucketNameProblem(name, reading)).toBeTypeOf('string')
  })

  it.each([undefined, null, 123, {}, ['abc'], Symbol('abc')])(
    'refuses what is no string',
    (name) => {
      expect(bucketNameProblem(name, creating)).toBeTypeOf('string')
      expect(bucketNameProblem(name, reading)).toBeTypeOf('string')
    },
  )
})

it.each([
  'My-Bucket',
  'my_bucket',
  'tenant:bucket',
  '_old_',
  'xn--abc',
  'abc-s3alias',
  'abc--x-s3',
])('reads but does not create %s', (name) => {
  expect(bucketNameProblem(name, creating)).toBeTypeOf('string')
  expect(bucketNameProblem(name, reading)).toBeUndefined()
})

it.each([
  'a.'.repeat(50_000),
  `${'a'.repeat(63)}!`,
  `${'1.'.repeat(50_000)}!`,
  '-'.repeat(100_000),
])('judges hostile names at once', (name) => {
  const before = performance.now()
  expect(bucketNameProblem(name, creating)).toBeTypeOf('string')
  expect(isVirtualHostable(name, false)).toBe(false)
  expect(performance.now() - before).toBeLessThan(50)
})

it('puts only host labels into host names', () => {
  expect(isVirtualHostable('my-bucket', true)).toBe(true)
  expect(isVirtualHostable('my.bucket', true)).toBe(false)
  expect(isVirtualHostable('my.bucket', false)).toBe(true)
  expect(isVirtualHostable('point-abc-s3alias', true)).toBe(true)
  for (const name of ['My-Bucket', 'my_bucket', 'ten:buck', 'a/b', 'a@b', 'a#b', 'ab', '1.2.3.4']) {
    expect(isVirtualHostable(name, false)).toBe(false)
  }
})
