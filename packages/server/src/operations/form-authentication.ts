import { parseAmzDate, SigningKey, verifyPostPolicy, type Credentials } from '@stowage/protocol'

import type { Identity } from '../authorize.ts'
import { S3Failure } from '../failure.ts'
import type { ServerContext } from './operation.ts'

/** The fields that make a form a signed one. */
const signatureFields = [
  'policy',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-signature',
] as const

const maxAheadMs = 15 * 60 * 1000
/** What AWS takes: a signature of version 4 lives for at most a week. */
const maxAgeMs = 7 * 24 * 60 * 60 * 1000

/**
 * Who signed a form. The signature covers the policy alone, so the form must then be compared with
 * it.
 * @param fields by name in lower case
 * @throws S3Failure
 */
export function authenticateForm(
  fields: ReadonlyMap<string, string>,
  server: Pick<ServerContext, 'keyring' | 'region' | 'now'>,
): Identity {
  if (fields.has('awsaccesskeyid') || fields.has('signature')) {
    throw new S3Failure('InvalidRequest', {
      message: 'The authorization mechanism is not supported. Please use AWS4-HMAC-SHA256.',
    })
  }
  const isSigned = [...signatureFields, 'x-amz-security-token'].some((name) => fields.has(name))
  if (!isSigned) return { kind: 'anonymous' }
  const missing = signatureFields.find((name) => !fields.has(name))
  if (missing !== undefined) throw missingField(missing)
  if (fields.get('x-amz-algorithm') !== 'AWS4-HMAC-SHA256') {
    throw new S3Failure('InvalidRequest', {
      message: 'X-Amz-Algorithm only supports AWS4-HMAC-SHA256.',
    })
  }
  const scope = parseCredential(fields.get('x-amz-credential') ?? '', server.region)
  checkDate(fields.get('x-amz-date') ?? '', scope.day, server.now())
  checkSignature(fields, scope, server)
  return server.keyring.identityOf(scope.accessKey)
}

function missingField(name: string): S3Failure {
  return new S3Failure('InvalidArgument', {
    message: `Bucket POST must contain a field named '${name}'.`,
    extra: { ArgumentName: name },
  })
}

interface Credential {
  readonly accessKey: string
  readonly day: string
  readonly region: string
  readonly service: string
}

function parseCredential(text: string, here: string): Credential {
  const match = /^(.+)\/([0-9]{8})\/([^/]*)\/([^/]+)\/aws4_request$/.exec(text)
  const [, accessKey = '', day = '', region = '', service = ''] = match ?? []
  if (service !== 's3') {
    throw new S3Failure('AuthorizationQueryParametersError', {
      message: 'The credential is not of the form KEY/DAY/REGION/s3/aws4_request.',
    })
  }
  if (region === here) return { accessKey, day, region, service }
  throw new S3Failure('AuthorizationQueryParametersError', {
    message: `The region '${region}' is wrong; expecting '${here}'.`,
    extra: { Region: here },
  })
}

function checkDate(text: string, day: string, now: Date): void {
  const date = parseAmzDate(text)
  if (date === undefined || !text.startsWith(day)) {
    throw new S3Failure('AccessDenied', {
      message: 'X-Amz-Date is malformed or not of the day of the credential.',
    })
  }
  const ageMs = now.getTime() - date.getTime()
  if (ageMs < -maxAheadMs || ageMs > maxAgeMs) {
    throw new S3Failure('AccessDenied', {
      message: ageMs < 0 ? 'The request is not valid yet.' : 'Request has expired.',
      extra: { ServerTime: now.toISOString() },
    })
  }
}

/** Stands in for the secret of an unknown key, so that both cases do the same work. */
const nobody: Credentials = { accessKey: '', secretKey: 'nobody' }

function checkSignature(
  fields: ReadonlyMap<string, string>,
  { accessKey, day, region, service }: Credential,
  { keyring }: Pick<ServerContext, 'keyring'>,
): void {
  const scope = { day, region, service }
  const credentials = keyring.credentialsFor(accessKey)
  const key =
    credentials === undefined
      ? new SigningKey(nobody.secretKey, scope)
      : keyring.signingKey(credentials, scope)
  const signature = fields.get('x-amz-signature') ?? ''
  const matches = verifyPostPolicy(key, fields.get('policy') ?? '', signature)
  if (credentials === undefined) throw new S3Failure('InvalidAccessKeyId')
  if (!matches) throw new S3Failure('SignatureDoesNotMatch')
  if ((credentials.sessionToken ?? '') !== (fields.get('x-amz-security-token') ?? '')) {
    throw new S3Failure('InvalidToken')
  }
}
