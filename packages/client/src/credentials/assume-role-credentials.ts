import { InvalidArgumentError } from '../errors.ts'
import { checkRegion } from '../checks.ts'
import { defaultRegion } from '../options.ts'
import type { CredentialsProvider } from './credentials-provider.ts'
import { systemParts, type ProviderParts } from './provider-parts.ts'
import { staticCredentials } from './static-credentials.ts'
import { callSts, stsConnection } from './sts.ts'
import {
  checkRole,
  maxRoleSeconds,
  roleParameters,
  stsParameters,
  stsUrl,
  type StsOptions,
  type StsRoleOptions,
} from './sts-options.ts'

/** Options of `assumeRoleCredentials`. */
export interface AssumeRoleOptions extends StsOptions, StsRoleOptions {
  /** Keys of the user who takes on the role. */
  readonly accessKey?: string | undefined
  readonly secretKey?: string | undefined
  readonly sessionToken?: string | undefined
  /** Where these keys come from, instead of `accessKey` and `secretKey`. */
  readonly credentials?: CredentialsProvider | undefined
  /** Secret that the owner of the role asks for: 2 to 1,224 letters, digits and `_+=,.@:/-`. */
  readonly externalId?: string | undefined
  /** Region that the request is signed for. Default `us-east-1`, which MinIO takes, too. */
  readonly region?: string | undefined
}

const externalIdPattern = /^[\w+=,.@:/-]{2,1224}$/

/**
 * Temporary keys of a role (AWS), or of the user himself (MinIO), by `AssumeRole`. Undefined as
 * long as `credentials` has none.
 *
 * @throws InvalidArgumentError for wrong options, at once; `durationSeconds` goes up to 43,200
 * @example
 * ```ts
 * const client = new Client({
 *   endpoint: 'https://play.min.io',
 *   credentials: assumeRoleCredentials({
 *     endpoint: 'https://play.min.io',
 *     accessKey: 'user',
 *     secretKey: 'user-secret',
 *     durationSeconds: 3600,
 *   }),
 * })
 * ```
 */
export function assumeRoleCredentials(options: AssumeRoleOptions): CredentialsProvider {
  return assumeRoleProvider(options, systemParts)
}

/** `assumeRoleCredentials` with its surroundings. */
export function assumeRoleProvider(
  options: AssumeRoleOptions,
  parts: ProviderParts,
): CredentialsProvider {
  const { externalId, region = defaultRegion } = options
  const url = stsUrl(options.endpoint)
  const shared = stsParameters(options, maxRoleSeconds)
  checkRole(options)
  checkRegion(region)
  if (externalId !== undefined) {
    if (!externalIdPattern.test(externalId)) {
      throw new InvalidArgumentError('externalId', 'must be 2 to 1224 of A-Z a-z 0-9 _+=,.@:/-')
    }
    shared.push(['ExternalId', externalId])
  }
  const source = sourceOf(options)
  const connection = stsConnection(options)
  return async () => {
    const credentials = await source()
    if (!credentials) return undefined
    const { secretKey, sessionToken = '' } = credentials
    const role = roleParameters(options, parts.clock.nowMs())
    return callSts(
      {
        action: 'AssumeRole',
        url,
        parameters: [...role, ...shared],
        signedBy: { credentials, region },
        secrets: [secretKey, sessionToken, externalId ?? ''],
        connection,
      },
      parts,
    )
  }
}

function sourceOf(options: AssumeRoleOptions): CredentialsProvider {
  const { credentials, accessKey, secretKey, sessionToken } = options
  if (credentials === undefined) {
    return staticCredentials(accessKey ?? '', secretKey ?? '', sessionToken)
  }
  if (accessKey !== undefined || secretKey !== undefined) {
    throw new InvalidArgumentError('credentials', 'exclude accessKey and secretKey')
  }
  return credentials
}
