import { authorize } from '../authorize.ts'
import type { OperationContext } from './operation.ts'

/** What else a request touches than what its own action covers. */
export interface FurtherAccess {
  readonly action: string
  readonly bucket: string
  readonly key: string
}

/** @throws S3Failure AccessDenied */
export function requireAccess(context: OperationContext, access: FurtherAccess): void {
  const refusal = authorize(context.identity, access)
  if (refusal !== undefined) throw refusal
}

/** A further permission on what the request addresses. @throws S3Failure AccessDenied */
export function requireAction(context: OperationContext, action: string): void {
  const { bucket, key } = context
  requireAccess(context, { action, bucket, key })
}

/** Whether the sender asks to pass over the retention of governance mode, and may. */
export function bypassesGovernance(context: OperationContext, key: string = context.key): boolean {
  const { request, identity, bucket } = context
  if (request.header('x-amz-bypass-governance-retention')?.toLowerCase() !== 'true') return false
  const action = 's3:BypassGovernanceRetention'
  return authorize(identity, { action, bucket, key }) === undefined
}
