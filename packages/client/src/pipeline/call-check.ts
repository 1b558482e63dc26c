import { checkHeaders, checkInteger, checkRecord, checkRegion, checkSignal } from '../checks.ts'
import { refuseForeignCallOptions } from '../foreign-options.ts'
import type { CallOptions } from '../options.ts'
import { queryPairs } from './signer.ts'

/** The longest that a timer of Node can wait. */
const maxTimeoutMs = 2 ** 31 - 1

/** Checks what every call may be given, before anything is sent. */
export function checkCall(options: CallOptions): void {
  checkRecord('options', options)
  refuseForeignCallOptions(options)
  const { region, signal, timeout, requestHeaders, extraQueryParams } = options
  if (region !== undefined) checkRegion(region)
  if (signal !== undefined) checkSignal(signal)
  if (timeout !== undefined) checkInteger('timeout', timeout, 0, maxTimeoutMs)
  if (requestHeaders !== undefined) checkHeaders('requestHeaders', requestHeaders)
  if (extraQueryParams !== undefined) queryPairs(extraQueryParams)
}
