import { afterAll, beforeAll, expect, it } from 'vitest'

import { describeWithVectors } from '../support/vectors.ts'
import type { Driver } from './support/driver.ts'
import { allDrivers } from './support/drivers.ts'
import { startTestServer, type TestServer } from './support/fixture.ts'
import { sendUrl } from './support/raw-http.ts'
import { stowage } from './support/stowage-driver.ts'

interface HostileKeys {
  readonly keys: readonly {
    readonly key: string
    readonly key_recipe: readonly [string, number] | string | null
  }[]
}

describeWithVectors<HostileKeys>('hostile keys', 'own/hostile-keys.json', ({ keys }) => {
  let running: TestServer | undefined
  let witness: Driver | undefined
  beforeAll(async () => {
    running = await startTestServer('disk')
    witness = stowage.open(running.server)
  })
  afterAll(async () => {
    await witness?.close()
    await running?.close()
  })
  it.each(allDrivers)('$name', async (kind) => {
    if (!running || !witness) throw new Error('x')
    const driver = kind.open(running.server)
    const bucket = `hostile-${kind.name}`
    await driver.makeBucket(bucket)
    const out: unknown[] = []
    for (const { key, key_recipe } of keys) {
      if (key_recipe !== null) { if (kind.name==='stowage') console.log(key_recipe); continue }
      const body = Buffer.from(`body of ${key}`)
      const row: string[] = []
      try {
        await driver.put(bucket, key, body)
        row.push('put')
      } catch (error) { row.push(`put!${driver.codeOf(error)}`) }
      const { keys: [stored, ...more] } = await witness.list(bucket)
      if (stored !== key) row.push(`stored ${JSON.stringify(stored)}`)
      if (more.length) row.push('MORE'+JSON.stringify(more))
      if (stored !== undefined) await witness.remove(bucket, stored)
      await witness.put(bucket, key, body)
      try {
        const got = await driver.get(bucket, key)
        if (!got.equals(body)) row.push('get other')
      } catch (error) { row.push(`get!${driver.codeOf(error)}`) }
      for (const version of [1, 2] as const) {
      try {
        const l = (await driver.list(bucket, {version})).keys
        if (l.length !== 1 || l[0] !== key) row.push(`list${version} ${JSON.stringify(l)}`)
      } catch (error) { row.push(`list${version}!${driver.codeOf(error)}`) } }
      try {
        const got = await sendUrl(await driver.presignGet(bucket, key))
        if (!got.body.equals(body)) row.push(`url ${got.status} ${got.code}`)
      } catch (error) { row.push(`url!${driver.codeOf(error)}`) }
      try {
        if (driver.abilities.has('remove-many')) await driver.removeMany(bucket, [key])
        else await driver.remove(bucket, key)
      } catch (error) { row.push(`del!${driver.codeOf(error)}`) }
      const left = (await witness.list(bucket)).keys
      if (left.length) { row.push('delete left'); for (const k of left) await witness.remove(bucket, k) }
      if (row.join() !== 'put') out.push([key, row.join('; ')])
    }
    console.log(kind.name, out)
    await driver.close()
  })
})
