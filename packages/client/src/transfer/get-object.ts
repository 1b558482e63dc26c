import { IntegrityError } from '../errors.ts'
import { getObject, type GetObjectOptions } from '../operations/get-object.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { ObjectReader, type Reopen } from '../results/object-reader.ts'

/** Opens an object for reading, so that a cut body is continued with what is missing. */
export async function openObject(
  pipeline: Pipeline,
  bucket: string,
  object: string,
  options: GetObjectOptions,
): Promise<ObjectReader> {
  const opened = await pipeline.sendStream(getObject(bucket, object, options), options)
  const { stat, body, start, lengthBytes } = opened
  const { etag } = stat
  // Without an ETag nothing tells whether the rest is of the same object.
  const reopen: Reopen | undefined =
    etag === undefined || lengthBytes === undefined
      ? undefined
      : async (received) => {
          const rest: GetObjectOptions = {
            ...options,
            offset: start + received,
            length: lengthBytes - received,
            suffixLength: undefined,
            partNumber: undefined,
            versionId: options.versionId,
            conditions: { ifMatch: etag },
          }
          const opened = await pipeline.sendStream(getObject(bucket, object, rest), rest)
          // Not every store heeds If-Match.
          if (opened.stat.etag === etag) return opened.body
          opened.body.cancel()
          throw new IntegrityError('the object was replaced while it was read')
        }
  return new ObjectReader(stat, body, lengthBytes, reopen)
}
