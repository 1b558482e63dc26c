import { floor } from './contenders.mjs'
import { BYTES_PER_MIB } from './payload.mjs'
import { spreadOf } from './statistics.mjs'
import { timeIn, timeUnit } from './units.mjs'
import { workloadNamed } from './workloads.mjs'

/**
 * One table in Markdown, which is also readable as it is.
 *
 * @param {string} workload
 * @param {import('./rounds.mjs').Result[]} results
 * @returns {string}
 */
export function renderTable(workload, results) {
  const { title, unit } = workloadNamed(workload)
  const time = timeUnit(workload)
  const floorResult = results.find(({ contender }) => contender === floor.name)
  const floorCpu = (floorResult?.measurements ?? []).map(cpuPerOperation)
  const rows = [
    [
      '',
      `CPU ${time} per ${unit}`,
      'min–max',
      'of the floor',
      `wall ${time}`,
      'peak MiB',
      'growth MiB',
    ],
    ...results.map((result) => cellsOf(workload, result, floorCpu)),
  ]
  return `### ${title}\n\n${alignRows(rows)}\n`
}

/**
 * @param {string} workload
 * @param {import('./rounds.mjs').Result} result
 * @param {readonly number[]} floorCpu  of the floor, round by round
 * @returns {string[]}
 */
function cellsOf(workload, { contender, measurements, failure }, floorCpu) {
  if (failure !== undefined) return [contender, `failed: ${failure}`]
  const time = (/** @type {number} */ micros) => timeIn(workload, micros)
  const cpu = spreadOf(measurements.map(cpuPerOperation))
  const wall = spreadOf(measurements.map(({ wallMicros, operations }) => wallMicros / operations))
  return [
    contender,
    time(cpu.median),
    `${time(cpu.minimum)}–${time(cpu.maximum)}`,
    ratioCell(measurements.map(cpuPerOperation), floorCpu),
    time(wall.median),
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

/** @param {number} bytes */
function mebibytes(bytes) {
  return (bytes / BYTES_PER_MIB).toFixed(1)
}

/**
 * A row that is shorter than the others (a failure) does not widen the columns.
 *
 * @param {string[][]} rows
 */
export function alignRows(rows) {
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
