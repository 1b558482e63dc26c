import type { CredentialsProvider } from './credentials-provider.ts'
import type { Environment } from './provider-parts.ts'

/** The first variable that is set; an empty one counts as not set. */
function first(environment: Environment, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = environment[name]
    if (value !== undefined && value !== '') return value
  }
  return undefined
}

function fromEnvironment(
  environment: Environment,
  accessKeyNames: readonly string[],
  secretKeyNames: readonly string[],
  tokenNames: readonly string[],
): CredentialsProvider {
  return () => {
    const accessKey = first(environment, accessKeyNames)
    const secretKey = first(environment, secretKeyNames)
    if (accessKey === undefined || secretKey === undefined) return Promise.resolve(undefined)
    return Promise.resolve({ accessKey, secretKey, sessionToken: first(environment, tokenNames) })
  }
}

/**
 * `AWS_ACCESS_KEY_ID` or `AWS_ACCESS_KEY`, `AWS_SECRET_ACCESS_KEY` or `AWS_SECRET_KEY`, and
 * `AWS_SESSION_TOKEN`.
 *
 * @param environment where to look; default `process.env`
 */
export function envAwsCredentials(environment: Environment = process.env): CredentialsProvider {
  return fromEnvironment(
    environment,
    ['AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY'],
    ['AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY'],
    ['AWS_SESSION_TOKEN'],
  )
}

/**
 * `MINIO_ACCESS_KEY` or `MINIO_ROOT_USER`, `MINIO_SECRET_KEY` or `MINIO_ROOT_PASSWORD`, and
 * `MINIO_SESSION_TOKEN`.
 *
 * @param environment where to look; default `process.env`
 */
export function envMinioCredentials(environment: Environment = process.env): CredentialsProvider {
  return fromEnvironment(
    environment,
    ['MINIO_ACCESS_KEY', 'MINIO_ROOT_USER'],
    ['MINIO_SECRET_KEY', 'MINIO_ROOT_PASSWORD'],
    ['MINIO_SESSION_TOKEN'],
  )
}
