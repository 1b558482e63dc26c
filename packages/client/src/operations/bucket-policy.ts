import { TextDecoder } from 'node:util'
import { checkText } from '../checks.ts'
import { InvalidArgumentError, InvalidResponseError } from '../errors.ts'
import type { S3Request } from '../request/request.ts'
import {
  asItIs,
  deleteConfiguration,
  getConfiguration,
  putConfiguration,
  type Configuration,
} from './configuration.ts'

/** One rule of a policy. Names are those of the policy language. */
export interface PolicyStatement {
  readonly Sid?: string | undefined
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>> | undefined
  readonly NotPrincipal?: Readonly<Record<string, string | readonly string[]>> | undefined
  readonly Action?: string | readonly string[] | undefined
  readonly NotAction?: string | readonly string[] | undefined
  readonly Resource?: string | readonly string[] | undefined
  readonly NotResource?: string | readonly string[] | undefined
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
}

/** Who may do what with a bucket. */
export interface BucketPolicy {
  readonly Version?: string | undefined
  readonly Id?: string | undefined
  readonly Statement: PolicyStatement | readonly PolicyStatement[]
}

const policy: Configuration<string> = {
  name: 'BucketPolicy',
  parameter: 'policy',
  contentType: 'application/json',
  decode: checkedPolicy,
  encode: asItIs,
}

/** The text of an answer; JSON that is no policy comes from somebody else than the store. */
function checkedPolicy(text: string): string {
  const policy: unknown = JSON.parse(text)
  const isPolicy =
    typeof policy === 'object' && policy !== null && ('Statement' in policy || 'Version' in policy)
  if (isPolicy) return text
  throw new InvalidResponseError('GetBucketPolicy', 'the answer is no policy')
}

const utf8: TextDecoder = new TextDecoder('utf-8', { fatal: true })

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? utf8.decode(value) : JSON.stringify(value)
}

/** The text to send: as given, or made of an object; refused where it is no JSON object. */
function policyText(value: unknown): string {
  try {
    const text = textOf(value)
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return text
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('policy', 'must be a JSON object, as text or as it is')
}

/** GetBucketPolicy. */
export function getBucketPolicy(bucket: string): S3Request<string> {
  return getConfiguration(policy, { bucket })
}

/** PutBucketPolicy. */
export function setBucketPolicy(
  bucket: string,
  value: string | Uint8Array | BucketPolicy,
): S3Request<void> {
  const text = policyText(value)
  checkText('policy', text)
  return putConfiguration(policy, { bucket }, text, 'policy')
}

/** DeleteBucketPolicy. */
export function deleteBucketPolicy(bucket: string): S3Request<void> {
  return {
    ...deleteConfiguration(policy, { bucket }),
    absent: { codes: ['NoSuchBucketPolicy'], value: undefined },
  }
}
