import { checkFunction, checkPath } from '../checks.ts'
import type { PutResult } from '../operations/put-object.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { BufferPool } from './buffer-pool.ts'
import { FileSource } from './file-source.ts'
import { partSizeFor } from './part-sizes.ts'
import { uploadPlan, type PutObjectOptions } from './put-object.ts'
import { Upload, type Resumption, type UploadPlan } from './upload.ts'
import { checkState, type UploadState } from './upload-state.ts'

/** Options of `fPutObject`. */
export interface FPutObjectOptions extends Omit<PutObjectOptions, 'length'> {
  /** Goes on with the upload of this state, and sends only what the store has not got. */
  readonly resumeFrom?: UploadState | undefined
  /**
   * Told after each part, with a state for `resumeFrom`. An upload with this option stays at
   * the store when it fails; `removeIncompleteUpload` removes it.
   */
  readonly onState?: ((state: UploadState) => void) | undefined
}

/** Uploads a file, read by position. */
export async function uploadFile(
  pipeline: Pipeline,
  bucket: string,
  object: string,
  path: string,
  options: FPutObjectOptions,
): Promise<PutResult> {
  const plan = uploadPlan(bucket, object, options)
  checkPath(path)
  checkFunction('onState', options.onState)
  const source = await FileSource.open(path, new BufferPool())
  try {
    const { resumeFrom } = options
    if (resumeFrom !== undefined) {
      checkState(resumeFrom, bucket, object, source.identity, plan.checksum)
    }
    const partSize = resumeFrom?.partSize ?? partSizeFor(source.sizeBytes, options.partSize)
    source.cutInto(partSize)
    const resumption = resumptionOf(plan, source, partSize, options)
    return await new Upload(pipeline, plan, source, options, resumption).run()
  } finally {
    await source.close()
  }
}

function resumptionOf(
  { bucket, object, checksum }: UploadPlan,
  source: FileSource,
  partSize: number,
  { resumeFrom, onState }: FPutObjectOptions,
): Resumption | undefined {
  if (resumeFrom === undefined && onState === undefined) return undefined
  const onParts: Resumption['onParts'] =
    onState &&
    ((uploadId, parts): void =>
      onState({
        version: 1,
        bucket,
        object,
        uploadId,
        partSize,
        source: source.identity,
        ...(checksum && { checksum: { algorithm: checksum.algorithm, type: checksum.type } }),
        parts,
      }))
  return { from: resumeFrom, onParts }
}
