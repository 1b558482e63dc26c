import type { Ability, Driver, DriverKind } from './driver.ts'
import { sendUrl } from './raw-http.ts'

/** What stands in a server before each request. */
export const seedObjects = [
  { key: 'present', body: Buffer.from('what was there before') },
  { key: 'folder/sp ace+é', body: Buffer.from('and this') },
] as const

export async function seed(driver: Driver): Promise<void> {
  await driver.makeBucket('seeded')
  await driver.makeBucket('empty')
  for (const { key, body } of seedObjects) {
    await driver.put('seeded', key, body, { metadata: { kept: 'yes' } })
  }
}

export interface Scenario {
  readonly name: string
  readonly needs?: Ability
  run(driver: Driver): Promise<unknown>
}

const bucket = 'seeded'
const key = seedObjects[1].key
const body = Buffer.from('written by a client')

/** One request each, so that every kind of request which a client signs is tried. */
const scenarios: readonly Scenario[] = [
  { name: 'CreateBucket', run: (driver) => driver.makeBucket('created') },
  { name: 'HeadBucket', run: (driver) => driver.bucketExists(bucket) },
  { name: 'DeleteBucket', run: (driver) => driver.removeBucket('empty') },
  { name: 'ListBuckets', run: (driver) => driver.listBuckets() },
  {
    name: 'PutObject',
    run: (driver) =>
      driver.put(bucket, key, body, { contentType: 'text/plain', metadata: { colour: 'red' } }),
  },
  { name: 'PutObject streamed', run: (driver) => driver.putStream(bucket, key, [body, body]) },
  {
    name: 'PutObject on a condition',
    needs: 'conditions',
    run: (driver) => driver.put(bucket, 'new', body, { onlyNew: true }),
  },
  { name: 'GetObject', run: (driver) => driver.get(bucket, key) },
  { name: 'GetObject range', run: (driver) => driver.get(bucket, key, { offset: 1, length: 3 }) },
  { name: 'HeadObject', run: (driver) => driver.stat(bucket, key) },
  {
    name: 'ListObjects',
    needs: 'list-v1',
    run: (driver) => driver.list(bucket, { version: 1, prefix: 'p', folders: true }),
  },
  { name: 'ListObjectsV2', run: (driver) => driver.list(bucket, { prefix: 'p', folders: true }) },
  { name: 'DeleteObject', run: (driver) => driver.remove(bucket, key) },
  {
    name: 'DeleteObjects',
    needs: 'remove-many',
    run: (driver) => driver.removeMany(bucket, [key, 'present']),
  },
  {
    name: 'presigned GET',
    run: async (driver) => sendUrl(await driver.presignGet(bucket, key)),
  },
  {
    name: 'presigned PUT',
    run: async (driver) => sendUrl(await driver.presignPut(bucket, key), 'PUT', body),
  },
]

/** Those that a client has a call for. */
export function scenariosFor({ abilities }: DriverKind): readonly Scenario[] {
  return scenarios.filter(({ needs }) => needs === undefined || abilities.has(needs))
}

/** Everything in a server, as a good client sees it. */
export async function dump(driver: Driver): Promise<unknown> {
  const buckets = []
  for (const name of await driver.listBuckets()) {
    const objects = []
    for (const object of (await driver.list(name)).keys) {
      const facts = await driver.stat(name, object)
      objects.push({ object, facts, bytes: await driver.get(name, object) })
    }
    buckets.push({ name, objects })
  }
  return buckets
}
