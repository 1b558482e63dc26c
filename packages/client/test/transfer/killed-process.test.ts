import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import type { UploadState } from '../../src/transfer/upload-state.ts'
import { clientOf } from '../support/assembled.ts'
import { contentOf, partBytes } from '../support/content.ts'
import { temporaryFolder } from '../support/folder.ts'
import { isBuilt, TransferProcess, type Task } from '../support/killed-process.ts'
import { PartStore, type SeenRequest } from '../support/part-store.ts'

const kills = 100
/** So many rounds at the same time, each with a store and a folder of its own. */
const lanes = 2

const rangeBytes = 64 * 1024
const ranges = 40
const downloaded = contentOf(ranges * rangeBytes - 9)
const parts = 3
const uploaded = contentOf((parts - 1) * partBytes + 3)
const old = Buffer.from('old')

/** Numbers from 0 to 1, the same ones every time. */
type Random = () => number
function randomOf(seed: number): Random {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

/** One lane: what its rounds share, and what they count. */
interface Lane {
  readonly store: PartStore
  readonly client: Client
  readonly folder: string
  readonly random: Random
  killed: number
  resumed: number
}

/** Runs the rounds of one kind in several lanes; the sums of what they counted. */
async function inLanes(round: (lane: Lane) => Promise<void>): Promise<{
  readonly killed: number
  readonly resumed: number
}> {
  const run = async (seed: number): Promise<Lane> => {
    await using folder = await temporaryFolder()
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const random = randomOf(seed)
    const lane: Lane = { store, client, folder: folder.path, random, killed: 0, resumed: 0 }
    for (let index = 0; index < kills / lanes; index++) await round(lane)
    return lane
  }
  const all = await Promise.all(Array.from({ length: lanes }, (_, lane) => run(4711 + lane)))
  const sum = (pick: (lane: Lane) => number): number =>
    all.reduce((total, lane) => total + pick(lane), 0)
  return { killed: sum((lane) => lane.killed), resumed: sum((lane) => lane.resumed) }
}

/**
 * Runs a task in a process that is killed at a moment of its own: shortly after a request of the
 * kind that counts has come, or so long after the beginning, whatever happens then.
 */
async function runKilled(
  lane: Lane,
  task: Task,
  counts: (request: SeenRequest) => boolean,
  most: number,
): Promise<void> {
  const { store, random, folder } = lane
  const killAt = random() < 0.8 ? Math.floor(random() * (most + 1)) : Infinity
  const pauseMs = Math.floor(random() * 4)
  const latestMs = killAt === Infinity ? Math.floor(random() * 60) : 60_000
  const child = await TransferProcess.start(folder)
  store.seen.length = 0
  let seen = 0
  store.mischief = async (request) => {
    if (counts(request)) seen++
    if (seen < killAt) return undefined
    if (pauseMs > 0) await pause(pauseMs)
    child.kill()
    return undefined
  }
  const timer = setTimeout(() => child.kill(), latestMs)
  child.run(store.endpoint, task)
  if (await child.wasKilled()) lane.killed++
  clearTimeout(timer)
  store.mischief = () => undefined
  // What was under way when it died may still be on its way into the store.
  await store.quiet()
  store.seen.length = 0
}

describe.skipIf(!isBuilt)('kill -9 (skipped where nothing is built)', () => {
  async function downloadRound(lane: Lane): Promise<void> {
    const { store, client, folder } = lane
    const place = join(folder, 'down')
    const path = join(place, 'target')
    await mkdir(place, { recursive: true })
    await writeFile(path, old)
    store.place('/bkt/k', downloaded)
    const options = { partSize: rangeBytes, concurrency: 2, resume: true }
    await runKilled(lane, { get: path, options }, ({ action }) => action === 'get', ranges)
    const now = await readFile(path)
    expect(now.equals(old) || now.equals(downloaded)).toBe(true)
    expect((await readdir(place)).length).toBeLessThanOrEqual(2)
    await client.fGetObject('bkt', 'k', path, { ...options, concurrency: 4 })
    if (store.of('get').length < ranges) lane.resumed++
    expect((await readFile(path)).equals(downloaded)).toBe(true)
    expect(await readdir(place)).toEqual(['target'])
  }

  it(`at ${kills} moments of fGetObject leaves the old file or the new one`, async () => {
    const { killed, resumed } = await inLanes(downloadRound)
    expect(killed).toBeGreaterThan(kills * 0.8)
    expect(resumed).toBeGreaterThan(kills / 2)
  }, 300_000)

  /** What the process has left is an upload that everybody sees, or nothing but what was stored. */
  async function expectVisible({ client, store }: Lane): Promise<string | undefined> {
    const listed = await client.listIncompleteUploads('bkt', { recursive: true }).toArray()
    const ids = listed.map((entry) => (entry.isPrefix ? undefined : entry.uploadId))
    expect(ids).toEqual([...store.uploads.keys()])
    expect(ids.length).toBeLessThanOrEqual(1)
    const stored = store.objects.get('/bkt/k')?.bytes
    expect(stored === undefined || stored.equals(old) || stored.equals(uploaded)).toBe(true)
    return ids[0]
  }

  async function uploadRound(lane: Lane): Promise<void> {
    const { store, client, folder } = lane
    const path = join(folder, 'up')
    const stateFile = join(folder, 'state')
    if (!existsSync(path)) await writeFile(path, uploaded)
    await rm(stateFile, { force: true })
    store.place('/bkt/k', old)
    const options = { partSize: partBytes, concurrency: 2 }
    // The one that begins it, one for each part, the one that completes it.
    await runKilled(lane, { put: path, stateFile, options }, () => true, parts + 2)
    const left = await expectVisible(lane)
    const state = existsSync(stateFile)
      ? (JSON.parse(await readFile(stateFile, 'utf8')) as UploadState)
      : undefined
    if (left === undefined || state === undefined || lane.random() < 0.3) {
      await client.removeIncompleteUpload('bkt', 'k')
      expect(store.uploads.size).toBe(0)
      return
    }
    expect(state.uploadId).toBe(left)
    store.seen.length = 0
    await client.fPutObject('bkt', 'k', path, { ...options, resumeFrom: state })
    if (store.of('part').length < parts) lane.resumed++
    expect(store.of('initiate')).toEqual([])
    expect(store.objects.get('/bkt/k')?.bytes.equals(uploaded)).toBe(true)
    expect(store.uploads.size).toBe(0)
  }

  it(`at ${kills} moments of fPutObject leaves an upload that goes on or goes away`, async () => {
    const { killed, resumed } = await inLanes(uploadRound)
    expect(killed).toBeGreaterThan(kills * 0.8)
    expect(resumed).toBeGreaterThan(kills / 5)
  }, 300_000)
})
