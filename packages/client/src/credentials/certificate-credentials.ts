import { InvalidArgumentError } from '../errors.ts'
import type { CredentialsProvider } from './credentials-provider.ts'
import { systemParts, type ProviderParts } from './provider-parts.ts'
import { callSts, stsConnection } from './sts.ts'
import { maxSessionSeconds, stsParameters, stsUrl, type StsOptions } from './sts-options.ts'

/** Options of `certificateCredentials`. */
export interface CertificateOptions extends Omit<StsOptions, 'policy'> {
  /**
   * `tls.cert` and `tls.key` are the client certificate, unless a `dispatcher` brings its own. Its
   * common name is the name of the policy.
   */
  readonly tls?: StsOptions['tls']
}

/**
 * Temporary keys for a client certificate, by MinIO's `AssumeRoleWithCertificate`. They never
 * outlive the certificate.
 *
 * @throws InvalidArgumentError for wrong options, at once; for an endpoint without TLS, too
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs'
 *
 * const client = new Client({
 *   endpoint: 'https://play.min.io',
 *   credentials: certificateCredentials({
 *     endpoint: 'https://play.min.io',
 *     tls: { cert: readFileSync('public.crt'), key: readFileSync('private.key') },
 *   }),
 * })
 * ```
 */
export function certificateCredentials(options: CertificateOptions): CredentialsProvider {
  return certificateProvider(options, systemParts)
}

/** `certificateCredentials` with its surroundings. */
export function certificateProvider(
  options: CertificateOptions,
  parts: ProviderParts,
): CredentialsProvider {
  const { endpoint, tls, dispatcher } = options
  const url = stsUrl(endpoint)
  if (!url.secure) throw new InvalidArgumentError('endpoint', 'must be https')
  if (dispatcher === undefined && (tls?.cert === undefined || tls.key === undefined)) {
    throw new InvalidArgumentError('tls', 'must hold cert and key')
  }
  const parameters = stsParameters(options, maxSessionSeconds)
  const connection = stsConnection(options)
  return () =>
    callSts(
      {
        action: 'AssumeRoleWithCertificate',
        url,
        parameters,
        inQuery: true,
        secrets: [],
        connection,
      },
      parts,
    )
}
