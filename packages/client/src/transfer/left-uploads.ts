/** An upload that a transfer left behind, or may have left behind. */
export interface LeftUpload {
  readonly bucket: string
  /** The key. */
  readonly object: string
  /**
   * Undefined where the answer to the request that began the upload was lost: whether there is one
   * is not known then, and nothing tells it apart from those of others.
   */
  readonly uploadId: string | undefined
  /** With an unknown id: when the transfer began, by the clock of this machine. */
  readonly since?: Date | undefined
}

/** Errors are not ours to write into: they may come from a caller's own stream. */
const leftUploads = new WeakMap<object, LeftUpload>()

/** Notes what the transfer with this error or result left behind. What is known first counts. */
export function noteLeftUpload(outcome: unknown, left: LeftUpload | undefined): void {
  if (typeof outcome !== 'object' || outcome === null || left === undefined) return
  if (leftUploads.get(outcome)?.uploadId === undefined) leftUploads.set(outcome, left)
}

/**
 * The upload that a transfer had to leave behind: because the store refused to abort it or was out
 * of reach, or because the answer to the request that began it was lost. Its parts take up space,
 * and cost money, until it is aborted. An upload whose beginning was lost has no `uploadId`: look
 * for it with `listIncompleteUploads`, and abort none that somebody else may be working on.
 * Transfers that one signal ended reject with one and the same reason, which tells of one upload
 * only.
 *
 * @param outcome what `putObject`, `copyObject`, `composeObject` and their like rejected with, or
 *   what they gave: the request that begins an upload may have been sent twice
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
 *     if (left) console.error(`upload ${left.uploadId ?? '?'} of ${left.object} is still there`)
 *     throw error
 *   }
 * }
 * ```
 */
export function leftUpload(outcome: unknown): LeftUpload | undefined {
  return typeof outcome === 'object' && outcome !== null ? leftUploads.get(outcome) : undefined
}
