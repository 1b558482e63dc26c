import { checkBoolean, checkString } from '../checks.ts'
import { CredentialsError, InvalidArgumentError } from '../errors.ts'
import { containerProvider } from './container-credentials.ts'
import type { CredentialsProvider } from './credentials-provider.ts'
import { splitHttpUrl, type HttpUrl } from './http-url.ts'
import { Imds } from './imds-credentials.ts'
import { systemParts, variable, type Environment, type ProviderParts } from './provider-parts.ts'
import { awsStsEndpoint } from './sts-endpoint.ts'
import { stsUrl } from './sts-options.ts'
import { webIdentityProvider } from './web-identity-credentials.ts'

/** Options of `iamCredentials`. */
export interface IamOptions {
  /**
   * The metadata service of the instance. Default: `AWS_EC2_METADATA_SERVICE_ENDPOINT`, else
   * `http://169.254.169.254` (`http://[fd00:ec2::254]` where
   * `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE` is `IPv6`).
   */
  readonly imdsEndpoint?: string | undefined
  /**
   * Ask without a token (IMDSv1) where the metadata service answers 404 or 405 to the request for
   * one. Default false: anybody who can make a program fetch a URL can read such keys.
   */
  readonly allowImdsV1?: boolean | undefined
  /**
   * The security token service for web identity. Default: `AWS_ENDPOINT_URL_STS`, else that of AWS
   * in the region `AWS_REGION` or `AWS_DEFAULT_REGION`.
   */
  readonly stsEndpoint?: string | undefined
  /** Where to look for variables. Default `process.env`. */
  readonly environment?: Environment | undefined
}

/**
 * Keys that Amazon's machines give to the programs on them. The first of these that the
 * environment names, and then no other:
 *
 * 1. EKS, IRSA: `AWS_WEB_IDENTITY_TOKEN_FILE` with `AWS_ROLE_ARN` (and `AWS_ROLE_SESSION_NAME`)
 * 2. ECS and EKS pod identity: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI`; over plain
 *    http only from addresses of this machine, ECS (169.254.170.2) and EKS (169.254.170.23,
 *    fd00:ec2::23)
 * 3. EC2: the metadata service (IMDSv2), unless `AWS_EC2_METADATA_DISABLED` is `true`
 *
 * Undefined outside of Amazon's machines, after two or three seconds at most, and for an instance
 * without a role. Proxies of the environment are never used for 2 and 3.
 *
 * @throws InvalidArgumentError for wrong options, at once
 * @example
 * ```ts
 * const client = new Client({
 *   endpoint: 's3.eu-central-1.amazonaws.com',
 *   credentials: iamCredentials(),
 * })
 * ```
 */
export function iamCredentials(options: IamOptions = {}): CredentialsProvider {
  return iamProvider(options, systemParts)
}

/** `iamCredentials` with its surroundings. */
export function iamProvider(options: IamOptions, parts: ProviderParts): CredentialsProvider {
  const { environment = process.env, imdsEndpoint, allowImdsV1 = false, stsEndpoint } = options
  checkBoolean('allowImdsV1', allowImdsV1)
  if (stsEndpoint !== undefined) stsUrl(stsEndpoint)
  const givenUrl = imdsEndpoint === undefined ? undefined : imdsUrl(imdsEndpoint)
  const container = containerProvider(environment, parts)
  let imds: Imds | undefined
  return async () => {
    const tokenFile = variable(environment, 'AWS_WEB_IDENTITY_TOKEN_FILE')
    const roleArn = variable(environment, 'AWS_ROLE_ARN')
    if (tokenFile !== undefined && roleArn !== undefined) {
      const endpoint = stsEndpoint ?? awsStsEndpoint(environment)
      const roleSessionName = variable(environment, 'AWS_ROLE_SESSION_NAME')
      return webIdentityProvider({ endpoint, tokenFile, roleArn, roleSessionName }, parts)()
    }
    const fromContainer = await container()
    if (fromContainer) return fromContainer
    if (isOn(environment, 'AWS_EC2_METADATA_DISABLED')) return undefined
    const allowV1 = allowImdsV1 && !isOn(environment, 'AWS_EC2_METADATA_V1_DISABLED')
    imds ??= new Imds(givenUrl ?? environmentImdsUrl(environment), allowV1, parts)
    return imds.credentials()
  }
}

function isOn(environment: Environment, name: string): boolean {
  return environment[name]?.toLowerCase() === 'true'
}

function imdsUrl(endpoint: string): HttpUrl {
  checkString('imdsEndpoint', endpoint)
  const url = splitHttpUrl(endpoint)
  if (url?.target === '/') return url
  throw new InvalidArgumentError('imdsEndpoint', 'must be a URL of scheme, host and port')
}

function environmentImdsUrl(environment: Environment): HttpUrl {
  const isIpv6 = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase() === 'ipv6'
  const usual = isIpv6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254'
  const url = splitHttpUrl(variable(environment, 'AWS_EC2_METADATA_SERVICE_ENDPOINT') ?? usual)
  if (url?.target === '/') return url
  throw new CredentialsError('imds', 'AWS_EC2_METADATA_SERVICE_ENDPOINT is wrong')
}
