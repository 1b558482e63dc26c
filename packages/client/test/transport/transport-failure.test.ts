import { describe, expect, it } from 'vitest'
import { transportFailure } from '../../src/transport/transport-failure.ts'
import { retryClass } from '../../src/pipeline/retry.ts'

const facts = { requestSent: true, responseStarted: false }

/** What Node and undici call trouble, what it is here, and whether a read is sent again. */
const troubles: readonly (readonly [code: string, kind: string, again: boolean])[] = [
  ['ECONNRESET', 'reset', true],
  ['EPIPE', 'reset', true],
  ['UND_ERR_SOCKET', 'reset', true],
  ['ETIMEDOUT', 'connect-timeout', true],
  ['UND_ERR_CONNECT_TIMEOUT', 'connect-timeout', true],
  ['ECONNREFUSED', 'connect', true],
  ['EHOSTUNREACH', 'connect', true],
  ['ENETUNREACH', 'connect', true],
  ['EAI_AGAIN', 'dns', true],
  ['ENOTFOUND', 'dns', true],
  ['UND_ERR_HEADERS_TIMEOUT', 'first-byte-timeout', true],
  ['UND_ERR_BODY_TIMEOUT', 'idle-timeout', true],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'truncated', true],
  ['HPE_INVALID_CONSTANT', 'protocol', true],
  ['CERT_HAS_EXPIRED', 'tls', false],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', false],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls', false],
  ['UND_ERR_DESTROYED', 'closed', false],
]

describe('trouble on the network', () => {
  it.each(troubles)('%s is %s (sent again: %s)', (code, kind, again) => {
    const failure = transportFailure(Object.assign(new Error('it went wrong'), { code }), facts)
    expect(failure).toMatchObject({ name: 'TransportError', kind })
    expect(retryClass(failure, true)).toBe(again ? 'transient' : undefined)
  })

  it('of several addresses is that of the first', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    const failure = transportFailure(new AggregateError([refused, refused]), facts)
    expect(failure).toMatchObject({ kind: 'connect', requestSent: false })
  })

  it('without a name is a connection that broke', () => {
    for (const nameless of [new Error('socket hang up'), 'text', undefined, null]) {
      expect(transportFailure(nameless, facts)).toMatchObject({ kind: 'reset', requestSent: true })
    }
  })
})
