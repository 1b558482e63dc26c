import { isXmlText, type CommonPrefix, type DeleteFailure } from '@stowage/protocol'
import {
  checkBoolean,
  checkBucket,
  checkInteger,
  checkId,
  checkObject,
  checkSignal,
} from '../checks.ts'
import type { Clock } from '../clock.ts'
import { InvalidArgumentError, isS3Error, retryClassOf } from '../errors.ts'
import { deleteObjects, maxDeleteObjects } from '../operations/delete-objects.ts'
import { removeObject } from '../operations/remove-object.ts'
import type { CallOptions } from '../options.ts'
import type { Send } from '../request/request.ts'
import { mapConcurrently, type AnyIterable } from './map-concurrently.ts'

/**
 * What to remove: a key, or one version of it. A prefix is refused; it stands here because entries
 * of a `recursive` listing, which holds none, have a type that has some.
 */
export type ObjectToRemove =
  | string
  | { readonly object: string; readonly versionId?: string | undefined }
  | CommonPrefix

/** Options of `removeObjects`. */
export interface RemoveObjectsOptions extends CallOptions {
  /** Removes versions under governance retention; needs the right to. */
  readonly bypassGovernance?: boolean | undefined
  /** Requests at once, 1 to 64, each for up to 1000 objects. Default 4. */
  readonly concurrency?: number | undefined
}

/** An object that could not be removed. */
export interface DeleteError {
  /** The key. */
  readonly object: string
  readonly versionId: string | undefined
  /** S3's error code, such as `AccessDenied`. */
  readonly code: string
  readonly message: string
}

interface Identifier {
  readonly object: string
  readonly versionId: string | undefined
}

const defaultConcurrency = 4
const maxConcurrency = 64
/** Before objects that the store was too busy for are asked for again. */
const retryPauseMs = 500

/** What all batches share. */
interface Removal {
  readonly send: Send
  readonly clock: Clock
  readonly bucket: string
  readonly options: RemoveObjectsOptions
}

function identifierOf(item: unknown): Identifier {
  if (typeof item === 'string') {
    checkObject(item)
    return { object: item, versionId: undefined }
  }
  if (typeof item !== 'object' || item === null || !('object' in item)) {
    throw new InvalidArgumentError(
      'objects',
      'must yield keys or { object, versionId }; of a listing, list with recursive',
    )
  }
  const object: unknown = item.object
  const versionId: unknown = 'versionId' in item ? item.versionId : undefined
  if (typeof object !== 'string') throw new InvalidArgumentError('object', 'must be a string')
  checkObject(object)
  if (versionId !== undefined) checkId('versionId', versionId)
  return { object, versionId }
}

/** Thousands, and alone what XML cannot carry. */
async function* batches(
  objects: AnyIterable<unknown>,
): AsyncGenerator<readonly Identifier[], void, undefined> {
  let batch: Identifier[] = []
  for await (const item of objects) {
    const identifier = identifierOf(item)
    if (!isWritable(identifier)) {
      yield [identifier]
      continue
    }
    batch.push(identifier)
    if (batch.length < maxDeleteObjects) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function isWritable({ object, versionId = '' }: Identifier): boolean {
  return isXmlText(object) && isXmlText(versionId)
}

async function removeBatch(
  removal: Removal,
  batch: readonly Identifier[],
  signal: AbortSignal,
): Promise<readonly DeleteError[]> {
  const [first] = batch
  if (batch.length === 1 && first && !isWritable(first)) return removeOne(removal, first, signal)
  const { errors, busy } = sort(await send(removal, batch, signal))
  if (busy.length === 0) return errors
  await removal.clock.sleep(retryPauseMs, signal)
  return [...errors, ...(await send(removal, busy, signal))]
}

async function send(
  { send, bucket, options }: Removal,
  batch: readonly Identifier[],
  signal: AbortSignal,
): Promise<readonly DeleteError[]> {
  const request = deleteObjects(bucket, batch, options.bypassGovernance === true)
  return (await send(request, { ...options, signal })).map(errorOf)
}

function errorOf({ object, versionId, code, message }: DeleteFailure): DeleteError {
  return { object, versionId: versionId === '' ? undefined : versionId, code, message }
}

/** Objects that the store was only too busy for can be tried again, where it names them. */
function sort(failures: readonly DeleteError[]): {
  readonly errors: DeleteError[]
  readonly busy: DeleteError[]
} {
  const errors: DeleteError[] = []
  const busy: DeleteError[] = []
  for (const failure of failures) {
    const isBusy = failure.object !== '' && retryClassOf(failure.code, 0) !== undefined
    if (isBusy) busy.push(failure)
    else errors.push(failure)
  }
  return { errors, busy }
}

/** Refusals that speak of more than the one object. */
const lostCauses: ReadonlySet<string> = new Set(['NoSuchBucket', 'InvalidAccessKeyId'])

async function removeOne(
  { send, bucket, options }: Removal,
  { object, versionId }: Identifier,
  signal: AbortSignal,
): Promise<readonly DeleteError[]> {
  const { bypassGovernance } = options
  try {
    await send(removeObject(bucket, object, { versionId, bypassGovernance }), {
      ...options,
      signal,
    })
    return []
  } catch (error) {
    if (!isS3Error(error) || lostCauses.has(error.code)) throw error
    return [{ object, versionId, code: error.code, message: error.message }]
  }
}

function checkObjects(objects: unknown): void {
  const isIterable =
    typeof objects === 'object' &&
    objects !== null &&
    !(objects instanceof Uint8Array) &&
    (Symbol.asyncIterator in objects || Symbol.iterator in objects)
  // Text is iterable too: it would remove the objects that are named like its letters.
  if (!isIterable) throw new InvalidArgumentError('objects', 'must be an iterable of keys')
}

/** Removes objects in thousands while the result is read; see `Client.removeObjects`. */
export function removeObjects(
  send: Send,
  clock: Clock,
  bucket: string,
  objects: AnyIterable<ObjectToRemove>,
  options: RemoveObjectsOptions,
): AsyncGenerator<DeleteError, void, undefined> {
  checkBucket(bucket)
  checkObjects(objects)
  checkBoolean('bypassGovernance', options.bypassGovernance)
  const { concurrency = defaultConcurrency, signal } = options
  if (signal !== undefined) checkSignal(signal)
  checkInteger('concurrency', concurrency, 1, maxConcurrency)
  return errorsOf({ send, clock, bucket, options }, objects, concurrency)
}

async function* errorsOf(
  removal: Removal,
  objects: AnyIterable<ObjectToRemove>,
  concurrency: number,
): AsyncGenerator<DeleteError, void, undefined> {
  const { signal } = removal.options
  const run = (batch: readonly Identifier[], stop: AbortSignal): Promise<readonly DeleteError[]> =>
    removeBatch(removal, batch, stop)
  for await (const errors of mapConcurrently(batches(objects), concurrency, signal, run)) {
    yield* errors
  }
}
