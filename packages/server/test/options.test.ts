import { describe, expect, it } from 'vitest'

import { settingsFrom } from '../src/options.ts'

describe('settingsFrom', () => {
  const own = { accessKey: 'somebody', secretKey: 'something long' }

  it('listens on the machine itself, with random keys', () => {
    const one = settingsFrom({})
    const two = settingsFrom({})
    expect(one).toMatchObject({ host: '127.0.0.1', port: 0, region: 'us-east-1' })
    expect(one.credentials.secretKey).not.toBe(two.credentials.secretKey)
    expect(one.credentials.accessKey).not.toBe(two.credentials.accessKey)
  })

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('takes any keys on %s', (host) => {
    const keys = { accessKey: 'minioadmin', secretKey: 'minioadmin' }
    expect(settingsFrom({ host, ...keys }).credentials).toMatchObject(keys)
  })

  describe.each(['0.0.0.0', '::', '192.168.1.5', 'store.example'])('on %s', (host) => {
    it.each([
      {},
      { accessKey: 'somebody' },
      { secretKey: 'something long' },
      { accessKey: 'minioadmin', secretKey: 'minioadmin' },
      { accessKey: 'somebody', secretKey: 'minioadmin' },
      { accessKey: 'minio', secretKey: 'minio123' },
      { accessKey: 'rustfsadmin', secretKey: 'rustfsadmin' },
      { accessKey: 'RustFSAdmin', secretKey: 'something long' },
      { accessKey: 'test', secretKey: 'testtest' },
      { accessKey: 'same as the other', secretKey: 'same as the other' },
    ])('refuses %j', (keys) => {
      expect(() => settingsFrom({ host, ...keys })).toThrow(TypeError)
    })

    it('takes keys of its own', () => {
      expect(settingsFrom({ host, ...own }).host).toBe(host)
    })
  })

  it.each([
    [{ port: -1 }, RangeError],
    [{ port: 65_536 }, RangeError],
    [{ port: 1.5 }, RangeError],
    [{ secretKey: 'short' }, TypeError],
    [{ accessKey: 'a b' }, TypeError],
    [{ accessKey: 'a/b' }, TypeError],
    [{ region: 'no region!' }, TypeError],
    [{ maxConnections: 0 }, RangeError],
    [{ maxConnections: 1.5 }, RangeError],
    [{ maxConnectionsPerAddress: 0 }, RangeError],
    [{ minBytesPerSecond: -1 }, RangeError],
    [{ timeouts: { headMs: 0 } }, RangeError],
    [{ timeouts: { idleMs: NaN } }, RangeError],
    [{ timeouts: { stallMs: Infinity } }, RangeError],
  ])('refuses %j', (options, kind) => {
    expect(() => settingsFrom(options)).toThrow(kind)
  })

  it.each([[{ maxConnection: 5 }], [{ constructor: 5 }], [{ timeouts: { headMillis: 5 } }]])(
    'refuses %j, which it does not know',
    (options: object) => {
      expect(() => settingsFrom(options)).toThrow(TypeError)
    },
  )
})
