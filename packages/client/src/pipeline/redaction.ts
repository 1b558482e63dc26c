import type { Reply, StreamReply } from '../request/request.ts'
import type { WireHeaders, WireRequest } from '../transport/transport.ts'

const mask = '***'
/** Shorter texts are no secrets, and would be found everywhere. */
const minSecretLength = 6

const secretHeaders = [
  'x-amz-security-token',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-copy-source-server-side-encryption-customer-key',
] as const
const secretParameter = /[?&](?:x-amz-security-token|x-amz-signature|signature)=([^&]+)/gi

/** What must not be repeated in an error, whoever says it. */
export type Redact = (text: string) => string

/** The secrets of a request, in every form in which a store may repeat them. */
export function redactorOf(wire: WireRequest): Redact {
  const forms = new Set<string>()
  for (const secret of secretsOf(wire)) {
    if (secret.length < minSecretLength) continue
    for (const form of formsOf(Buffer.from(secret, 'utf8'))) forms.add(form)
  }
  for (const name of secretHeaders.slice(1)) {
    const key = Buffer.from(wire.headers[name] ?? '', 'base64')
    if (key.length > 0) for (const form of formsOf(key)) forms.add(form)
  }
  if (forms.size === 0) return (text) => text
  // The longest first: some begin like others.
  const alternatives = [...forms].sort((a, b) => b.length - a.length).map(escaped)
  const pattern = new RegExp(alternatives.join('|'), 'gi')
  return (text) => text.replace(pattern, mask)
}

function* secretsOf({ headers, secretKey, target }: WireRequest): Generator<string> {
  if (secretKey !== undefined) yield secretKey
  for (const name of secretHeaders) {
    const value = headers[name]
    if (value !== undefined) yield value
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

function* formsOf(secret: Buffer): Generator<string> {
  const text = secret.toString('utf8')
  yield text
  yield secret.toString('latin1')
  yield encodeURIComponent(text)
  yield encodeURIComponent(encodeURIComponent(text))
  yield text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  yield JSON.stringify(text).slice(1, -1)
  // Without the end, which depends on what follows.
  const whole = secret.subarray(0, secret.length - (secret.length % 3))
  yield whole.toString('base64')
  yield whole.toString('base64url')
  yield secret.toString('hex')
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`)
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
  const text = Buffer.from(body).toString('utf8')
  const plain = redact(plainText(text))
  // References are read as what they stand for, so that none hides a secret.
  const safe = plain === plainText(text) ? redact(text) : plain
  return { headers: redactHeaders(headers, redact), body: Buffer.from(safe) }
}

/** Without the references to characters of XML, but those that would change the markup. */
function plainText(text: string): string {
  return text.replaceAll(/&#(x[0-9a-f]{1,6}|[0-9]{1,7});/gi, (reference, number: string) => {
    const code = /^x/i.test(number) ? Number.parseInt(number.slice(1), 16) : Number(number)
    return code >= 0x20 && code < 0x7f && !'<>&'.includes(String.fromCharCode(code))
      ? String.fromCharCode(code)
      : reference
  })
}

/** What reading fails with may quote the answer, which may repeat a secret. */
export function safeCause(
  cause: unknown,
  wire: WireRequest,
  { body }: Reply | StreamReply,
): unknown {
  if (!(body instanceof Uint8Array)) return cause
  const text = Buffer.from(body).toString('utf8')
  return redactorOf(wire)(plainText(text)) === plainText(text) ? cause : undefined
}
