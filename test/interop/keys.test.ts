import { expect, it } from 'vitest'

import { describeWithVectors } from '../support/vectors.ts'
import { awsDefault, awsPlain } from './support/aws-driver.ts'
import type { Driver, DriverKind } from './support/driver.ts'
import { startTestServer, type StoreKind } from './support/fixture.ts'
import { minio } from './support/minio-driver.ts'
import { sendUrl } from './support/raw-http.ts'
import { stowage } from './support/stowage-driver.ts'

interface HostileKeys {
  readonly keys: readonly { readonly key: string | null }[]
}

/** Keys that a client itself cannot handle, and where; minio-js 8.0.7, the AWS client 3.1169. */
type Known = ReadonlyMap<string, readonly string[]>

/** Neither writes what XML 1.0 cannot hold otherwise than as it is, so S3 refuses it as well. */
const notInXml: readonly (readonly [string, readonly string[]])[] = [
  ['\ufffe', ['remove']],
  ['a\u0001b', ['remove']],
]

const awsKnown: Known = new Map(notInXml)

/** Its listings turn what looks like a number into one. */
const minioKnown: Known = new Map([
  ...notInXml,
  ['0', ['list version 2']],
  ['007', ['list version 2']],
  ['0x10', ['list version 2']],
])

const rows: readonly (readonly [DriverKind, StoreKind, Known])[] = [
  [awsDefault, 'memory', awsKnown],
  [awsDefault, 'disk', awsKnown],
  [awsPlain, 'memory', awsKnown],
  [minio, 'memory', minioKnown],
]

/** Where the key did not come through; a witness keeps what the client does apart. */
async function faults(
  driver: Driver,
  witness: Driver,
  bucket: string,
  key: string,
): Promise<string[]> {
  const body = Buffer.from(`body of ${key}`)
  const found: string[] = []
  const check = async (what: string, step: () => Promise<boolean>): Promise<void> => {
    if (!(await step().catch(() => false))) found.push(what)
  }
  const listed = async (by: Driver, version: 1 | 2): Promise<boolean> => {
    const { keys } = await by.list(bucket, { version })
    return keys.length === 1 && keys[0] === key
  }
  await check('put', async () => {
    await driver.put(bucket, key, body)
    return listed(witness, 2)
  })
  await check('get', async () => (await driver.get(bucket, key)).equals(body))
  await check('stat', async () => (await driver.stat(bucket, key)).sizeBytes === body.length)
  await check('list version 1', () => listed(driver, 1))
  await check('list version 2', () => listed(driver, 2))
  await check('presigned', async () =>
    (await sendUrl(await driver.presignGet(bucket, key))).body.equals(body),
  )
  await check('remove', async () => {
    await driver.removeMany(bucket, [key])
    return (await witness.list(bucket)).keys.length === 0
  })
  for (const left of (await witness.list(bucket)).keys) await witness.remove(bucket, left)
  return found
}

describeWithVectors<HostileKeys>('hostile keys', 'own/hostile-keys.json', ({ keys }) => {
  it.each(rows)('$0.name, $1', async (kind, store, known) => {
    const running = await startTestServer(store)
    const driver = kind.open(running.server)
    const witness = stowage.open(running.server)
    const bucket = 'hostile'
    await driver.makeBucket(bucket)
    const seen = new Map<string, readonly string[]>()
    for (const { key } of keys) {
      if (key === null) continue
      const found = await faults(driver, witness, bucket, key)
      if (found.length > 0) seen.set(key, found)
    }
    await driver.close()
    await witness.close()
    await running.close()
    expect(seen).toEqual(known)
  })
})
