/** The address of a service that gives keys, split without a normalising URL parser. */
export interface HttpUrl {
  readonly secure: boolean
  /** Name or address, without brackets and port. */
  readonly hostname: string
  /** `:port`; empty for the usual one. */
  readonly port: string
  /** The request target: path and query, exactly as they were given. */
  readonly target: string
}

/** No user info, no fragment, nothing but visible ASCII. */
const pattern =
  /^(https?):\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]{0,252})(?::([0-9]{1,5}))?(\/[\x21\x22\x24-\x7e]*)?$/
const usualPorts = { http: '80', https: '443' } as const

/** Splits a URL; undefined for anything but a plain http or https URL. */
export function splitHttpUrl(text: string): HttpUrl | undefined {
  const [, scheme, host, port, target = '/'] = pattern.exec(text) ?? []
  if (host === undefined) return undefined
  const secure = scheme === 'https'
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) return undefined
  const usual = secure ? usualPorts.https : usualPorts.http
  return {
    secure,
    hostname: host.replace(/^\[|\]$/g, ''),
    port: port === undefined || port === usual ? '' : `:${Number(port)}`,
    target,
  }
}

/** The value of the Host header. */
export function hostOf({ hostname, port }: Pick<HttpUrl, 'hostname' | 'port'>): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}${port}`
}

/** `scheme://host:port`. */
export function originOf(url: HttpUrl): string {
  return `${url.secure ? 'https' : 'http'}://${hostOf(url)}`
}
