import { expect, it } from 'vitest'

import { record, seed } from '../support/proof.ts'
import { applies, faults, type Call, type CallKind, type Fault } from './faulty-files.ts'
import { bringTo, bucket, operations, versionedBucket, type Operation } from './operations.ts'
import { isDone, Rig, type Outcome } from './rig.ts'

/** After so many cases the server starts again, and must find what it left. */
const casesPerStart = 40

/** The answers to a failure of the file system. */
const answers: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOSPC', '507 XMinioStorageFull'],
  ['EDQUOT', '507 XMinioStorageFull'],
  ['EMFILE', '503 SlowDown'],
])
const defect = '500 InternalError'

/** Calls without which nothing is stored, or read. */
const needed: ReadonlySet<CallKind> = new Set([
  'openToRead',
  'create',
  'makeDirectory',
  'read',
  'writev',
  'sync',
])

type Finding = 'wrong' | 'lost' | 'leaked'

/** Runs each operation with each fault of each call of the file system. */
class Proof {
  readonly rig = new Rig(seed)
  cases = 0
  readonly found: Record<Finding, string[]> = { wrong: [], lost: [], leaked: [] }
  /** Files that nothing names, since they could not be removed. */
  #left = new Set<string>()

  async run(): Promise<void> {
    await this.rig.start()
    for (const name of [bucket, versionedBucket]) {
      await this.rig.send({ method: 'PUT', bucket: name })
    }
    const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    const query = { versioning: '' }
    await this.rig.send({ method: 'PUT', bucket: versionedBucket, query, body })
    for (const operation of operations) await this.#runOperation(operation)
    await this.rig.end()
  }

