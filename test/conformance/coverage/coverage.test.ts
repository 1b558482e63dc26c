import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const here = fileURLToPath(new URL('./', import.meta.url))
const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Paths from the root of the repository, as the lists name them. */
function filesIn(text: string): string[] {
  return [...text.matchAll(/`((?:packages|test|examples|scripts)\/[^`\s]+\.[a-z]+)`/g)].map(
    ([, file = '']) => file,
  )
}

/** The second column of each row that is neither a heading nor the line below one. */
function proofsIn(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| (?:case|-+) +\|/.test(line))
    .map((line) => line.split(/(?<!\\)\|/)[2] ?? '')
}

const lists = readdirSync(here).filter((name) => name.endsWith('.md') && name !== 'README.md')

describe.each(lists)('%s', (list) => {
  const text = readFileSync(here + list, 'utf8')

  it('names files that exist', () => {
    expect(filesIn(text).filter((file) => !existsSync(root + file))).toEqual([])
  })

  it('has a proof or a reason in every row', () => {
    const proofs = proofsIn(text)
    expect(proofs.length).toBeGreaterThan(0)
    const without = proofs.filter(
      (proof) => filesIn(proof).length === 0 && !/left out/i.test(proof),
    )
    expect(without).toEqual([])
  })
})

it('the table of contents names every list', () => {
  const contents = readFileSync(`${here}README.md`, 'utf8')
  for (const list of lists) expect(contents).toContain(`(${list})`)
})
