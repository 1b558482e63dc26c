import { S3Failure } from './failure.ts'
import type { IncomingRequest } from './http/incoming.ts'
import { existingTagPrefix } from './policy/condition-keys.ts'
import { evaluate, type Decision } from './policy/evaluate.ts'
import { parsePolicy } from './policy/parse-policy.ts'
import type { Policy } from './policy/policy.ts'
import { requestKeys, type Arrival, type KeyInput } from './policy/request-keys.ts'
import { resourceArn } from './policy/resources.ts'
import type { BucketDocuments } from './store/bucket-configurations.ts'
import type { Store } from './store/store.ts'

/** Who sent a request, once its signature has been checked. */
export type Identity =
  | { readonly kind: 'root'; readonly accessKey: string }
  /** May do what the own policy or that of the bucket allows. */
  | { readonly kind: 'user'; readonly accessKey: string; readonly policy: Policy | undefined }
  /** May do what the policy of the bucket allows to everybody. */
  | { readonly kind: 'anonymous' }

/** What a request wants to do, in the words of policies. */
export interface Access {
  /** Such as `s3:GetObject`. */
  readonly action: string
  /** Empty for an action on the service. */
  readonly bucket: string
  /** Empty for an action on the service or on a bucket. */
  readonly key: string
  /** The version that is named; `action` is then that for versions. */
  readonly versionId?: string | undefined
}

/** A request, as far as policies may ask about it. Every OperationContext is one. */
export interface Requester {
  readonly identity: Identity
  readonly arrival: Arrival
  readonly request: IncomingRequest
  readonly query: ReadonlyMap<string, string>
  /** Tags of stored objects that were read for a policy. */
  readonly objectTags: Map<string, string>
  readonly server: { readonly store: Store; readonly now: () => Date }
}

/**
 * Whether the sender may. Returns the refusal instead of throwing it, because DeleteObjects asks
 * for each key. Nothing is looked up, so that the answer tells nothing of what exists
 * (CVE-2024-36107); where a policy asks for the tags of an object, `loadObjectTags` goes before.
 */
export function authorize(requester: Requester, access: Access): S3Failure | undefined {
  const { identity } = requester
  const policies = policiesFor(requester, access)
  if (identity.kind === 'root' && policies.length === 0) return undefined
  if (policies.length === 0) return new S3Failure('AccessDenied')
  const decisions = decide(requester, access, policies)
  const isAllowed = identity.kind === 'root' || decisions.includes('allow')
  return isAllowed && !decisions.includes('deny') ? undefined : new S3Failure('AccessDenied')
}

/**
 * Reads the tags of the stored object if a policy asks for them (`s3:ExistingObjectTag/...`).
 * Without that such a statement never grants and always denies.
 */
export async function loadObjectTags(requester: Requester, access: Access): Promise<void> {
  const { bucket, key, versionId } = access
  if (key === '') return
  if (!policiesFor(requester, access).some((policy) => readsObjectTags(policy))) return
  const found = await requester.server.store.objects.findVersion(bucket, key, versionId)
  const tagging = found !== undefined && 'tagging' in found ? found.tagging : undefined
  requester.objectTags.set(tagsName(access), tagging ?? '')
}

function tagsName({ bucket, key, versionId = '' }: Access): string {
  return `${bucket}\0${versionId}\0${key}`
}

function policiesFor({ identity, server }: Requester, access: Access): readonly Policy[] {
  const own = identity.kind === 'user' ? identity.policy : undefined
  const ofBucket = isLockProof(identity, access)
    ? undefined
    : bucketPolicyOf(server.store, access.bucket)
  return [own, ofBucket].filter((policy) => policy !== undefined)
}

/**
 * Whether there is any policy that could allow something to the sender: for requests that are
 * judged piece by piece only after they have been read.
 */
export function mayBeAllowed({ identity, server }: Requester, bucket: string): boolean {
  if (identity.kind === 'root') return true
  if (identity.kind === 'user' && identity.policy !== undefined) return true
  return bucketPolicyOf(server.store, bucket) !== undefined
}

/** As on AWS, no policy locks the owner out of the policy itself. */
const lockProofActions: ReadonlySet<string> = new Set([
  's3:DeleteBucketPolicy',
  's3:GetBucketPolicy',
  's3:PutBucketPolicy',
])

function isLockProof(identity: Identity, { action }: Access): boolean {
  return identity.kind === 'root' && lockProofActions.has(action)
}

/** Parsed policies by their documents, which are replaced and never changed. */
const parsedPolicies = new WeakMap<BucketDocuments['policy'], Policy>()

/** @throws PolicyError when what is stored is no policy: then nothing may be allowed */
export function bucketPolicyOf(store: Store, bucket: string): Policy | undefined {
  const document = bucket === '' ? undefined : store.configurations.find(bucket, 'policy')
  if (document === undefined) return undefined
  const parsed =
    parsedPolicies.get(document) ?? parsePolicy(document.source, { kind: 'bucket', bucket })
  parsedPolicies.set(document, parsed)
  return parsed
}

function decide(
  requester: Requester,
  access: Access,
  policies: readonly Policy[],
): readonly Decision[] {
  const { identity } = requester
  const input = keyInput(requester, access)
  const question = {
    action: input.action,
    resource: resourceArn(access.bucket, access.key),
    accessKey: identity.kind === 'anonymous' ? undefined : identity.accessKey,
    keys: requestKeys(input),
  }
  return policies.map((policy) => evaluate(policy, question))
}

function keyInput(requester: Requester, access: Access): KeyInput {
  const { identity, arrival, request, query, server, objectTags } = requester
  const { action, versionId } = access
  return {
    action,
    principal: {
      type: principalTypes[identity.kind],
      accessKey: identity.kind === 'anonymous' ? '' : identity.accessKey,
    },
    arrival,
    now: server.now(),
    request,
    query,
    versionId,
    existingTags: objectTags.get(tagsName(access)),
  }
}

const principalTypes = { root: 'Account', user: 'User', anonymous: 'Anonymous' } as const

function readsObjectTags({ statements }: Policy): boolean {
  return statements.some(({ conditions }) =>
    conditions.some(({ key }) => key.startsWith(existingTagPrefix)),
  )
}
