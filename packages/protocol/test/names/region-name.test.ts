import { expect, it } from 'vitest'
import { isHostableRegion, regionNameProblem } from '../../src/names/region-name.ts'

it.each(['us-east-1', 'eu-west-1', 'auto', 'default', 'cn-north-1', 'x'.repeat(32)])(
  'takes %s',
  (region) => {
    expect(regionNameProblem(region)).toBeUndefined()
    expect(isHostableRegion(region)).toBe(true)
  },
)

it.each(['EU', 'My_Region'])('takes %s, but not in host names', (region) => {
  expect(regionNameProblem(region)).toBeUndefined()
  expect(isHostableRegion(region)).toBe(false)
})

it.each([
  '',
  'evil.com/#',
  'a.b',
  'a b',
  'a/b',
  'a@b',
  'a:1',
  'a\r\nb',
  'a\n',
  'é',
  'x'.repeat(33),
  'x'.repeat(10_240),
])('refuses %j', (region) => {
  expect(regionNameProblem(region)).toBeTypeOf('string')
  expect(isHostableRegion(region)).toBe(false)
})

it.each([undefined, null, 1, {}])('refuses what is no string', (region) => {
  expect(regionNameProblem(region)).toBeTypeOf('string')
})
