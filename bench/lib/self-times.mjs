import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/**
 * @typedef {object} SelfTime
 * @property {string} place   function, file and line
 * @property {number} micros
 */

/**
 * Self time of each function of a CPU profile, the most first. The profiler's rows for idle time
 * and for the program outside JavaScript stay in: they tell how much there is to win.
 *
 * @param {import('node:inspector').Profiler.Profile} profile
 * @returns {SelfTime[]}
 */
export function selfTimes({ nodes, samples = [], timeDeltas = [] }) {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]))
  /** @type {Map<string, number>} */
  const totals = new Map()
  samples.forEach((id, index) => {
    const place = places.get(id) ?? 'unknown'
    // A delta is the time since the sample before: it belongs to that one, but over thousands of
    // samples the difference does not show.
    totals.set(place, (totals.get(place) ?? 0) + (timeDeltas[index] ?? 0))
  })
  return [...totals]
    .map(([place, micros]) => ({ place, micros }))
    .sort((left, right) => right.micros - left.micros)
}

/** @param {import('node:inspector').Runtime.CallFrame} callFrame */
function placeOf({ functionName, url, lineNumber }) {
  const file = url.startsWith('file://') ? relative(ROOT, fileURLToPath(url)) : url
  return `${functionName || '(anonymous)'}  ${file === '' ? '' : `${file}:${lineNumber + 1}`}`
}

/**
 * @param {readonly SelfTime[]} times
 * @param {number} operations
 * @param {number} top
 */
export function renderSelfTimes(times, operations, top) {
  const total = times.reduce((sum, { micros }) => sum + micros, 0)
  const lines = times.slice(0, top).map(({ place, micros }) => {
    const percent = ((100 * micros) / total).toFixed(1).padStart(5)
    return `${percent} %  ${(micros / operations).toFixed(2).padStart(8)} µs  ${place}`
  })
  return ['share      per operation  function', ...lines].join('\n')
}
