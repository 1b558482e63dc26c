import { TransportError, type TransportErrorKind } from '../errors.ts'

/** Codes of undici, of Node's sockets and of its DNS and TLS, each with what it means here. */
const kinds: Readonly<Record<string, TransportErrorKind>> = {
  CERT_HAS_EXPIRED: 'tls',
  CERT_NOT_YET_VALID: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  EAI_AGAIN: 'dns',
  ECONNREFUSED: 'connect',
  ECONNRESET: 'reset',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  ENOTFOUND: 'dns',
  EPIPE: 'reset',
  EPROTO: 'tls',
  ERR_TLS_CERT_ALTNAME_INVALID: 'tls',
  ETIMEDOUT: 'connect-timeout',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  UNABLE_TO_GET_ISSUER_CERT: 'tls',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls',
  // A proxy that opens no tunnel; what we abort ourselves does not come here.
  UND_ERR_ABORTED: 'connect',
  UND_ERR_BODY_TIMEOUT: 'idle-timeout',
  UND_ERR_CLOSED: 'closed',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_DESTROYED: 'closed',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  UND_ERR_HEADERS_TIMEOUT: 'first-byte-timeout',
  UND_ERR_PRX_TLS: 'tls',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
  UND_ERR_SOCKET: 'reset',
}

/** Kinds in which the request cannot have reached the store. */
const neverSent: ReadonlySet<TransportErrorKind> = new Set([
  'closed',
  'connect',
  'connect-timeout',
  'dns',
  'tls',
])

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  // Node wraps the failures of several addresses; they are of one kind.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? code : undefined
}

/** Turns what undici or Node threw into the one error of this layer. */
export function transportFailure(
  error: unknown,
  facts: { readonly requestSent: boolean; readonly responseStarted: boolean },
): TransportError {
  if (error instanceof TransportError) return error
  // undici gives its parser's errors no code where it has a text of its own for them.
  const isParserError = error instanceof Error && error.name === 'HTTPParserError'
  const code = codeOf(error) ?? (isParserError ? 'HPE_INVALID' : '')
  const known: TransportErrorKind =
    kinds[code] ??
    (code.startsWith('HPE_') ? 'protocol' : code.startsWith('ERR_SSL') ? 'tls' : 'reset')
  // Before the request it is a proxy whose first byte does not come.
  const kind = known === 'first-byte-timeout' && !facts.requestSent ? 'connect-timeout' : known
  const reason = error instanceof Error ? error.message : String(error)
  return new TransportError(kind, `${reason}${code === '' ? '' : ` (${code})`}`, {
    // A parser's error quotes the answer, which may repeat a secret.
    cause: isParserError ? undefined : error,
    requestSent: facts.requestSent && !neverSent.has(kind),
    responseStarted: facts.responseStarted,
  })
}
