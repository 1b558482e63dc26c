// The table of operations and targets in the README: what the conformance suite has shown.
//
//   node scripts/conformance-table.mjs                       check the names in the README's table
//   node scripts/conformance-table.mjs --write <results>...  write it from the results of runs
//
// A run of the suite leaves its results where CONFORMANCE_RESULTS says; see
// test/conformance/README.md. The check needs no store: it compares the names alone.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * How the cases of one operation ended on one target.
 *
 * @typedef {object} Tally
 * @property {string} operation
 * @property {string} target
 * @property {number} passed
 * @property {number} failed
 * @property {readonly string[]} skipped the reason of each case that was skipped
 */

/** The targets that the README tells of: npm test, and both releases of Ceph. */
const ways = ['http', 'http, virtual hosts', 'https', 'https, virtual hosts']
const readmeTargets = [
  'embedded, memory',
  'embedded, disk',
  ...['18', '20'].flatMap((release) => ways.map((way) => `Ceph ${release}, ${way}`)),
]

/** @param {Tally | undefined} tally */
function cell(tally) {
  if (tally === undefined) return '–'
  if (tally.failed > 0) return `${tally.failed} FAILED`
  const cases = tally.passed + tally.skipped.length
  return tally.passed === cases ? 'all' : `${tally.passed} of ${cases}`
}

/** @param {readonly (readonly string[])[]} rows @returns {string} */
function alignedTable(rows) {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const lines = rows.map(
    (row) => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  )
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`)
  return lines.join('\n')
}

/**
 * Operation by target, and below it the reasons of what was skipped.
 *
 * @param {readonly Tally[]} tallies
 * @returns {string}
 */
export function conformanceTable(tallies) {
  const targets = [...new Set(tallies.map(({ target }) => target))]
  const operations = [...new Set(tallies.map(({ operation }) => operation))].toSorted((a, b) =>
    a.localeCompare(b, 'en'),
  )
  const rows = operations.map((operation) => [
    operation,
    ...targets.map((target) =>
      cell(tallies.find((tally) => tally.operation === operation && tally.target === target)),
    ),
  ])
  const table = alignedTable([['', ...targets], ...rows])
  const reasons = [...new Set(tallies.flatMap(({ skipped }) => skipped))].toSorted()
  if (reasons.length === 0) return table
  return `${table}\n\nNot everywhere:\n\n${reasons.map((reason) => `- ${reason}`).join('\n')}`
}

const begin = '<!-- conformance -->'
const end = '<!-- /conformance -->'
const readme = 'README.md'
const suite = 'test/conformance'

/** @returns {{ before: string, table: string, after: string }} */
function splitReadme() {
  const text = readFileSync(readme, 'utf8')
  const [before, rest] = text.split(begin)
  const [table, after] = rest?.split(end) ?? []
  if (before === undefined || table === undefined || after === undefined) {
    throw new Error(`${readme}: there is no ${begin} … ${end}`)
  }
  return { before, table, after }
}

/** What the cases of the suite are about, as its files say. */
function suiteOperations() {
  const names = readdirSync(suite).filter((name) => name.endsWith('.test.ts'))
  const sources = names.map((name) => readFileSync(path.join(suite, name), 'utf8'))
  return new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/^conformance\('([^']+)'/gm)].map(([, operation = '']) => operation),
    ),
  )
}

/** @param {string} table @returns {{ targets: string[], operations: Set<string> }} */
function namesIn(table) {
  const rows = table.split('\n').filter((line) => line.startsWith('| '))
  const cells = rows.map((row) => row.split('|').map((text) => text.trim()))
  const [head = [], , ...body] = cells
  return {
    targets: head.slice(2, -1),
    operations: new Set(body.map(([, operation = '']) => operation)),
  }
}

/** @returns {string[]} */
function problems() {
  const { table } = splitReadme()
  const { targets, operations } = namesIn(table)
  const expected = suiteOperations()
  const missing = [...expected].filter((operation) => !operations.has(operation))
  const gone = [...operations].filter((operation) => !expected.has(operation))
  return [
    ...(targets.join(' | ') === readmeTargets.join(' | ')
      ? []
      : [`its targets are not ${readmeTargets.join(' | ')}`]),
    ...missing.map((operation) => `${operation} is missing`),
    ...gone.map((operation) => `${operation} has no case any more`),
    ...(table.includes('FAILED') ? ['it tells of failed cases'] : []),
  ]
}

/** @param {readonly string[]} files */
function write(files) {
  const tallies = files.flatMap((file) => {
    /** @type {Tally[]} */
    const read = JSON.parse(readFileSync(file, 'utf8'))
    return read
  })
  const order = new Map(readmeTargets.map((target, index) => [target, index]))
  const known = tallies
    .filter(({ target }) => order.has(target))
    .toSorted((a, b) => (order.get(a.target) ?? 0) - (order.get(b.target) ?? 0))
  const { before, after } = splitReadme()
  writeFileSync(readme, `${before}${begin}\n\n${conformanceTable(known)}\n\n${end}${after}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [flag, ...files] = process.argv.slice(2)
  if (flag === '--write') write(files)
  const found = problems()
  for (const problem of found) process.stderr.write(`${readme}, table of conformance: ${problem}\n`)
  if (found.length > 0) {
    process.stderr.write('See test/conformance/README.md for how to write it anew.\n')
    process.exitCode = 1
  }
}
