import { redactor, type Redact } from '../request/redact.ts'
import type { Reply, StreamReply } from '../request/request.ts'
import type { WireHeaders, WireRequest } from '../transport/transport.ts'

const customerKeyHeaders = [
  'x-amz-server-side-encryption-customer-key',
  'x-amz-copy-source-server-side-encryption-customer-key',
] as const
const secretParameter = /[?&](?:x-amz-security-token|x-amz-signature|signature)=([^&]+)/gi

/** Masks the secrets of a request. */
export function redactorOf(wire: WireRequest): Redact {
  return redactor(secretsOf(wire))
}

/** The same, for who may never need it. */
export function lazyRedactorOf(wire: WireRequest): Redact {
  let redact: Redact | undefined
  return (text) => (redact ??= redactorOf(wire))(text)
}

function* secretsOf({ headers, secretKey, target }: WireRequest): Generator<string | Uint8Array> {
  if (secretKey !== undefined) yield secretKey
  const token = headers['x-amz-security-token']
  if (token !== undefined) yield token
  for (const name of customerKeyHeaders) {
    const key = headers[name]
    if (key === undefined) continue
    yield key
    yield Buffer.from(key, 'base64')
  }
  const signature = /Signature=([0-9a-f]+)/i.exec(headers['authorization'] ?? '')?.[1]
  if (signature !== undefined) yield signature
  for (const [, value = ''] of target.matchAll(secretParameter)) {
    yield value
    yield decoded(value)
  }
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** A copy of headers without secrets. */
export function redactHeaders(headers: WireHeaders, redact: Redact): WireHeaders {
  const redacted = Object.entries(headers).map(([name, value]) => [
    redact(name),
    Array.isArray(value) ? value.map(redact) : value && redact(value),
  ]) satisfies (readonly [string, WireHeaders[string]])[]
  return Object.fromEntries<WireHeaders[string]>(redacted)
}

/** Before anything is read of it: a message that is cut would hold half of a secret. */
export function redactReply(
  { headers, body }: Reply,
  redact: Redact,
): Pick<Reply, 'headers' | 'body'> {
  const safe = redact(Buffer.from(body).toString('utf8'))
  return { headers: redactHeaders(headers, redact), body: Buffer.from(safe) }
}

/** What reading fails with may quote the answer, which may repeat a secret. */
export function safeCause(
  cause: unknown,
  wire: WireRequest,
  { headers, body }: Reply | StreamReply,
): unknown {
  const text = body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : ''
  const said = [text, ...Object.values(headers).flat()].join('\n')
  return redactorOf(wire)(said) === said ? cause : undefined
}
