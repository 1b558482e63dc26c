import { describe, expect, it } from 'vitest'

import { Turns } from '../../src/http/turns.ts'

/** The end of an iteration of the event loop, when the test says so. */
function manualTurns(): { turns: Turns; endIteration: () => boolean } {
  let task: (() => void) | undefined
  const turns = new Turns((next) => (task = next))
  const endIteration = (): boolean => {
    const run = task
    task = undefined
    run?.()
    return run !== undefined
  }
  return { turns, endIteration }
}

describe('Turns', () => {
  it('gives everybody one turn for many requests, in order, a few in each iteration', () => {
    const { turns, endIteration } = manualTurns()
    const order: number[] = []
    const takers = Array.from({ length: 150 }, (_, index) => ({
      takeTurn: () => void order.push(index),
    }))
    for (const taker of [...takers, ...takers]) turns.request(taker)
    const counts: number[] = []
    while (endIteration()) counts.push(order.length)
    expect(counts).toEqual([32, 64, 96, 128, 150])
    expect(order).toEqual(takers.map((_, index) => index))
  })

  it('lets one continue as long as the iteration has turns for all who wait', () => {
    const { turns, endIteration } = manualTurns()
    const takers = Array.from({ length: 20 }, () => ({ takeTurn: () => undefined }))
    for (const taker of takers) turns.request(taker)
    const continued = (): number => {
      let count = 0
      while (turns.mayContinue()) count += 1
      return count
    }
    expect(continued()).toBe(12)
    endIteration()
    expect(continued()).toBe(12)
    endIteration()
    expect(continued()).toBe(32)
    endIteration()
    expect(continued()).toBe(32)
  })

  it('gives no turn to whoever has cancelled', () => {
    const { turns, endIteration } = manualTurns()
    let given = 0
    const taker = { takeTurn: () => void (given += 1) }
    turns.request(taker)
    turns.cancel(taker)
    while (endIteration());
    expect(given).toBe(0)
  })

  it('accepts 1,000 connections before the first of them has had four turns', () => {
    const { turns, endIteration } = manualTurns()
    const given = new Map<number, number>()
    let accepted = 0
    for (; accepted < 1000; accepted += 1) {
      const index = accepted
      // Each has its next request ready as soon as the last is answered.
      const taker = {
        takeTurn: () => {
          given.set(index, (given.get(index) ?? 0) + 1)
          turns.request(taker)
        },
      }
      turns.connectionAccepted()
      turns.request(taker)
      endIteration()
    }
    expect(Math.max(...given.values())).toBeLessThan(4)
  })

  it('gives turns however many connections come', () => {
    const { turns, endIteration } = manualTurns()
    let given = 0
    const taker = {
      takeTurn: () => {
        given += 1
        turns.request(taker)
      },
    }
    turns.request(taker)
    for (let iteration = 0; iteration < 10_000; iteration += 1) {
      turns.connectionAccepted()
      endIteration()
    }
    expect(given).toBeGreaterThan(1000)
  })
})
