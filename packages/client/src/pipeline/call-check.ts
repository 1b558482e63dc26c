import { checkHeaders, checkRegion, checkSignal } from '../checks.ts'
import type { CallOptions } from '../options.ts'
import { queryPairs } from './signer.ts'

/** Checks what every call may be given, before anything is sent. */
export function checkCall(options: CallOptions): void {
  const { region, signal, requestHeaders, extraQueryParams } = options
  if (region !== undefined) checkRegion(region)
  if (signal !== undefined) checkSignal(signal)
  if (requestHeaders !== undefined) checkHeaders('requestHeaders', requestHeaders)
  if (extraQueryParams !== undefined) queryPairs(extraQueryParams)
}
