import { isIPv6 } from 'node:net'
import { encodeKeyPath, isHostableRegion, isVirtualHostable } from '@stowage/protocol'
import { InvalidArgumentError } from '../errors.ts'
import type { Addressing } from '../options.ts'

/** Where a request goes. */
export interface Address {
  readonly origin: string
  /** The Host header. */
  readonly host: string
  /** The encoded path, sent and signed as it is. */
  readonly path: string
}

/** What an endpoint says of itself when it is one of AWS. */
interface AwsHost {
  readonly region: string | undefined
  readonly dualstack: boolean
  readonly suffix: string
  readonly accelerated: boolean
  /** Only the plain regional and global hosts may be rewritten to another region. */
  readonly rewritable: boolean
}

const endpointPattern =
  /^(?:(https?):\/\/)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}))(?::([0-9]{1,5}))?(\/[^?#\s]*)?$/
const defaultPorts = { http: 80, https: 443 } as const
/** Whole labels: `s3amazonaws.com` belongs to somebody else. */
const awsSuffix = /^(.+)\.(amazonaws\.com(?:\.cn)?)$/
/** S3 has a label of its own; load balancers and machines at AWS may be any store. */
const s3Label = /(?:^|\.)s3(?:-[a-z0-9-]+)?(?:\.|$)/
/** `s3`, `s3-REGION`, `s3.REGION`, `s3.dualstack.REGION` before the suffix. */
const plainAwsHost = /^s3(?:[.-](?:(dualstack)\.)?([a-z0-9-]+))?$/
/** Knows buckets by their host name alone, over TLS and without. */
const acceleratedLabel = /^s3-accelerate(?:\.|$)/
/** The S3 user guide counts plain http among the things that access points do not have. */
const accessPointLabel = /(?:^|\.)s3-accesspoint(?:[.-]|$)/
const notRegions: ReadonlySet<string> = new Set(['external-1', 'accelerate', 'website'])

function parseAwsHost(host: string): AwsHost | undefined {
  const [, label = '', suffix] = awsSuffix.exec(host) ?? []
  if (suffix === undefined || !s3Label.test(label)) return undefined
  const match = plainAwsHost.exec(label)
  const region = match?.[2]
  if (!match || (region !== undefined && notRegions.has(region))) {
    const accelerated = acceleratedLabel.test(label)
    return { region: undefined, dualstack: false, suffix, accelerated, rewritable: false }
  }
  const dualstack = match[1] !== undefined
  return { region, dualstack, suffix, accelerated: false, rewritable: true }
}

/** The place of a store, and how its buckets are addressed there. */
export class Endpoint {
  readonly secure: boolean
  /** Without brackets and port. */
  readonly hostname: string
  /** The region in an AWS host name. */
  readonly region: string | undefined
  readonly isAws: boolean
  readonly #port: string
  readonly #prefix: string
  readonly #aws: AwsHost | undefined
  readonly #addressing: Addressing

  private constructor(
    secure: boolean,
    hostname: string,
    port: string,
    prefix: string,
    addressing: Addressing,
  ) {
    this.secure = secure
    this.hostname = hostname
    this.#port = port
    this.#prefix = prefix
    this.#addressing = addressing
    this.#aws = parseAwsHost(hostname)
    this.isAws = this.#aws !== undefined
    this.region = this.#aws?.region
  }

  /**
   * @throws InvalidArgumentError naming `argument`
   */
  static parse(
    endpoint: string,
    secure: boolean,
    addressing: Addressing,
    argument = 'endpoint',
  ): Endpoint {
    const match = typeof endpoint === 'string' ? endpointPattern.exec(endpoint) : null
    const [, scheme, host, portText, path = ''] = match ?? []
    if (host === undefined || !isHost(host)) {
      throw new InvalidArgumentError(
        argument,
        'must be given, as host, host:port or a URL without user, query and fragment',
      )
    }
    const protocol = scheme ?? (secure ? 'https' : 'http')
    const port = portText === undefined ? undefined : Number(portText)
    if (port !== undefined && (port < 1 || port > 65_535)) {
      throw new InvalidArgumentError(argument, 'must have a port from 1 to 65535')
    }
    if (protocol === 'http' && isAccessPoint(host.toLowerCase())) {
      throw new InvalidArgumentError(argument, 'must use https: access points take nothing else')
    }
    const usual = protocol === 'https' ? defaultPorts.https : defaultPorts.http
    return new Endpoint(
      protocol === 'https',
      host.toLowerCase(),
      port === undefined || port === usual ? '' : `:${port}`,
      encodeKeyPath(decodedPrefix(path.replace(/\/+$/, ''), argument)),
      addressing,
    )
  }

  /** Whether nobody can guess the region: AWS in China has no default one, and no global host. */
  get needsRegion(): boolean {
    return this.#aws?.suffix === 'amazonaws.com.cn' && this.region === undefined
  }

  /** Whether the host is this machine, whatever its network. */
  get isLoopback(): boolean {
    return /^(localhost|.+\.localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/.test(this.hostname)
  }

  /** `scheme://host:port` of the endpoint itself. */
  get origin(): string {
    return `${this.secure ? 'https' : 'http'}://${this.hostname}${this.#port}`
  }

  /** The address of a request to this bucket and object in this region. */
  address(
    bucket: string | undefined,
    object: string | undefined,
    region: string,
    pathStyle = false,
  ): Address {
    const hostname = this.#regionalHost(region)
    const virtual = bucket !== undefined && !pathStyle && this.#isVirtual(bucket)
    const host = `${virtual ? `${bucket}.` : ''}${hostname}${this.#port}`
    let path = this.#prefix
    // Ceph has `tenant:bucket`, and stores sign an encoded colon.
    if (bucket !== undefined && !virtual) path += `/${encodeKeyPath(bucket)}`
    if (object !== undefined) path += `/${encodeKeyPath(object)}`
    return {
      origin: `${this.secure ? 'https' : 'http'}://${host}`,
      host,
      path: path === '' ? '/' : path,
    }
  }

  #isVirtual(bucket: string): boolean {
    if (this.#aws?.accelerated === true && bucket.includes('.')) {
      throw new InvalidArgumentError('bucket', 'must have no dots for the accelerate endpoint')
    }
    if (this.#addressing === 'path') return false
    if (this.#addressing === 'auto' && !this.isAws) return false
    return isVirtualHostable(bucket, this.secure)
  }

  #regionalHost(region: string): string {
    const aws = this.#aws
    if (!aws?.rewritable || region === aws.region || !isHostableRegion(region)) return this.hostname
    return `s3.${aws.dualstack ? 'dualstack.' : ''}${region}.${aws.suffix}`
  }
}

function isAccessPoint(host: string): boolean {
  const label = awsSuffix.exec(host)?.[1]
  return label !== undefined && accessPointLabel.test(label)
}

function isHost(host: string): boolean {
  return host.startsWith('[') ? isIPv6(host.slice(1, -1)) : !host.includes('..')
}

function decodedPrefix(path: string, argument: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new InvalidArgumentError(argument, 'has a path that cannot be decoded')
  }
}
