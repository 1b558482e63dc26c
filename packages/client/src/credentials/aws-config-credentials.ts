import { checkNotEmpty } from '../checks.ts'
import { CredentialsError, InvalidArgumentError } from '../errors.ts'
import { assumeRoleProvider } from './assume-role-credentials.ts'
import { loadAwsProfiles, type AwsProfile } from './aws-profiles.ts'
import { containerProvider } from './container-credentials.ts'
import type { Credentials, CredentialsProvider } from './credentials-provider.ts'
import { envAwsCredentials } from './env-credentials.ts'
import { iamProvider } from './iam-credentials.ts'
import { processCredentials } from './process-credentials.ts'
import { systemParts, variable, type Environment, type ProviderParts } from './provider-parts.ts'
import { awsStsEndpoint } from './sts-endpoint.ts'
import { stsUrl } from './sts-options.ts'
import { webIdentityProvider } from './web-identity-credentials.ts'

/** Options of `awsConfigCredentials`. */
export interface AwsConfigOptions {
  /** Name of the profile. Default: `AWS_PROFILE`, else `default`. */
  readonly profile?: string | undefined
  /**
   * A file to read instead of the two of the AWS tools, which are `AWS_SHARED_CREDENTIALS_FILE`
   * (`~/.aws/credentials`) and `AWS_CONFIG_FILE` (`~/.aws/config`).
   */
  readonly path?: string | undefined
  /** The security token service for roles. Default: `AWS_ENDPOINT_URL_STS`, else that of AWS. */
  readonly stsEndpoint?: string | undefined
  /** Where to look for variables. Default `process.env`. */
  readonly environment?: Environment | undefined
}

/**
 * Keys of a profile of the AWS tools, read anew for each refresh: static ones, those of a role
 * (`role_arn` with `source_profile`, `credential_source` or `web_identity_token_file`) or of a
 * `credential_process`, which runs without a shell. Profiles of single sign-on are not supported.
 *
 * Undefined when neither file is there, or there is no profile `default`. What was named, by an
 * option or by `AWS_PROFILE`, must be there: else the provider rejects with `CredentialsError`.
 *
 * @throws InvalidArgumentError for wrong options, at once
 * @example
 * ```ts
 * const client = new Client({
 *   endpoint: 's3.eu-central-1.amazonaws.com',
 *   credentials: awsConfigCredentials({ profile: 'backup' }),
 * })
 * ```
 */
export function awsConfigCredentials(options: AwsConfigOptions = {}): CredentialsProvider {
  return awsConfigProvider(options, systemParts)
}

/** `awsConfigCredentials` with its surroundings. */
export function awsConfigProvider(
  options: AwsConfigOptions,
  parts: ProviderParts,
): CredentialsProvider {
  const { profile, path, environment = process.env } = options
  for (const [name, value] of Object.entries({ profile, path })) {
    if (value !== undefined) checkNotEmpty(name, value)
  }
  if (options.stsEndpoint !== undefined) stsUrl(options.stsEndpoint)
  const warned = new Set<string>()
  const warn = (message: string): void => {
    if (!warned.has(message)) parts.warn(message)
    warned.add(message)
  }
  return async () => {
    const named = profile ?? variable(environment, 'AWS_PROFILE')
    const profiles = await loadAwsProfiles(path, environment, { ...parts, warn })
    const name = named ?? 'default'
    if (profiles?.has(name)) {
      return new ProfileResolver(profiles, options, environment, parts).resolve(name)
    }
    if (named === undefined && (profiles !== undefined || path === undefined)) return undefined
    throw failure(profiles ? `there is no profile ${name}` : `there is no file for profile ${name}`)
  }
}

type Source = (environment: Environment, parts: ProviderParts) => CredentialsProvider

/** The values of `credential_source`. */
const credentialSources: ReadonlyMap<string, Source> = new Map<string, Source>([
  ['Environment', (environment) => envAwsCredentials(environment)],
  ['EcsContainer', containerProvider],
  [
    'Ec2InstanceMetadata',
    ({ AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT }, parts) =>
      // No variables of containers: this is about the instance.
      iamProvider(
        { environment: { AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT } },
        parts,
      ),
  ],
])

