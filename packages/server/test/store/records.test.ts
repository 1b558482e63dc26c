import { describe, expect, it } from 'vitest'

import { DamagedRecordError, decodeRecord, encodeRecord } from '../../src/store/records.ts'

describe('records', () => {
  const value = { text: 'grün', list: [1, 2] }
  const record = encodeRecord('name', value)

  it('come back as they were', () => {
    expect(decodeRecord('name', record)).toEqual(value)
  })

  it('are refused with any bit flipped, cut anywhere, longer, or under another name', () => {
    for (let bit = 0; bit < record.length * 8; bit += 1) {
      const damaged = Buffer.from(record)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => decodeRecord('name', damaged)).toThrow(DamagedRecordError)
    }
    for (let length = 0; length < record.length; length += 1) {
      expect(() => decodeRecord('name', record.subarray(0, length))).toThrow(DamagedRecordError)
    }
    expect(() => decodeRecord('name', Buffer.concat([record, Buffer.from(' ')]))).toThrow(
      DamagedRecordError,
    )
    expect(() => decodeRecord('other', record)).toThrow(DamagedRecordError)
  })
})
