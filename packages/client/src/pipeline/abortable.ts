import { offAbort, onAbort } from '../abort.ts'

/**
 * What a promise gives, or the signal's reason when that comes first. The promise goes on by
 * itself then: it belongs to others as well.
 */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    onAbort(signal, stop)
    promise.then(resolve, reject).finally(() => offAbort(signal, stop))
  })
}