/** Follows a profile to its keys, over the profiles that it names as sources. */
class ProfileResolver {
  readonly #profiles: ReadonlyMap<string, AwsProfile>
  readonly #options: AwsConfigOptions
  readonly #environment: Environment
  readonly #parts: ProviderParts
  readonly #visited = new Set<string>()

  constructor(
    profiles: ReadonlyMap<string, AwsProfile>,
    options: AwsConfigOptions,
    environment: Environment,
    parts: ProviderParts,
  ) {
    this.#profiles = profiles
    this.#options = options
    this.#environment = environment
    this.#parts = parts
  }

  async resolve(name: string): Promise<Credentials> {
    const profile = this.#profiles.get(name)
    if (!profile) throw failure(`there is no profile ${name}`)
    const roleArn = setting(profile, 'role_arn')
    if (roleArn !== undefined && !this.#visited.has(name)) {
      this.#visited.add(name)
      return this.#assume(name, profile, roleArn)
    }
    // A profile may name itself as its source: that means the keys in it.
    const keys = staticKeys(name, profile)
    if (keys) return keys
    if (roleArn !== undefined) throw failure(`profile ${name} is its own source`)
    const commandLine = setting(profile, 'credential_process')
    if (commandLine !== undefined) return processCredentials(commandLine, this.#environment)
    throw failure(`profile ${name} has no keys of a supported kind`)
  }

  async #assume(name: string, profile: AwsProfile, roleArn: string): Promise<Credentials> {
    const roleSessionName = setting(profile, 'role_session_name')
    const tokenFile = setting(profile, 'web_identity_token_file')
    const region = setting(profile, 'region')
    if (setting(profile, 'mfa_serial') !== undefined) {
      throw failure(`profile ${name} asks for a code of a device (mfa_serial)`)
    }
    const provider = guarded(name, () => {
      const endpoint = this.#options.stsEndpoint ?? awsStsEndpoint(this.#environment, region)
      const role = { endpoint, roleArn, roleSessionName }
      return tokenFile === undefined
        ? assumeRoleProvider(
            {
              ...role,
              region,
              credentials: this.#sourceOf(name, profile),
              externalId: setting(profile, 'external_id'),
              durationSeconds: numberSetting(name, profile, 'duration_seconds'),
            },
            this.#parts,
          )
        : webIdentityProvider({ ...role, tokenFile }, this.#parts)
    })
    const credentials = await provider()
    if (!credentials) throw failure(`the source of profile ${name} has no keys`)
    return credentials
  }

  #sourceOf(name: string, profile: AwsProfile): CredentialsProvider {
    const sourceProfile = setting(profile, 'source_profile')
    if (sourceProfile !== undefined) return () => this.resolve(sourceProfile)
    const source = credentialSources.get(setting(profile, 'credential_source') ?? '')
    if (source) return source(this.#environment, this.#parts)
    throw failure(`profile ${name} names no source for its role`)
  }
}

/** What is wrong in a file is no wrong argument of the caller. */
function guarded(name: string, make: () => CredentialsProvider): CredentialsProvider {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw failure(`profile ${name}: ${error.message}`)
  }
}

function setting(profile: AwsProfile, name: string): string | undefined {
  const value = profile.get(name)
  return value === '' ? undefined : value
}

function numberSetting(name: string, profile: AwsProfile, key: string): number | undefined {
  const value = setting(profile, key)
  if (value === undefined) return undefined
  if (!/^[0-9]{1,9}$/.test(value)) throw failure(`${key} of profile ${name} is no number`)
  return Number(value)
}

function staticKeys(name: string, profile: AwsProfile): Credentials | undefined {
  const accessKey = setting(profile, 'aws_access_key_id')
  const secretKey = setting(profile, 'aws_secret_access_key')
  if (accessKey === undefined && secretKey === undefined) return undefined
  if (accessKey === undefined || secretKey === undefined) {
    throw failure(`profile ${name} has only one of the two keys`)
  }
  return { accessKey, secretKey, sessionToken: setting(profile, 'aws_session_token') }
}

function failure(problem: string): CredentialsError {
  return new CredentialsError('aws-config', problem)
}
