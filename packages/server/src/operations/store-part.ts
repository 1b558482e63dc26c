import type { BlobWriter } from '../store/blobs.ts'
import type { PartDraft, PartRecord, UploadRecord } from '../store/uploads.ts'
import { encryptionOfPart, etagOf, sealedWriter } from './object-encryption.ts'
import type { OperationContext } from './operation.ts'
import { storeBlob } from './store-blob.ts'
import { uploadAddress } from './upload-address.ts'

/**
 * Makes a part of whatever `fill` writes: sealed as the upload wants it, committed when all of it
 * is there.
 * @param fill writes the bytes, and gives their MD5 and checksums
 */
export function storePart(
  context: OperationContext,
  upload: UploadRecord,
  partNumber: number,
  fill: (writer: BlobWriter) => Promise<PartDraft>,
): Promise<PartRecord> {
  const { store, now } = context.server
  const address = uploadAddress(context)
  const open = encryptionOfPart(context, upload.attributes.encryption)
  const writer = sealedWriter(context, store.blobs.create(), open)
  return storeBlob(writer, {
    fill: async () => {
      const { etag: md5, checksums } = await fill(writer)
      return { etag: etagOf(context, md5, open), checksums }
    },
    describe: (draft) => {
      const { bucket, key } = address
      const part = { ...draft, partNumber, upload }
      return { bucket, key, writtenMs: now().getTime(), part }
    },
    commit: (draft, content) => store.uploads.putPart(address, partNumber, draft, content, now),
  })
}
