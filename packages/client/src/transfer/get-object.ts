import { IntegrityError } from '../errors.ts'
import { getObject, type GetObjectOptions, type OpenedObject } from '../operations/get-object.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { ContentCheck } from '../results/content-check.ts'
import { ObjectReader, type Reopen } from '../results/object-reader.ts'
import type { ObjectStat } from '../results/object-stat.ts'
import { compositeChecksumOf, downloadCheck } from './download-check.ts'
import { compositeParts } from './object-parts.ts'

/** What an earlier answer of the same transfer said of the object; undefined where it did not. */
export interface KnownObject {
  readonly etag: string | undefined
  readonly versionId: string | undefined
  readonly totalBytes: number | undefined
}

/** Sends a GetObject, and compares its answer with what is known. */
async function open(
  pipeline: Pipeline,
  { bucket, object }: ObjectName,
  options: GetObjectOptions,
  known: KnownObject | undefined,
): Promise<OpenedObject> {
  const opened = await pipeline.sendStream(getObject(bucket, object, options), options)
  if (known === undefined || isSame(opened, known)) return opened
  opened.body.cancel()
  throw new IntegrityError('the object was replaced, or the store says different things of it')
}

/** Not every store heeds If-Match, and what HEAD says may be wrong. */
function isSame({ stat, totalBytes }: OpenedObject, known: KnownObject): boolean {
  const agree = (one: unknown, other: unknown): boolean =>
    one === undefined || other === undefined || one === other
  return (
    (known.etag === undefined || stat.etag === known.etag) &&
    agree(stat.versionId, known.versionId) &&
    agree(totalBytes, known.totalBytes)
  )
}

interface ObjectName {
  readonly bucket: string
  readonly object: string
}

/**
 * Opens an object for reading, so that a cut body is continued with what is missing.
 *
 * @param known what the answer has to agree with
 * @throws IntegrityError when it does not
 */
export async function openObject(
  pipeline: Pipeline,
  name: ObjectName,
  options: GetObjectOptions,
  known?: KnownObject,
): Promise<ObjectReader> {
  const opened = await open(pipeline, name, options, known)
  const { stat, body, start, lengthBytes, isWhole } = opened
  const { etag, versionId } = stat
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
          const first = { etag, versionId, totalBytes: opened.totalBytes }
          return (await open(pipeline, name, rest, first)).body
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
