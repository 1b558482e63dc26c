/**
 * @typedef {object} Spread
 * @property {number} median
 * @property {number} minimum
 * @property {number} maximum
 */

/**
 * @param {readonly number[]} values  at least one
 * @returns {Spread}
 */
export function spreadOf(values) {
  const sorted = values.toSorted((left, right) => left - right)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN
  return {
    median: (lower + upper) / 2,
    minimum: sorted[0] ?? NaN,
    maximum: sorted.at(-1) ?? NaN,
  }
}
