import { optional, required, withDefault } from '../xml/fields.ts'
import { object, type XmlDocument } from '../xml/shape.ts'
import { isoDate, text } from '../xml/values.ts'

/** The calls that give temporary keys; the last three are MinIO's own. */
export type StsAction =
  | 'AssumeRole'
  | 'AssumeRoleWithWebIdentity'
  | 'AssumeRoleWithLDAPIdentity'
  | 'AssumeRoleWithClientGrants'
  | 'AssumeRoleWithCertificate'

/** The only version of the security token service's API. */
export const stsVersion = '2011-06-15'

const stsNamespace = `https://sts.amazonaws.com/doc/${stsVersion}/`

/** `Credentials` of the security token service. */
export interface StsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
}

/** The part of an answer of the security token service that a client needs. */
export interface StsAnswer {
  readonly result: { readonly credentials: StsCredentials }
}

const stsCredentials = object<StsCredentials>({
  accessKeyId: required('AccessKeyId', text),
  secretAccessKey: required('SecretAccessKey', text),
  sessionToken: required('SessionToken', text),
  expiration: required('Expiration', isoDate),
})

const stsResult = object<StsAnswer['result']>({
  credentials: required('Credentials', stsCredentials),
})

/** The document `<AssumeRole…Response>`: the answer to an action, which names its elements. */
export function stsDocument(action: StsAction): XmlDocument<StsAnswer> {
  return {
    root: `${action}Response`,
    namespace: stsNamespace,
    value: object<StsAnswer>({ result: required(`${action}Result`, stsResult) }),
  }
}

/** What the security token service says of a failure. */
export interface StsError {
  /** `Sender` or `Receiver`: whose fault it is. */
  readonly type?: string | undefined
  readonly code: string
  readonly message: string
}

/** `ErrorResponse`: the body of a failed answer of the security token service. */
export interface StsErrorResponse {
  readonly error: StsError
  readonly requestId?: string | undefined
}

/** The document `<ErrorResponse>`. */
export const stsErrorDocument: XmlDocument<StsErrorResponse> = {
  root: 'ErrorResponse',
  namespace: stsNamespace,
  value: object<StsErrorResponse>({
    error: required(
      'Error',
      object<StsError>({
        type: optional('Type', text),
        code: withDefault('Code', text, ''),
        message: withDefault('Message', text, ''),
      }),
    ),
    requestId: optional('RequestId', text),
  }),
}
