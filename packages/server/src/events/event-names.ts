/**
 * The names of events: those of MinIO, and for tags those of Amazon S3 as well. The list says also
 * which of them this server ever sends.
 */
const groups = {
  's3:ObjectAccessed:*': [
    's3:ObjectAccessed:Get',
    's3:ObjectAccessed:Head',
    's3:ObjectAccessed:GetRetention',
    's3:ObjectAccessed:GetLegalHold',
    's3:ObjectAccessed:Attributes',
  ],
  's3:ObjectCreated:*': [
    's3:ObjectCreated:CompleteMultipartUpload',
    's3:ObjectCreated:Copy',
    's3:ObjectCreated:Post',
    's3:ObjectCreated:Put',
    's3:ObjectCreated:PutRetention',
    's3:ObjectCreated:PutLegalHold',
    's3:ObjectCreated:PutTagging',
    's3:ObjectCreated:DeleteTagging',
  ],
  's3:ObjectRemoved:*': [
    's3:ObjectRemoved:Delete',
    's3:ObjectRemoved:DeleteMarkerCreated',
    's3:ObjectRemoved:NoOP',
    's3:ObjectRemoved:DeleteAllVersions',
  ],
  's3:ObjectTagging:*': ['s3:ObjectTagging:Put', 's3:ObjectTagging:Delete'],
  's3:ObjectRestore:*': ['s3:ObjectRestore:Post', 's3:ObjectRestore:Completed'],
  's3:ObjectTransition:*': ['s3:ObjectTransition:Failed', 's3:ObjectTransition:Complete'],
  's3:Replication:*': [
    's3:Replication:OperationFailedReplication',
    's3:Replication:OperationCompletedReplication',
    's3:Replication:OperationNotTracked',
    's3:Replication:OperationMissedThreshold',
    's3:Replication:OperationReplicatedAfterThreshold',
  ],
} as const

/** Known, and no part of a group that is asked for. */
const singles = [
  's3:BucketCreated:*',
  's3:BucketRemoved:*',
  's3:LifecycleDelMarkerExpiration:Delete',
  's3:Scanner:ManyVersions',
  's3:Scanner:LargeVersions',
  's3:Scanner:BigPrefix',
] as const

type Groups = typeof groups

/** One kind of event. */
export type EventName = Groups[keyof Groups][number] | (typeof singles)[number]

const expansions: ReadonlyMap<string, readonly EventName[]> = expansionsOfAll()

function expansionsOfAll(): Map<string, readonly EventName[]> {
  const all = new Map<string, readonly EventName[]>(Object.entries(groups))
  for (const members of Object.values(groups)) for (const name of members) all.set(name, [name])
  for (const name of singles) all.set(name, [name])
  return all
}

/** The events that a name stands for, one or a group; undefined when it is none. */
export function expandEventName(name: string): readonly EventName[] | undefined {
  return expansions.get(name)
}
