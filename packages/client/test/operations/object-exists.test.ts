import { describe, expect, test } from 'vitest'
import { objectExists } from '../../src/operations/object-exists.ts'
import { FakeStore, refusal, reply } from '../support/replies.ts'

describe('objectExists', () => {
  test('asks by HEAD, for a version where one is named', async () => {
    const store = new FakeStore(() => reply())
    expect(await store.send(objectExists('bucket', 'key', { versionId: 'v' }), {})).toBe(true)
    expect(store.sent[0]?.request).toMatchObject({ method: 'HEAD', query: [['versionId', 'v']] })
  })

  test.each(['NoSuchKey', 'NoSuchVersion'])('is false for %s', async (code) => {
    const store = new FakeStore(() => Promise.reject(refusal(code, 404)))
    expect(await store.send(objectExists('bucket', 'key', {}), {})).toBe(false)
  })

  test.each(['NoSuchBucket', 'AccessDenied', 'MethodNotAllowed'])('fails with %s', async (code) => {
    const store = new FakeStore(() => Promise.reject(refusal(code, 404)))
    await expect(store.send(objectExists('bucket', 'key', {}), {})).rejects.toMatchObject({ code })
  })
})
