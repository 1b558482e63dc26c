import { expect, it } from 'vitest'
import { quoteEtag, unquoteEtag } from '../../src/headers/etag.ts'

it.each([
  ['"abc"', 'abc'],
  ['W/"abc"', 'abc'],
  ['abc', 'abc'],
  ['abc-3', 'abc-3'],
  ['""', ''],
  ['"', '"'],
  ['W/"', 'W/"'],
  ['', ''],
  ['"abc', '"abc'],
])('unquotes %s', (etag, bare) => {
  expect(unquoteEtag(etag)).toBe(bare)
})

it.each([
  ['abc', '"abc"'],
  ['"abc"', '"abc"'],
  ['W/"abc"', 'W/"abc"'],
  ['*', '*'],
  ['', '""'],
])('quotes %s', (etag, quoted) => {
  expect(quoteEtag(etag)).toBe(quoted)
})
