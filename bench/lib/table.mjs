import { floor } from './contenders.mjs'
import { spreadOf } from './statistics.mjs'
import { workloadNamed } from './workloads.mjs'

const BYTES_PER_MIB = 1024 * 1024

/**
 * One table in Markdown, which is also readable as it is.
 *
 * @param {string} workload
 * @param {import('./rounds.mjs').Result[]} results
 * @returns {string}
 */
export function renderTable(workload, results) {
  const { title, unit } = workloadNamed(workload)
  const floorResult = results.find(({ contender }) => contender === floor.name)
  const floorCpu = (floorResult?.measurements ?? []).map(cpuPerOperation)
  const rows = [
    ['', `CPU µs per ${unit}`, 'min–max', 'of the floor', 'wall µs', 'peak MiB', 'growth MiB'],
    ...results.map((result) => cellsOf(result, floorCpu)),
  ]
  return `### ${title}\n\n${alignRows(rows)}\n`
}

/**
 * @param {import('./rounds.mjs').Result} result
 * @param {readonly number[]} floorCpu  of the floor, round by round
 * @returns {string[]}
 */
function cellsOf({ contender, measurements, failure }, floorCpu) {
  if (failure !== undefined) return [contender, `failed: ${failure}`]
  const cpu = spreadOf(measurements.map(cpuPerOperation))
  const wall = spreadOf(measurements.map(({ wallMicros, operations }) => wallMicros / operations))
  return [
    contender,
    micros(cpu.median),
    `${micros(cpu.minimum)}–${micros(cpu.maximum)}`,
    ratioCell(measurements.map(cpuPerOperation), floorCpu),
    micros(wall.median),
    mebibytes(spreadOf(measurements.map(({ peakRssBytes }) => peakRssBytes)).median),
    mebibytes(spreadOf(measurements.map(({ peakGrowthBytes }) => peakGrowthBytes)).median),
  ]
}

/**
 * Each round is compared with the floor's process of the same round, a moment before.
 *
 * @param {readonly number[]} cpu
 * @param {readonly number[]} floorCpu
 */
function ratioCell(cpu, floorCpu) {
  const ratios = cpu.flatMap((value, round) => {
    const base = floorCpu[round]
    return base === undefined ? [] : [value / base]
  })
  return ratios.length === 0 ? '?' : `${spreadOf(ratios).median.toFixed(2)}x`
}

/** @param {import('./measure.mjs').Measurement} measurement */
function cpuPerOperation({ cpuMicros, operations }) {
  return cpuMicros / operations
}

/** @param {number} value */
function micros(value) {
  return value < 10 ? value.toFixed(2) : value.toFixed(1)
}

/** @param {number} bytes */
function mebibytes(bytes) {
  return (bytes / BYTES_PER_MIB).toFixed(1)
}

/**
 * A row that is shorter than the others (a failure) does not widen the columns.
 *
 * @param {string[][]} rows
 */
function alignRows(rows) {
  const [header = []] = rows
  const whole = rows.filter((row) => row.length === header.length)
  const widths = header.map((_, column) =>
    Math.max(...whole.map((row) => row[column]?.length ?? 0), column === 0 ? nameWidth(rows) : 3),
  )
  const pad = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)
  const line = (/** @type {string[]} */ row) => `| ${row.map(pad).join(' | ')} |`
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  const [first = '', ...rest] = rows.map(line)
  return [first, line(rule), ...rest].join('\n')
}

/** @param {string[][]} rows */
function nameWidth(rows) {
  return Math.max(...rows.map(([name = '']) => name.length))
}
