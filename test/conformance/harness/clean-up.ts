import { isS3Error, type Client } from 'stowage'

/** Removes a bucket with all that is in it: versions, delete markers, locked ones, and uploads. */
export async function removeWithContent(client: Client, bucket: string): Promise<void> {
  try {
    // A case may have left one that denies what follows.
    await client.deleteBucketPolicy(bucket).catch(onlyMissing)
    await removeVersions(client, bucket)
    await removeUploads(client, bucket)
    await client.removeBucket(bucket)
  } catch (error) {
    if (!isS3Error(error, 'NoSuchBucket')) throw error
  }
}

function onlyMissing(error: unknown): void {
  if (!isS3Error(error, 'NotImplemented')) throw error
}

async function removeVersions(client: Client, bucket: string): Promise<void> {
  const listing = client.listObjectsV2(bucket, { recursive: true, includeVersions: true })
  for await (const { entries } of listing.pages()) {
    const versions = entries.flatMap((entry) => (entry.isPrefix ? [] : [entry]))
    const removal = client.removeObjects(bucket, versions, { bypassGovernance: true })
    for await (const { object, versionId } of removal) {
      // What bypassing does not help against is a legal hold.
      await client.setObjectLegalHold(bucket, object, false, { versionId })
      await client.removeObject(bucket, object, { versionId, bypassGovernance: true })
    }
  }
}

async function removeUploads(client: Client, bucket: string): Promise<void> {
  const listed = await client.listIncompleteUploads(bucket, { recursive: true }).toArray()
  const keys = new Set(listed.flatMap((entry) => (entry.isPrefix ? [] : [entry.object])))
  for (const key of keys) await client.removeIncompleteUpload(bucket, key)
}
