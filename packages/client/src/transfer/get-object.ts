import { IntegrityError } from '../errors.ts'
import { getObject, type GetObjectOptions, type OpenedObject } from '../operations/get-object.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { ContentCheck } from '../results/content-check.ts'
import { ObjectReader, type Reopen } from '../results/object-reader.ts'
import type { ObjectStat } from '../results/object-stat.ts'
import { compositeChecksumOf, downloadCheck } from './download-check.ts'
import { compositeParts } from './object-parts.ts'

/** Opens an object for reading, so that a cut body is continued with what is missing. */
export async function openObject(
  pipeline: Pipeline,
  bucket: string,
  object: string,
  options: GetObjectOptions,
): Promise<ObjectReader> {
  const opened = await pipeline.sendStream(getObject(bucket, object, options), options)
  const { stat, body, start, lengthBytes, isWhole } = opened
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
            verify: false,
            conditions: { ifMatch: etag },
          }
          const continued = await pipeline.sendStream(getObject(bucket, object, rest), rest)
          // Not every store heeds If-Match.
          if (isOfSameObject(opened, continued)) return continued.body
          continued.body.cancel()
          throw new IntegrityError('the object was replaced while it was read')
        }
  if (options.verify !== true || !isWhole) return new ObjectReader(stat, body, lengthBytes, reopen)
  if (reopen === undefined || compositeChecksumOf(stat) === undefined) {
    return new ObjectReader(stat, body, lengthBytes, reopen, contentCheck(stat, undefined))
  }
  // Readers that hold all connections, and wait for one more each, would wait for ever.
  body.cancel()
  const check = contentCheck(stat, await compositeParts(pipeline, stat, options))
  return new ObjectReader(stat, await reopen(0), lengthBytes, reopen, check)
}

/** Whether two answers are of one object, by all that both of them tell. */
function isOfSameObject(first: OpenedObject, second: OpenedObject): boolean {
  return (
    first.stat.etag === second.stat.etag &&
    agree(first.stat.versionId, second.stat.versionId) &&
    agree(first.totalBytes, second.totalBytes)
  )
}

function agree<T>(one: T | undefined, other: T | undefined): boolean {
  return one === undefined || other === undefined || one === other
}

/** The check of a body that is a whole object; undefined where nothing but its length is known. */
function contentCheck(
  stat: ObjectStat,
  partSizes: readonly number[] | undefined,
): ContentCheck | undefined {
  const check = downloadCheck(stat, { inOneRange: true, partSizes, byParts: false })
  if (check.verification === 'length') return undefined
  const range = check.part(0)
  let bytes = 0
  return {
    verification: check.verification,
    update: (chunk) => {
      bytes += chunk.length
      range.update(chunk)
    },
    finish: () => {
      range.end(bytes)
      check.finish()
    },
  }
}
