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
import { PartStore } from '../support/part-store.ts'

/** To start a process costs most of the time, so each takes several transfers with it. */
const processes = 20
const transfersEach = 5
const transfers = processes * transfersEach
const objects = Array.from({ length: transfersEach }, (_, index) => `k${index}`)
/** So many processes at the same time, each with a store and a folder of its own. */
const lanes = 2

const rangeBytes = 64 * 1024
const ranges = 24
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

/** What the processes of one lane share, and what they count. */
interface Lane {
  readonly store: PartStore
  readonly folder: string
  readonly random: Random
  killed: number
  resumed: number
}

/** Runs one kind of round in several lanes; the sums of what they counted. */
async function inLanes(round: (lane: Lane, client: Client) => Promise<void>): Promise<{
  readonly killed: number
  readonly resumed: number
}> {
  const run = async (seed: number): Promise<Lane> => {
    await using folder = await temporaryFolder()
    await using store = await PartStore.start()
    const lane = { store, folder: folder.path, random: randomOf(seed), killed: 0, resumed: 0 }
    for (let index = 0; index < processes / lanes; index++) {
      // Closed before the next one: only connections of the killed process count there.
      await using client = clientOf(store.endpoint)
      await round(lane, client)
    }
    return lane
  }
  const all = await Promise.all(Array.from({ length: lanes }, (_, lane) => run(4711 + lane)))
  const sum = (pick: (lane: Lane) => number): number =>
    all.reduce((total, lane) => total + pick(lane), 0)
  return { killed: sum((lane) => lane.killed), resumed: sum((lane) => lane.resumed) }
}

/**
 * Runs transfers in a process that is killed when so many requests have come, of `most`, or a
 * moment later. The store takes a while of its own for each, so that the transfers are apart.
 */
async function runKilled(lane: Lane, tasks: readonly Task[], most: number): Promise<void> {
  const { store, random } = lane
  const killAt = Math.floor(random() * most)
  const killAfterMs = Math.floor(random() * 4)
  const child = await TransferProcess.start(lane.folder)
  store.seen.length = 0
  store.mischief = async () => {
    const isTime = store.seen.length > killAt
    await pause(isTime ? killAfterMs : random() * 4)
    if (isTime) child.kill()
    return undefined
  }
  child.run(store.endpoint, tasks)
  if (await child.wasKilled()) lane.killed++
  // What was under way when it died may still be on its way into the store.
  await store.quiet(10_000)
  store.mischief = () => undefined
}

describe.skipIf(!isBuilt)('kill -9 (skipped where nothing is built)', () => {
  it(`leaves of ${transfers} downloads the old file or the new one, and what to go on with`, async () => {
    const options = { partSize: rangeBytes, concurrency: 2, resume: true }
    const { killed, resumed } = await inLanes(async (lane, client) => {
      const { store, folder } = lane
      const tasks: Task[] = []
      for (const object of objects) {
        await mkdir(join(folder, object), { recursive: true })
        const get = join(folder, object, 'target')
        await writeFile(get, old)
        store.place(`/bkt/${object}`, downloaded)
        tasks.push({ object, get, options })
      }
      await runKilled(lane, tasks, transfersEach * (ranges + 1))
      for (const object of objects) {
        const place = join(folder, object)
        const path = join(place, 'target')
        const now = await readFile(path)
        expect(now.equals(old) || now.equals(downloaded)).toBe(true)
        expect((await readdir(place)).length).toBeLessThanOrEqual(2)
        store.seen.length = 0
        await client.fGetObject('bkt', object, path, options)
        if (store.of('get').length < ranges) lane.resumed++
        expect((await readFile(path)).equals(downloaded)).toBe(true)
        expect(await readdir(place)).toEqual(['target'])
      }
    })
    expect(killed).toBe(processes)
    // About 70: how many are cut in the middle is a matter of the moment.
    expect(resumed).toBeGreaterThan(transfers / 5)
  }, 300_000)

  /** An upload that was left behind is seen, and goes on or goes away. */
  async function settleUpload(lane: Lane, client: Client, task: UploadTask): Promise<void> {
    const { store } = lane
    const { object, put, stateFile } = task
    const stored = store.objects.get(`/bkt/${object}`)?.bytes
    expect(stored?.equals(old) === true || stored?.equals(uploaded) === true).toBe(true)
    const listed = await client.listIncompleteUploads('bkt', { prefix: object }).toArray()
    const left = listed.find((entry) => !entry.isPrefix && entry.object === object)
    const state = await stateIn(stateFile)
    if (left === undefined || state === undefined || lane.random() < 0.3) {
      await client.removeIncompleteUpload('bkt', object)
    } else {
      expect(left).toMatchObject({ uploadId: state.uploadId })
      store.seen.length = 0
      await client.fPutObject('bkt', object, put, { ...task.options, resumeFrom: state })
      if (store.of('part').length < parts) lane.resumed++
      expect(store.of('initiate')).toEqual([])
      expect(store.objects.get(`/bkt/${object}`)?.bytes.equals(uploaded)).toBe(true)
    }
    expect([...store.uploads.values()].filter(({ key }) => key === `/bkt/${object}`)).toEqual([])
  }

  it(`leaves of ${transfers} uploads nothing, or what is seen, goes on and goes away`, async () => {
    const options = { partSize: partBytes, concurrency: 2 }
    const { killed, resumed } = await inLanes(async (lane, client) => {
      const { store, folder } = lane
      const tasks: UploadTask[] = []
      const put = join(folder, 'up')
      if (!existsSync(put)) await writeFile(put, uploaded)
      for (const object of objects) {
        const stateFile = join(folder, `state of ${object}`)
        await rm(stateFile, { force: true })
        store.place(`/bkt/${object}`, old)
        tasks.push({ object, put, stateFile, options })
      }
      // One that begins it, one for each part, one that completes it.
      await runKilled(lane, tasks, transfersEach * (parts + 2))
      for (const task of tasks) await settleUpload(lane, client, task)
    })
    expect(killed).toBe(processes)
    // About 25, since some are removed instead.
    expect(resumed).toBeGreaterThan(transfers / 20)
  }, 300_000)
})

type UploadTask = Extract<Task, { readonly put: string }>

async function stateIn(path: string): Promise<UploadState | undefined> {
  if (!existsSync(path)) return undefined
  return JSON.parse(await readFile(path, 'utf8')) as UploadState // The process wrote it.
}
