import { parseHttpDate } from '@stowage/protocol'
import type { Clock } from '../clock.ts'
import { headerValue, type WireHeaders } from '../transport/transport.ts'

/** Less than this is the way of the answer, or not worth a correction. */
const minSkewMs = 60 * 1000

/** How far the clock of a service is ahead of ours, in milliseconds; 0 when they agree. */
export function clockSkewMs(headers: WireHeaders, clock: Clock): number {
  const date = parseHttpDate(headerValue(headers, 'date') ?? '')
  const skewMs = date === undefined ? 0 : date.getTime() - clock.nowMs()
  return Math.abs(skewMs) < minSkewMs ? 0 : skewMs
}

/**
 * When keys end by our own clock. A machine whose clock is off would take fresh keys for expired
 * ones, or worse, expired ones for good.
 */
export function localExpiration(expiration: Date, headers: WireHeaders, clock: Clock): Date {
  const skewMs = clockSkewMs(headers, clock)
  return skewMs === 0 ? expiration : new Date(expiration.getTime() - skewMs)
}
