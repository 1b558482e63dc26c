import { readdirSync, readFileSync } from 'node:fs'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

/** Every program directly in `src` is an example; what they share is in `src/support`. */
const source = new URL('src/', import.meta.url)
const programs = readdirSync(source).filter((name) => name.endsWith('.ts'))

beforeEach(() => {
  vi.spyOn(console, 'log').mockReturnValue()
})

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

test.each(programs)('%s runs to its end', { timeout: 60_000 }, async (name) => {
  const errors = vi.spyOn(console, 'error')
  await import(new URL(name, source).href)
  expect(errors.mock.calls).toEqual([])
  expect(process.exitCode ?? 0).toBe(0)
})

test('the README leads to every one of them, and to nothing else', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const named = readme.matchAll(/\(examples\/src\/([a-z0-9-]+\.ts)\)/g)
  const links = new Set(Array.from(named, ([, file]) => file))
  expect(links).toEqual(new Set(programs.filter((name) => name !== 'quickstart.ts')))
})