  async #runOperation(operation: Operation): Promise<void> {
    const { rig } = this
    const keys = { ...operation.before, ...operation.after }
    const absent = Object.fromEntries(Object.keys(keys).map((key) => [key, undefined]))
    const before = { ...absent, ...operation.before }
    await bringTo(rig, before)
    await rig.files.settled()
    const calls = await this.#trace(operation)
    await this.#settle(operation, before, true, 'without a fault')
    for (let at = 0; at < calls.length; at += 1) {
      for (const fault of faults) {
        if (!applies(fault, calls[at]?.kind ?? 'stat')) continue
        await this.#runCase(operation, before, at, fault)
        if (this.cases % casesPerStart === 0) await this.#restart(operation.name)
      }
    }
    await this.#restart(operation.name)
    await bringTo(rig, absent)
  }

  /** The calls of an operation that meets no fault. */
  async #trace(operation: Operation): Promise<readonly Call[]> {
    const { files } = this.rig
    this.rig.nextShard()
    files.arm(0, undefined)
    const outcome = await operation.run(this.rig)
    await files.settled()
    if (!isDone(outcome)) throw new Error(`${operation.name} fails without a fault`)
    return [...files.calls]
  }

  async #runCase(
    operation: Operation,
    before: Operation['before'],
    at: number,
    fault: Fault,
  ): Promise<void> {
    const { rig } = this
    const filesBefore = rig.blobFiles()
    rig.nextShard()
    rig.defects.length = 0
    rig.files.arm(at, fault)
    const outcome = await operation.run(rig)
    rig.files.disarm()
    const what = `${operation.name}, call ${at} ${rig.files.calls[at]?.kind ?? ''}, ${fault.name}`
    if (!(await rig.files.settled())) {
      this.found.leaked.push(`${what}: a file stays open`)
      rig.files.openHandles = 0
    }
    this.cases += 1
    const done = isDone(outcome)
    this.#judgeAnswer(operation, outcome, fault, what)
    await this.#abortUploads()
    if (!done || operation.after === undefined) this.#judgeFiles(filesBefore, what)
    await this.#settle(operation, before, done, what)
  }

  #judgeAnswer(operation: Operation, outcome: Outcome, fault: Fault, what: string): void {
    const { files, defects } = this.rig
    const { failed } = files
    const wrong = (text: string): void => void this.found.wrong.push(`${what}: ${text}`)
    if (failed.length === 0) wrong('the fault did not happen')
    for (const misuse of files.misuses.splice(0)) wrong(misuse)
    if (outcome === 'cut') {
      if (operation.streams !== true || defects.length === 0) wrong('the connection was cut')
      return
    }
    if (isDone(outcome)) {
      const missed = failed.find(({ kind }) => fault.code !== undefined && needed.has(kind))
      if (missed !== undefined) wrong(`success although ${missed.kind} failed`)
      if (operation.isRight?.(outcome) === false) wrong('other bytes')
      return
    }
    const answer = `${outcome.status} ${outcome.code}`
    const reads = failed.some(({ kind }) => kind === 'read' || kind === 'stat')
    const expected = [answers.get(fault.code) ?? defect, ...(reads ? [defect] : [])]
    if (!expected.includes(answer)) wrong(`answered ${answer}`)
    if (fault.code === undefined) wrong('failed where less was done than asked for')
    if (answer === defect && defects.length === 0) wrong('not reported')
  }

  /** Nothing may be left of what failed, unless it could not be removed. */
  #judgeFiles(filesBefore: readonly string[], what: string): void {
    const before = new Set(filesBefore)
    const after = this.rig.blobFiles()
    const kept = new Set(
      this.rig.files.failed.filter(({ kind }) => kind === 'unlink').map(({ path }) => path),
    )
    for (const path of after.filter((file) => !before.has(file))) {
      if (kept.has(path)) this.#left.add(path)
      else this.found.leaked.push(`${what}: a file is left`)
    }
    const there = new Set(after)
    if (!filesBefore.every((path) => there.has(path))) {
      this.found.lost.push(`${what}: a file is gone`)
    }
  }

  /** Compares what is stored with what must be, and brings back what was before. */
  async #settle(
    operation: Operation,
    before: Operation['before'],
    done: boolean,
    what: string,
  ): Promise<void> {
    const { rig } = this
    for (const { kind, path } of rig.files.failed) if (kind === 'unlink') this.#left.add(path)
    const now = done ? { ...before, ...operation.after } : before
    for (const [key, body] of Object.entries(now)) {
      const read = await rig.send({ bucket, key })
      const found = read !== 'cut' && read.status === 200 ? read.body : undefined
      const isMissing = read !== 'cut' && read.code === 'NoSuchKey'
      const isRight = body === undefined ? isMissing : found?.equals(body) === true
      if (!isRight) this.found.lost.push(`${what}: ${key} is not what it must be`)
    }
    if ((await operation.check?.(rig, done)) === false) this.found.lost.push(`${what}: versions`)
    await rig.files.settled()
    if (done && operation.after !== undefined) {
      const unsafe = rig.files.unsafeOf(rig.blobFiles().filter((path) => !this.#left.has(path)))
      if (unsafe.length > 0) this.found.lost.push(`${what}: answered before it was safe`)
      await bringTo(rig, before)
      await rig.files.settled()
    }
  }

  async #abortUploads(): Promise<void> {
    const listed = await this.rig.send({ bucket, query: { uploads: '' } })
    if (listed === 'cut') return
    for (const [, key, uploadId = ''] of listed.text.matchAll(
      /<Key>([^<]*)<\/Key><UploadId>([^<]*)/g,
    )) {
      await this.rig.send({ method: 'DELETE', bucket, key, query: { uploadId } })
    }
    await this.rig.files.settled()
  }

  /** A start must find every file that something names, and leave no other. */
  async #restart(what: string): Promise<void> {
    const { rig } = this
    await rig.files.settled()
    const before = rig.blobFiles().filter((path) => !this.#left.has(path))
    await rig.restart()
    const after = rig.blobFiles()
    if (JSON.stringify(before) !== JSON.stringify(after)) {
      this.found.leaked.push(`${what}: a start finds ${before.length} files, keeps ${after.length}`)
    }
    this.#left.clear()
  }
}

it('survives every fault of every call of the file system', async () => {
  const proof = new Proof()
  await proof.run()
  const { wrong, lost, leaked } = proof.found
  record({
    proof: 'faults of the file system',
    unit: 'cases',
    reached: proof.cases,
    required: 3000,
    failures: { wrong: wrong.length, lost: lost.length, leaked: leaked.length },
  })
  expect([...wrong, ...lost, ...leaked].slice(0, 20)).toEqual([])
})
