import { describe, expect, test } from 'vitest'
import { removeObject } from '../../src/operations/remove-object.ts'
import { reply } from '../support/replies.ts'

describe('removeObject', () => {
  test('names the version, and passes over governance, where it is told to', () => {
    expect(removeObject('bucket', 'key', {})).toMatchObject({
      operation: 'DeleteObject',
      method: 'DELETE',
      query: [],
      headers: {},
      idempotent: true,
    })
    const options = { versionId: 'null', bypassGovernance: true }
    expect(removeObject('bucket', 'key', options)).toMatchObject({
      query: [['versionId', 'null']],
      headers: { 'x-amz-bypass-governance-retention': 'true' },
    })
  })

  test('under a condition is not sent twice: its own success would refuse it', () => {
    const conditional = removeObject('bucket', 'key', { conditions: { ifMatch: 'e' } })
    expect(conditional).toMatchObject({ headers: { 'if-match': '"e"' }, idempotent: false })
  })

  test('tells what was removed', () => {
    const { read } = removeObject('bucket', 'key', {})
    expect(read(reply('', {}, 204))).toEqual({ versionId: undefined, isDeleteMarker: false })
    const headers = { 'x-amz-version-id': '0123', 'x-amz-delete-marker': 'true' }
    expect(read(reply('', headers, 204))).toEqual({ versionId: '0123', isDeleteMarker: true })
  })
})
