import type { WireHeaders } from '../transport/transport.ts'

const mask = '***'

/** Headers whose values are secrets, or tell about them. */
const secretHeaders: ReadonlySet<string> = new Set([
  'cookie',
  'proxy-authorization',
  'set-cookie',
  'x-amz-copy-source-server-side-encryption-customer-key',
  'x-amz-copy-source-server-side-encryption-customer-key-md5',
  'x-amz-security-token',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-server-side-encryption-customer-key-md5',
])

/** Parameters of presigned URLs, of the fourth and of the second version. */
const secretParameters: ReadonlySet<string> = new Set([
  'awsaccesskeyid',
  'signature',
  'x-amz-credential',
  'x-amz-security-token',
  'x-amz-signature',
])

/** Keeps what was signed, and how; hides by whom, and the signature. */
function maskAuthorization(value: string): string {
  const [algorithm = ''] = value.split(' ', 1)
  const names = /SignedHeaders=([a-z0-9;-]*), Signature=[^,]*$/.exec(value)?.[1]
  if (names === undefined) return mask
  return `${algorithm} Credential=${mask}, SignedHeaders=${names}, Signature=${mask}`
}

function maskValue(name: string, value: string): string {
  if (secretHeaders.has(name)) return mask
  if (name === 'authorization') return maskAuthorization(value)
  return name === 'location' ? maskUrl(value) : value
}

/** A copy of headers, whose names are in lower case, without secrets. */
export function maskRequestHeaders(
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  const masked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) masked[name] = maskValue(name, value)
  return masked
}

/** A copy of an answer's headers without secrets. */
export function maskResponseHeaders(headers: WireHeaders): WireHeaders {
  const masked = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value)
      ? value.map((one) => maskValue(name, one))
      : value && maskValue(name, value),
  ]) satisfies (readonly [string, WireHeaders[string]])[]
  // Defines what it is given, where an assignment to `__proto__` would do something else.
  return Object.fromEntries<WireHeaders[string]>(masked)
}

/** A URL or request target without the secrets in its query. */
export function maskUrl(url: string): string {
  const queryAt = url.indexOf('?')
  if (queryAt < 0) return url
  const parameters = url.slice(queryAt + 1).split('&')
  return `${url.slice(0, queryAt)}?${parameters.map(maskParameter).join('&')}`
}

function maskParameter(parameter: string): string {
  const equalsAt = parameter.indexOf('=')
  if (equalsAt < 0) return parameter
  const name = parameter.slice(0, equalsAt)
  return secretParameters.has(plainName(name)) ? `${name}=${mask}` : parameter
}

/** A name may be encoded without need; one that cannot be decoded is none that is known. */
function plainName(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase()
  } catch {
    return name.toLowerCase()
  }
}
