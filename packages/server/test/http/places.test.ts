import { describe, expect, it } from 'vitest'

import { addressGroup, Places, type PlaceHolder } from '../../src/http/places.ts'

function holder(name: string, address: string, gone: string[]): PlaceHolder {
  return { address, giveUp: () => gone.push(name) }
}

describe('Places', () => {
  it('takes from whoever has waited longest, then from whoever began longest ago', () => {
    const gone: string[] = []
    const places = new Places({ total: 4, perAddress: undefined })
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => holder(name, '127.0.0.1', gone))
    for (const each of [a, b, c, d]) expect(places.take(each!)).toBe(true)
    places.use(a!, 'waiting')
    places.use(b!, 'beginning')
    places.use(c!, 'waiting')
    places.use(d!, 'busy')
    places.use(a!, 'busy')
    places.use(a!, 'waiting')
    for (let turn = 0; turn < 5; turn += 1) {
      const next = holder(`next ${turn}`, '127.0.0.1', gone)
      expect(places.take(next)).toBe(turn < 3)
      places.use(next, 'busy')
    }
    expect(gone).toEqual(['c', 'a', 'b'])
    places.leave(d!)
    expect(places.take(e!)).toBe(true)
  })

  it('counts whoever has given up its place no more, however often it leaves', () => {
    const places = new Places({ total: 1, perAddress: undefined })
    const first = holder('first', '::1', [])
    const second = holder('second', '::1', [])
    places.take(first)
    places.use(first, 'waiting')
    expect(places.take(second)).toBe(true)
    places.leave(first)
    places.use(first, 'waiting')
    places.use(second, 'busy')
    expect(places.take(holder('third', '::1', []))).toBe(false)
  })

  it('leaves half of the places to other addresses, and all to this machine', () => {
    const places = new Places({ total: 11, perAddress: undefined })
    const taken = (address: string): number => {
      const holders = Array.from({ length: 20 }, () => holder('', addressGroup(address), []))
      const admitted = holders.filter((each) => places.take(each))
      for (const each of admitted) places.leave(each)
      return admitted.length
    }
    expect(['10.0.0.1', '2001:db8::1', '127.0.0.1', '::1', '::ffff:127.0.0.1'].map(taken)).toEqual([
      6, 6, 11, 11, 11,
    ])
  })

  it('keeps the places of one address apart from those of others', () => {
    const gone: string[] = []
    const places = new Places({ total: 10, perAddress: 2 })
    for (const [name, address] of [
      ['a', '10.0.0.1'],
      ['b', '10.0.0.2'],
      ['c', '10.0.0.1'],
      ['d', '10.0.0.1'],
    ] as const) {
      const each = holder(name, address, gone)
      expect(places.take(each)).toBe(true)
      places.use(each, 'waiting')
    }
    expect(gone).toEqual(['a'])
  })
})

describe('addressGroup', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::1', '0:0:0:0'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['fe80::1:2:3:4:5', 'fe80:0:0:1'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
  ])('of %s is %s', (address, group) => {
    expect(addressGroup(address)).toBe(group)
  })
})
