// Runs the proofs of reliability and prints what they reached.
//
//   npm run test:reliability                       as in CI
//   npm run test:reliability -- --scale 50         the long form
//   npm run test:reliability -- --seed 1234        other cases
//   npm run test:reliability -- fault-matrix       some of them, by their path
//   npm run test:reliability -- --write            writes the table into docs/reliability.md, too
//
// Fails when a test fails, when a proof reached fewer cases than it must, or when one of them found
// anything.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

/** @typedef {import('./support/proof.ts').ProofRow} ProofRow */

/** The cases of CI: the same in each run, so that only a change of the sources makes it fail. */
const seedOfCi = '65566777'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', default: '1' },
    seed: { type: 'string', default: seedOfCi },
    write: { type: 'boolean', default: false },
  },
})
const here = import.meta.dirname
const page = path.join(here, '../../docs/reliability.md')

/** @param {readonly ProofRow[]} rows @returns {readonly ProofRow[]} one row for each proof */
function joined(rows) {
  /** @type {Map<string, ProofRow>} */
  const byName = new Map()
  for (const row of rows) {
    const before = byName.get(row.proof)
    byName.set(row.proof, before === undefined ? row : added(before, row))
  }
  return [...byName.values()]
}

/** @param {ProofRow} a @param {ProofRow} b @returns {ProofRow} */
function added(a, b) {
  const failures = { ...a.failures }
  for (const [name, count] of Object.entries(b.failures)) {
    failures[name] = (failures[name] ?? 0) + count
  }
  const notes = [...(a.notes ?? []), ...(b.notes ?? [])]
  const cells = { ...a.cells, ...b.cells }
  return { ...a, reached: a.reached + b.reached, failures, notes, cells }
}

/** @param {string} text @returns {readonly ProofRow[]} */
function parsed(text) {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    /** @type {ProofRow} */
    const row = JSON.parse(line)
    return row
  })
}

/** @param {readonly ProofRow[]} rows */
function table(rows) {
  const lines = rows.map(({ proof, unit, reached, required, failures, notes }) => {
    const found = Object.entries(failures).map(([name, count]) => `${count} ${name}`)
    const cells = [proof, `${reached} ${unit}`, String(required), found.join(', ')]
    return `| ${[...cells, (notes ?? []).join('; ')].join(' | ')} |`
  })
  const head = ['| proof | reached | required | found | measured |', '|---|---|---|---|---|']
  return [...head, ...lines].join('\n')
}

/**
 * The counts of one proof by line and column.
 *
 * @param {NonNullable<ProofRow['cells']>} cells
 */
function cellTable(cells) {
  const columns = [...new Set(Object.values(cells).flatMap((line) => Object.keys(line)))].toSorted()
  const names = Object.keys(cells).toSorted()
  const lines = names.map((name) => {
    const line = cells[name] ?? {}
    const sum = Object.values(line).reduce((all, count) => all + count, 0)
    return `| ${[name, sum, ...columns.map((column) => line[column] ?? '')].join(' | ')} |`
  })
  const head = `| operation | all | ${columns.join(' | ')} |`
  return [head, `|---|${'---:|'.repeat(columns.length + 1)}`, ...lines].join('\n')
}

/**
 * A text with other content between two markers.
 *
 * @param {string} text @param {string} marker @param {string} content
 */
function filled(text, marker, content) {
  const begin = `<!-- ${marker} -->\n`
  const end = `<!-- /${marker} -->`
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < 0) throw new Error(`docs/reliability.md has no marker ${marker}`)
  return `${text.slice(0, from)}${begin}\n${content}\n\n${text.slice(to)}`
}

/** @param {readonly ProofRow[]} rows */
function writePage(rows) {
  const withProofs = filled(readFileSync(page, 'utf8'), 'proofs', table(rows))
  const cells = rows.find(({ proof }) => proof === 'fault matrix')?.cells
  writeFileSync(page, cells ? filled(withProofs, 'fault matrix', cellTable(cells)) : withProofs)
  spawnSync('npx', ['oxfmt', page], { stdio: 'inherit' })
}

/** @param {readonly ProofRow[]} rows @param {number} scale */
function shortcomings(rows, scale) {
  return rows.flatMap(({ proof, unit, reached, required, failures }) => {
    const least = Math.floor(required * Math.min(scale, 1))
    const few = reached < least ? [`${proof}: ${reached} ${unit}, ${least} required`] : []
    const found = Object.entries(failures).filter(([, count]) => count !== 0)
    return [...few, ...found.map(([name, count]) => `${proof}: ${count} ${name}`)]
  })
}

const folder = mkdtempSync(path.join(tmpdir(), 'stowage-proofs-'))
const proofs = path.join(folder, 'rows.jsonl')
process.stdout.write(`seed ${values.seed}, scale ${values.scale}\n`)
const { status } = spawnSync(
  'npx',
  ['vitest', 'run', '--config', path.join(here, 'vitest.config.ts'), ...positionals],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      STOWAGE_SEED: values.seed,
      STOWAGE_SCALE: values.scale,
      STOWAGE_PROOFS: proofs,
    },
  },
)
const text = existsSync(proofs) ? readFileSync(proofs, 'utf8') : ''
rmSync(folder, { recursive: true })
const rows = joined(parsed(text))
const short = shortcomings(rows, Number(values.scale))
process.stdout.write(`\n${table(rows)}\n\n`)
for (const line of short) process.stdout.write(`${line}\n`)
// The check that the page is up to date fails until it is written.
if (values.write && short.length === 0) writePage(rows)
if (status !== 0 || short.length > 0) {
  process.stdout.write(`Repeat it: npm run test:reliability -- --seed ${values.seed}\n`)
  process.exitCode = 1
}
