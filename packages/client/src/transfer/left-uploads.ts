import type { UploadAddress } from '../operations/upload-part.ts'

/** Errors are not ours to write into: they may come from a caller's own stream. */
const leftUploads = new WeakMap<object, UploadAddress>()

/** Notes that a transfer failed and its upload could not be aborted. */
export function noteLeftUpload(failure: unknown, address: UploadAddress): void {
  if (typeof failure === 'object' && failure !== null) leftUploads.set(failure, address)
}

/**
 * The upload that a failed transfer had to leave behind, because the store refused to abort it or
 * was out of reach. Its parts take up space, and cost money, until it is aborted. Transfers that one
 * signal ended reject with one and the same reason, which tells of one upload only: look for others
 * with `listIncompleteUploads`.
 *
 * @param error what `putObject`, `copyObject`, `composeObject` and their like rejected with
 * @returns undefined when nothing is left, also after a transfer that is to be resumed
 * @example
 * ```ts
 * import { leftUpload, type Client } from 'stowage'
 *
 * async function upload(client: Client, data: ReadableStream<Uint8Array>): Promise<void> {
 *   try {
 *     await client.putObject('photos', 'film.mp4', data)
 *   } catch (error) {
 *     const left = leftUpload(error)
 *     if (left) console.error(`upload ${left.uploadId} of ${left.object} is still there`)
 *     throw error
 *   }
 * }
 * ```
 */
export function leftUpload(error: unknown): UploadAddress | undefined {
  return typeof error === 'object' && error !== null ? leftUploads.get(error) : undefined
}
