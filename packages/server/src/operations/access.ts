import { authorize, type Access } from '../authorize.ts'
import type { OperationContext } from './operation.ts'

/** @throws S3Failure AccessDenied */
export function requireAccess(context: OperationContext, access: Access): void {
  const refusal = authorize(context, access)
  if (refusal !== undefined) throw refusal
}

/** A further permission on what the request addresses. @throws S3Failure AccessDenied */
export function requireAction(context: OperationContext, action: string): void {
  const { bucket, key, query } = context
  requireAccess(context, { action, bucket, key, versionId: query.get('versionId') })
}

/** Whether the sender asks to pass over the retention of governance mode, and may. */
export function bypassesGovernance(context: OperationContext, key: string = context.key): boolean {
  const { request, bucket, query } = context
  if (request.header('x-amz-bypass-governance-retention')?.toLowerCase() !== 'true') return false
  const action = 's3:BypassGovernanceRetention'
  const versionId = query.get('versionId')
  return authorize(context, { action, bucket, key, versionId }) === undefined
}
