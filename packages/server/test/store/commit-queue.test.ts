import { describe, expect, it } from 'vitest'

import { S3Failure, UndecidedCommitError } from '../../src/failure.ts'
import { CommitQueue, type CommitTarget, type Recovery } from '../../src/store/commit-queue.ts'
import type { Write } from '../../src/store/database.ts'
import { smallBlobName } from '../../src/store/key-space.ts'
import { startsName } from '../../src/store/store.ts'

/** Batches wait until the test lets them succeed or fail. */
class Target implements CommitTarget {
  readonly batches: (readonly Write[])[] = []
  recovery: Recovery = 'open'
  room = true
  isReady = true
  #settle: ((error?: Error) => void) | undefined

  async ready(): Promise<void> {
    if (!this.isReady) throw new S3Failure('ServiceUnavailable')
  }

  async hasRoom(): Promise<boolean> {
    return this.room
  }

  append(writes: readonly Write[]): Promise<void> {
    this.batches.push(writes)
    return new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error))
    })
  }

  async recover(): Promise<Recovery> {
    return this.recovery
  }

  /** Ends the batch that is under way, once there is one. */
  async end(failure?: Error): Promise<void> {
    while (this.#settle === undefined) await nextTurn()
    this.#settle(failure)
    this.#settle = undefined
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

const full = Object.assign(new Error('full'), { code: 'ENOSPC' })

function put(key: string): Write {
  return { type: 'put', key, value: Buffer.from(key) }
}

function removal(key: string): Write {
  return { type: 'del', key }
}

function keysOf(batch: readonly Write[] | undefined): readonly string[] {
  return (batch ?? []).map(({ key }) => key)
}

async function codeOf(commit: Promise<void>): Promise<string> {
  return commit.then(
    () => 'done',
    (error: unknown) => (error instanceof S3Failure ? error.code : String(error)),
  )
}

describe('the queue of commits', () => {
  it('writes together what waits while a batch is written, in order', async () => {
    const target = new Target()
    const queue = new CommitQueue(target)
    const commits = ['a', 'b', 'c'].map((key) => queue.commit([put(key)]))
    await target.end()
    await target.end()
    await Promise.all(commits)
    expect(target.batches.flatMap(keysOf)).toEqual(['a', 'b', 'c'])
    expect(target.batches.length).toBeLessThan(3)
  })

  it('writes a commit that comes while the queue runs dry', async () => {
    const target = new Target()
    target.append = () => Promise.resolve()
    const queue = new CommitQueue(target)
    const stuck: number[] = []
    for (let hops = 0; hops < 20; hops += 1) {
      await queue.commit([put('first')])
      for (let hop = 0; hop < hops; hop += 1) await Promise.resolve()
      let isDone = false
      void queue.commit([put('second')]).then(() => (isDone = true))
      for (let turn = 0; turn < 20; turn += 1) await nextTurn()
      if (!isDone) stuck.push(hops)
    }
    expect(stuck).toEqual([])
  })

  it('refuses what waits after a failure, except removals, which are tried once more', async () => {
    const target = new Target()
    const queue = new CommitQueue(target)
    const first = codeOf(queue.commit([put('a'), removal('x')]))
    const waiting = [
      codeOf(queue.commit([put('b')])),
      codeOf(queue.commit([removal('c')])),
      codeOf(queue.commit([removal('d'), put(smallBlobName('e'))])),
    ]
    await target.end(full)
    await target.end(full)
    expect(await first).toBe('ServiceUnavailable')
    expect(await Promise.all(waiting.filter((_, index) => index !== 1))).toEqual([
      'ServiceUnavailable',
      'ServiceUnavailable',
    ])
    await target.end()
    expect(await waiting[1]).toBe('done')
    expect(target.batches.slice(1).map(keysOf)).toEqual([['a', 'x', 'c'], ['c']])
  })

  it('says that nobody knows where a batch could not be undone', async () => {
    const target = new Target()
    target.recovery = 'undecided'
    const commit = new CommitQueue(target).commit([removal('a')])
    const outcome = commit.catch((error: unknown) => error)
    await target.end(full)
    expect(await outcome).toBeInstanceOf(UndecidedCommitError)
  })

  it('refuses everything while the database cannot be opened', async () => {
    const target = new Target()
    const queue = new CommitQueue(target)
    target.isReady = false
    expect(await codeOf(queue.commit([removal('a')]))).toBe('ServiceUnavailable')
    target.isReady = true
    const commit = queue.commit([put('b')])
    await target.end()
    await commit
    expect(target.batches.map(keysOf)).toEqual([['b']])
  })

  it('takes the numbers that a start needs while there is no room, and after a failure', async () => {
    const target = new Target()
    target.room = false
    const queue = new CommitQueue(target)
    const started = queue.commit([put(startsName)])
    await target.end(full)
    await target.end()
    await started
    expect(target.batches.map(keysOf)).toEqual([[startsName], [startsName]])
  })

  it('takes nothing but removals while there is no room', async () => {
    const target = new Target()
    target.room = false
    const queue = new CommitQueue(target)
    const addition = codeOf(queue.commit([put('a')]))
    const removed = queue.commit([removal('b'), put('v')])
    await target.end()
    await removed
    expect(await addition).toBe('ServiceUnavailable')
    expect(target.batches.map(keysOf)).toEqual([['b', 'v']])
  })
})
