import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'

/**
 * Published test vectors lie beside the project, in `../shared/vectors`, and are not part of it.
 * Tests that read them skip, with this reason, in a clone that stands alone.
 */
const vectorsRoot = fileURLToPath(new URL('../../../shared/vectors/', import.meta.url))

/** Absolute path of a vector file or folder; it may be absent. */
export function vectorPath(path: string): string {
  return vectorsRoot + path
}

/** Text of a vector file, or undefined where the vectors are absent. */
export function vectorText(path: string): string | undefined {
  const file = vectorPath(path)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** Sorted names in a folder of vectors; empty where the vectors are absent. */
export function vectorNames(path: string): string[] {
  const folder = vectorPath(path)
  return existsSync(folder) ? readdirSync(folder).sort() : []
}

/**
 * Parsed JSON of a vector file, or undefined where the vectors are absent.
 *
 * @typeParam T the shape that the caller knows the file to have; nothing checks it, a test that
 *   reads the wrong shape fails.
 */
export function vectors<T>(path: string): T | undefined {
  const text = vectorText(path)
  return text === undefined ? undefined : (JSON.parse(text) as T)
}

/**
 * A `describe` block over one JSON vector file; one skipped test with the reason where it is absent.
 *
 * @example
 * describeWithVectors<{ cases: Case[] }>('CRC-32', 'checksums/checksums.json', ({ cases }) => {
 *   it.each(cases)('$name', (one) => …)
 * })
 */
export function describeWithVectors<T>(name: string, path: string, body: (data: T) => void): void {
  const data = vectors<T>(path)
  if (data === undefined) {
    describe(name, () => {
      it.skip(`there is no file ../shared/vectors/${path} beside the project`, () => {})
    })
  } else {
    describe(name, () => body(data))
  }
}
