import { peakRssBytes as peakRss, sampleRss } from './peak-rss.mjs'

/**
 * @typedef {object} Measurement
 * @property {number} operations
 * @property {number} cpuMicros         user and system time of all threads of the process
 * @property {number} wallMicros
 * @property {number} peakRssBytes      peak of the whole process, its start included
 * @property {number} peakGrowthBytes   that peak over what stood after the warm-up
 * @property {number} baselineBytes     what stood after the warm-up
 * @property {number[]} [rssSamples]    resident size in bytes, all along
 */

/**
 * @param {() => Promise<number>} work  returns the number of operations
 * @param {{ profilePath?: string | undefined, sampleMillis?: number | undefined }} [extras]
 * @returns {Promise<Measurement>}
 */
export async function measure(work, { profilePath, sampleMillis } = {}) {
  const profile = profilePath === undefined ? undefined : await startProfile()
  const baselineBytes = process.memoryUsage.rss()
  const endSampling = sampleMillis === undefined ? undefined : sampleRss(sampleMillis)
  const wallStart = process.hrtime.bigint()
  const cpuStart = process.cpuUsage()
  const operations = await work()
  const { user, system } = process.cpuUsage(cpuStart)
  const wallMicros = Number(process.hrtime.bigint() - wallStart) / 1000
  const peakRssBytes = peakRss()
  const rssSamples = endSampling?.()
  if (profile !== undefined && profilePath !== undefined) await profile.writeTo(profilePath)
  return {
    operations,
    cpuMicros: user + system,
    wallMicros,
    peakRssBytes,
    peakGrowthBytes: Math.max(0, peakRssBytes - baselineBytes),
    baselineBytes,
    ...(rssSamples && { rssSamples }),
  }
}

/** The profiler behind `node --cpu-prof`, started after the warm-up. */
async function startProfile() {
  const { Session } = await import('node:inspector/promises')
  const { writeFile } = await import('node:fs/promises')
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  await session.post('Profiler.start')
  return {
    /** @param {string} path */
    async writeTo(path) {
      const { profile } = await session.post('Profiler.stop')
      session.disconnect()
      await writeFile(path, JSON.stringify(profile))
    },
  }
}
