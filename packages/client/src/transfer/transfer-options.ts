import { checkFunction, checkInteger } from '../checks.ts'
import { checkPartSize } from './part-sizes.ts'
import type { OnProgress } from './progress.ts'

/** What a transfer to the store in parts can be told. */
export interface PartOptions {
  readonly partSize?: number | undefined
  readonly concurrency?: number | undefined
  readonly onProgress?: OnProgress | undefined
}

const defaultConcurrency = 4
const maxConcurrency = 64

/**
 * Requests at the same time.
 *
 * @throws InvalidArgumentError naming `concurrency`
 */
export function concurrencyOf({ concurrency = defaultConcurrency }: PartOptions): number {
  checkInteger('concurrency', concurrency, 1, maxConcurrency)
  return concurrency
}

/** @throws InvalidArgumentError naming the option that is wrong */
export function checkPartOptions(options: PartOptions): void {
  concurrencyOf(options)
  checkFunction('onProgress', options.onProgress)
  if (options.partSize !== undefined) checkPartSize(options.partSize)
}
