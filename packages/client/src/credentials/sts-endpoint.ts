import { isHostableRegion } from '@stowage/protocol'
import { InvalidArgumentError } from '../errors.ts'
import { variable, type Environment } from './provider-parts.ts'

/** The security token service that the environment asks for. */
export function awsStsEndpoint(environment: Environment, profileRegion?: string): string {
  const own = variable(environment, 'AWS_ENDPOINT_URL_STS')
  if (own !== undefined) return own
  const region =
    variable(environment, 'AWS_REGION') ??
    variable(environment, 'AWS_DEFAULT_REGION') ??
    profileRegion
  if (region === undefined) return 'https://sts.amazonaws.com'
  // It becomes part of a host name that secrets are sent to.
  if (!isHostableRegion(region)) throw new InvalidArgumentError('region', 'is no region of AWS')
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  return `https://sts.${region}.${suffix}`
}
