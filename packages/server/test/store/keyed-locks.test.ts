import { describe, expect, it } from 'vitest'

import { KeyedLocks } from '../../src/store/keyed-locks.ts'

function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('KeyedLocks', () => {
  it('lets one exclusive holder in at a time, in the order of coming', async () => {
    const locks = new KeyedLocks()
    const log: string[] = []
    const work = ['a', 'b', 'c'].map((name) =>
      locks.exclusive('key', async () => {
        log.push(`${name} in`)
        await Promise.resolve()
        log.push(`${name} out`)
      }),
    )
    await Promise.all(work)
    expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
  })

  it('lets shared holders in together, but not past a waiting exclusive one', async () => {
    const locks = new KeyedLocks()
    const log: string[] = []
    const first = gate()
    const holder =
      (name: string, wait = Promise.resolve()) =>
      async (): Promise<void> => {
        log.push(name)
        await wait
      }
    const work = [
      locks.shared('key', holder('shared 1', first.opened)),
      locks.shared('key', holder('shared 2')),
      locks.exclusive('key', holder('exclusive')),
      locks.shared('key', holder('shared 3')),
      locks.shared('other', holder('other')),
    ]
    await new Promise((resolve) => setImmediate(resolve))
    expect(log).toEqual(['shared 1', 'shared 2', 'other'])
    first.open()
    await Promise.all(work)
    expect(log).toEqual(['shared 1', 'shared 2', 'other', 'exclusive', 'shared 3'])
  })

  it('goes on behind a task that fails', async () => {
    const locks = new KeyedLocks()
    const failing = locks.exclusive('key', () => Promise.reject(new Error('no')))
    const next = locks.exclusive('key', () => Promise.resolve('yes'))
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })
})
