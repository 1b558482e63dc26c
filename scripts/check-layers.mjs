// Prints every import that breaks the table in layers.mjs as file:line and the rule, and fails.
//
//   node scripts/check-layers.mjs           check the sources and the table in ARCHITECTURE.md
//   node scripts/check-layers.mjs --write   write the table into ARCHITECTURE.md
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import { areas, urlRule } from './layers.mjs'

/**
 * @typedef {import('./layers.mjs').Area} Area
 * @typedef {import('./layers.mjs').Row} Row
 * @typedef {{ readonly line: number, readonly specifier: string, readonly typeOnly: boolean }} Import
 * @typedef {{ readonly file: string, readonly line: number, readonly rule: string }} Problem
 */

// oxfmt keeps statements at the start of a line, so lines of a doc comment (` * import …`) never
// match. A dynamic import or a type import may stand anywhere in a line.
const statements = /^(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]/gm
const calls = /\bimport\(\s*['"]([^'"]+)['"]/g
const computedCalls = /\bimport\(\s*(?!['"\s])/g
const commentLine = /^\s*(?:\*|\/\/|\/\*)/

/** @param {string} source @returns {Import[]} */
export function readImports(source) {
  return [
    ...matches(source, statements),
    ...matches(source, calls),
    ...matches(source, computedCalls, '(computed)'),
  ]
}

/** @param {string} source @param {RegExp} pattern @param {string} [computed] @returns {Import[]} */
function matches(source, pattern, computed) {
  const lines = source.split('\n')
  return [...source.matchAll(pattern)]
    .map((match) => ({
      line: source.slice(0, match.index).split('\n').length,
      specifier: computed ?? match[1] ?? '',
      typeOnly: /^(?:import|export) type\b/.test(match[0]),
    }))
    .filter(({ line }) => !commentLine.test(lines[line - 1] ?? ''))
}

/**
 * What is wrong in one file, given its path from the root and its text.
 *
 * @param {string} file
 * @param {string} source
 * @returns {Problem[]}
 */
export function checkFile(file, source) {
  const area = areas.find(({ files }) => files.some((folder) => file.startsWith(folder)))
  const problems = area === undefined ? [] : checkImports(area, file, source)
  return [...problems, ...checkUrls(file, source)]
}

/** @param {Area} area @param {string} file @param {string} source @returns {Problem[]} */
function checkImports(area, file, source) {
  const row = rowOf(area, file)
  if (area.rows !== undefined && row === undefined) {
    return [
      { file, line: 1, rule: `${area.name} has no layer for this file: name it in layers.mjs` },
    ]
  }
  return readImports(source).flatMap(({ line, specifier, typeOnly }) => {
    const types = typeOnly ? (row?.types ?? []) : []
    const rule = specifier.startsWith('.')
      ? ruleAgainstFile(area, row, path.posix.join(path.posix.dirname(file), specifier), types)
      : ruleAgainstPackage(area, row, specifier, types)
    return rule === undefined ? [] : [{ file, line, rule: `imports '${specifier}': ${rule}` }]
  })
}

/** @param {Area} area @param {string} file @returns {Row | undefined} */
function rowOf(area, file) {
  const root = area.files.find((folder) => file.startsWith(folder)) ?? ''
  const below = file.slice(root.length).replace(/\.ts$/, '')
  const length = (/** @type {Row} */ row) => longestPart(row, below)
  const rows = (area.rows ?? []).filter((row) => length(row) > 0)
  return rows.toSorted((a, b) => length(b) - length(a))[0]
}

/** @param {Row} row @param {string} file @returns {number} 0 when no part of the row names it */
function longestPart({ parts }, file) {
  const matching = parts.filter((part) => file === part || file.startsWith(`${part}/`))
  return Math.max(0, ...matching.map((part) => part.length))
}

/**
 * @param {Area} area
 * @param {Row | undefined} row
 * @param {string} target
 * @param {readonly string[]} types
 */
function ruleAgainstFile(area, row, target, types) {
  if (!area.files.some((folder) => target.startsWith(folder))) {
    return `${area.name} imports no file of another package, only its public entry`
  }
  if (area.rows === undefined || row === undefined) return undefined
  const below = rowOf(area, target)
  if (below === undefined) return `${area.name} has no layer for that file`
  const down = area.rows.indexOf(below) >= area.rows.indexOf(row)
  if ((down && !row.not?.includes(below.name)) || types.includes(below.name)) return undefined
  return `${row.name} may import ${reachable(area, row).join(', ') || 'nothing of its package'} (${row.why})`
}

/**
 * @param {Area} area
 * @param {Row | undefined} row
 * @param {string} specifier
 * @param {readonly string[]} types
 */
function ruleAgainstPackage(area, row, specifier, types) {
  const may = [...area.may, ...(row?.may ?? []), ...types]
  const allowed = may.some((name) =>
    name.endsWith('*') ? specifier.startsWith(name.slice(0, -1)) : specifier === name,
  )
  if (allowed) return undefined
  const who = row === undefined ? area.name : `${area.name} (${row.name})`
  return `${who} may import ${may.join(', ')} (${row?.why ?? area.why})`
}

/** @param {Area} area @param {Row} row @returns {string[]} */
function reachable(area, row) {
  const rows = area.rows ?? []
  return rows
    .slice(rows.indexOf(row) + 1)
    .map(({ name }) => name)
    .filter((name) => row.not?.includes(name) !== true)
}

/** @param {string} file @param {string} source @returns {Problem[]} */
function checkUrls(file, source) {
  if (!urlRule.files.some((folder) => file.startsWith(folder))) return []
  if (urlRule.except.some((exception) => exception.file === file)) return []
  return source.split('\n').flatMap((text, index) => {
    if (commentLine.test(text) || !urlRule.pattern.test(text)) return []
    return [{ file, line: index + 1, rule: 'URL rewrites object keys; see urlRule in layers.mjs' }]
  })
}

/** The table of layers as Markdown, for ARCHITECTURE.md. */
export function layerTable() {
  const rows = areas.flatMap((area) => [
    [`**${area.name}** \`${area.files.join('`, `')}\``, codes(area.may), area.why],
    ...(area.rows ?? []).map((row) => [
      `↳ ${row.name}: ${codes(row.parts)}`,
      reachText(area, row),
      row.why,
    ]),
  ])
  const head = [
    ['who', 'may import', 'why'],
    ['---', '---', '---'],
  ]
  return [...head, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** @param {Area} area @param {Row} row */
function reachText(area, row) {
  const types = row.types === undefined ? '' : `types of ${row.types.join(', ')}`
  const parts = [codes(row.may ?? []), reachable(area, row).join(', '), types]
  return parts.filter(Boolean).join(', ') || '–'
}

/** @param {readonly string[]} names */
function codes(names) {
  return names.map((name) => `\`${name}\``).join(', ')
}

const page = 'ARCHITECTURE.md'
const tableOnPage = /(?<=<!-- layers -->\n\n)[\s\S]*?(?=\n\n<!-- \/layers -->)/

/** @param {boolean} write @returns {Problem[]} */
function checkPage(write) {
  const text = readFileSync(page, 'utf8')
  const current = tableOnPage.exec(text)?.[0] ?? ''
  if (withoutPadding(current) === withoutPadding(layerTable())) return []
  if (!write) return [{ file: page, line: 1, rule: 'table differs: run `npm run layers:write`' }]
  writeFileSync(
    page,
    text.replace(tableOnPage, () => layerTable()),
  )
  return []
}

// The formatter pads the columns of a table.
/** @param {string} table */
function withoutPadding(table) {
  return table.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---')
}

/** @returns {string[]} */
function sources() {
  return areas
    .flatMap(({ files }) => files)
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => folder + name.replaceAll('\\', '/')),
    )
}

function main() {
  const files = sources()
  const problems = files.flatMap((file) => checkFile(file, readFileSync(file, 'utf8')))
  problems.push(...checkPage(process.argv.includes('--write')))
  for (const { file, line, rule } of problems) process.stderr.write(`${file}:${line} ${rule}\n`)
  process.stdout.write(`layers: ${files.length} files, ${problems.length} wrong\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
