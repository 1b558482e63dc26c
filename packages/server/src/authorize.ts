import { S3Failure } from './failure.ts'

/** Who sent a request, once its signature has been checked. */
export type Identity =
  | { readonly kind: 'root'; readonly accessKey: string }
  | { readonly kind: 'anonymous' }

/** What a request wants to do, in the words of bucket policies. */
export interface Access {
  /** Such as `s3:GetObject`. */
  readonly action: string
  readonly bucket: string
  readonly key: string
}

/**
 * Whether the sender may. Returns the refusal instead of throwing it, because DeleteObjects asks
 * for each key. Nothing is looked up before: an answer must not tell what exists to those who may
 * not know (CVE-2024-36107).
 */
export function authorize(identity: Identity, _access: Access): S3Failure | undefined {
  return identity.kind === 'root' ? undefined : new S3Failure('AccessDenied')
}
