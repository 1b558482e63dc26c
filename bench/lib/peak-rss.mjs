import { readFileSync } from 'node:fs'

/**
 * The largest resident size that this process ever had. On Linux the `maxRSS` of a process that
 * was just started is that of its parent (the kernel folds the old image into it on `exec`), so
 * the high-water mark of its own memory is taken there.
 */
export function peakRssBytes() {
  const own = /^VmHWM:\s+(\d+) kB$/m.exec(linuxStatus())?.[1]
  return (own === undefined ? process.resourceUsage().maxRSS : Number(own)) * 1024
}

function linuxStatus() {
  try {
    return readFileSync('/proc/self/status', 'latin1')
  } catch {
    return ''
  }
}

/**
 * Looks at the resident size again and again.
 *
 * @param {number} everyMillis
 * @returns {() => number[]}  ends it, and gives what was seen, in bytes
 */
export function sampleRss(everyMillis) {
  /** @type {number[]} */
  const samples = []
  const timer = setInterval(() => samples.push(process.memoryUsage.rss()), everyMillis)
  return () => {
    clearInterval(timer)
    return samples
  }
}
