// Prints "N passed, N failed", the sum of the test reports in a folder.
//
//   node scripts/sum-tests.mjs <folder>
//
// `<stage>.json` is the report of vitest; `<stage>.failed` marks a stage that failed, which counts
// as one failure when no test of it says so.
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'

/** @typedef {{ readonly passed: number, readonly failed: number }} Count */

/** @param {string} folder @param {string} stage @param {readonly string[]} names @returns {Count} */
function countStage(folder, stage, names) {
  const { passed, failed } = names.includes(`${stage}.json`)
    ? readReport(path.join(folder, `${stage}.json`))
    : { passed: 0, failed: 0 }
  return { passed, failed: names.includes(`${stage}.failed`) ? Math.max(failed, 1) : failed }
}

/** @param {string} file @returns {Count} */
function readReport(file) {
  /** @type {{ numPassedTests: number, numFailedTests: number }} */
  const report = JSON.parse(readFileSync(file, 'utf8'))
  return { passed: report.numPassedTests, failed: report.numFailedTests }
}

const folder = process.argv[2] ?? '.'
const names = readdirSync(folder)
const stages = new Set(names.map((name) => path.parse(name).name))
const counts = [...stages].map((stage) => countStage(folder, stage, names))
const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
