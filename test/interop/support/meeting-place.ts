import { Client } from 'stowage'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ClientKind, PlainClient, Target } from './driver.ts'
import { startTestServer, storeKinds, type StoreKind } from './fixture.ts'
import { stowage } from './stowage-driver.ts'

/** A store on which clients meet. */
interface MeetingPlace {
  readonly target: Target
  /** Names of buckets that this place has to itself. */
  newBucketName(): string
  close(): Promise<void>
}

/** The store that the environment names, on this machine and without TLS. */
function namedTarget(): Target | undefined {
  const endpoint = process.env['INTEROP_ENDPOINT']
  if (endpoint === undefined || endpoint === '') return undefined
  const port = /^http:\/\/127\.0\.0\.1:(\d+)\/?$/.exec(endpoint)?.[1]
  if (port === undefined) throw new Error('INTEROP_ENDPOINT: http://127.0.0.1:PORT')
  return {
    port: Number(port),
    accessKey: process.env['INTEROP_ACCESS_KEY'] ?? '',
    secretKey: process.env['INTEROP_SECRET_KEY'] ?? '',
    region: process.env['INTEROP_REGION'] ?? 'us-east-1',
  }
}

const named = namedTarget()

export type PlaceName = StoreKind | 'endpoint'

/** Our server, in memory and on disk; or the store of INTEROP_ENDPOINT instead. */
export const placeNames: readonly PlaceName[] = named === undefined ? storeKinds : ['endpoint']

export async function openPlace(name: PlaceName): Promise<MeetingPlace> {
  const buckets: string[] = []
  const run = randomBytes(4).toString('hex')
  const newBucketName = (): string => {
    const bucket = `interop-${run}-${buckets.length}`
    buckets.push(bucket)
    return bucket
  }
  if (name === 'endpoint') {
    if (named === undefined) throw new Error('no store is named')
    return { target: named, newBucketName, close: () => removeBuckets(named, buckets) }
  }
  const running = await startTestServer(name)
  const close = async (): Promise<void> => {
    await running.close()
    expect(running.defects).toEqual([])
  }
  return { target: running.server, newBucketName, close }
}

/** Leaves nothing behind in a store that goes on. */
async function removeBuckets(target: Target, buckets: readonly string[]): Promise<void> {
  const { port, accessKey, secretKey, region } = target
  const endpoint = `http://127.0.0.1:${port}`
  const client = new Client({ endpoint, accessKey, secretKey, region })
  for (const bucket of buckets) {
    if (!(await client.bucketExists(bucket))) continue
    for await (const entry of client.listIncompleteUploads(bucket, { recursive: true })) {
      if (!entry.isPrefix) await client.removeIncompleteUpload(bucket, entry.object)
    }
    const versions = client.listObjectsV2(bucket, { recursive: true, includeVersions: true })
    for await (const entry of versions) {
      if (entry.isPrefix) continue
      const { object, versionId } = entry
      await client.removeObject(bucket, object, { versionId, bypassGovernance: true })
    }
    await client.removeBucket(bucket)
  }
  await client.close()
}

/** Slow clients are not sent everywhere: what differs between the places is ours alone. */
export function meetsAt({ slow }: ClientKind, place: PlaceName): boolean {
  return slow !== true || place === placeNames.at(-1)
}

/** A client at its meeting place, beside ours, which sees what really happened. */
export interface Meeting {
  readonly name: string
  readonly client: PlainClient
  readonly witness: PlainClient
  readonly target: Target
  newBucketName(): string
  /** A bucket that ours has made. */
  newBucket(): Promise<string>
}

/** Describes a behaviour for every place and each of the clients that this machine has. */
export function describeClients(
  name: string,
  kinds: readonly ClientKind[],
  body: (meeting: () => Meeting) => void,
): void {
  const rows = placeNames.flatMap((place) =>
    kinds.filter((kind) => meetsAt(kind, place)).map((kind) => ({ place, kind })),
  )
  describe.each(rows)(`${name}: $kind.name, $place`, ({ place, kind }) => {
    if (kind.missing !== undefined) {
      it.skip(kind.missing, () => undefined)
      return
    }
    let meeting: (Meeting & { close(): Promise<void> }) | undefined

    beforeAll(async () => {
      meeting = await meet(await openPlace(place), kind)
    })

    afterAll(() => meeting?.close())

    body(() => {
      if (meeting === undefined) throw new Error('the store is not running')
      return meeting
    })
  })
}

async function meet(
  place: MeetingPlace,
  kind: ClientKind,
): Promise<Meeting & { close(): Promise<void> }> {
  const { target, newBucketName } = place
  const client = await kind.open(target)
  const witness = stowage.open(target)
  const newBucket = async (): Promise<string> => {
    const bucket = newBucketName()
    await witness.makeBucket(bucket)
    return bucket
  }
  const close = async (): Promise<void> => {
    await client.close()
    await witness.close()
    await place.close()
  }
  return { name: kind.name, client, witness, target, newBucketName, newBucket, close }
}
