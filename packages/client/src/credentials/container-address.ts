import { BlockList, isIP } from 'node:net'
import { CredentialsError } from '../errors.ts'
import type { HttpUrl } from './http-url.ts'
import type { ProviderParts } from './provider-parts.ts'

/** Where keys of a container may come from without TLS: this machine, ECS, EKS pod identity. */
const plainAddresses: BlockList = new BlockList()
plainAddresses.addSubnet('127.0.0.0', 8, 'ipv4')
plainAddresses.addAddress('::1', 'ipv6')
plainAddresses.addAddress('169.254.170.2', 'ipv4')
plainAddresses.addAddress('169.254.170.23', 'ipv4')
plainAddresses.addAddress('fd00:ec2::23', 'ipv6')

/** Whether keys may be asked for over plain http at this address. */
export function isContainerAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 0) return false
  return plainAddresses.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/**
 * The addresses to connect to, in their order; `undefined` leaves it to the host name, as TLS proves
 * who answers. Without TLS the name is resolved here, once: what was checked is what is connected
 * to, whatever the name resolves to a moment later.
 *
 * @throws CredentialsError for an address that is not allowed
 */
export async function containerAddresses(
  url: HttpUrl,
  parts: ProviderParts,
): Promise<readonly [string | undefined, ...(string | undefined)[]]> {
  if (url.secure) return [undefined]
  const [first, ...others] = isIP(url.hostname) === 0 ? await resolve(url, parts) : [url.hostname]
  if (first === undefined || ![first, ...others].every(isContainerAddress)) {
    throw new CredentialsError(
      'container',
      'plain http is only for addresses of this machine, of ECS and of EKS',
    )
  }
  return [first, ...others]
}

async function resolve(url: HttpUrl, parts: ProviderParts): Promise<readonly string[]> {
  try {
    return await parts.addressesOf(url.hostname)
  } catch (cause) {
    throw new CredentialsError('container', `${url.hostname} cannot be resolved`, { cause })
  }
}
