import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { DamagedDirectoryError, startServer, type ServerOptions } from '@stowage/server'
import { RawClient, type RawResponse } from '../support/raw-client.ts'
import { temporaryDirectory } from '../support/stores.ts'

const prefix = 'x-amz-server-side-encryption'
const key = randomBytes(32)
const headersOfKey = {
  [`${prefix}-customer-algorithm`]: 'AES256',
  [`${prefix}-customer-key`]: key.toString('base64'),
  [`${prefix}-customer-key-md5`]: createHash('md5').update(key).digest('base64'),
}
const kmsKey = randomBytes(32)
const masterKey = randomBytes(32)
const word = 'plaintext-that-nobody-may-find'
const body = Buffer.alloc(150_000, `${word} `)

describe('encryption on disk', () => {
  let directory: { path: string; remove: () => void }
  let defects: unknown[]

  beforeEach(() => {
    directory = temporaryDirectory()
    defects = []
  })

  afterEach(() => directory.remove())

  async function withServer<T>(
    encryption: ServerOptions['encryption'],
    task: (client: RawClient) => Promise<T>,
  ): Promise<T> {
    await using server = await startServer({
      directory: directory.path,
      durability: 'flush',
      encryption,
      onDefect: (error) => defects.push(error),
    })
    const client = new RawClient(server)
    try {
      return await task(client)
    } finally {
      client.close()
    }
  }

  function files(path = directory.path): string[] {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const below = join(path, entry.name)
      return entry.isDirectory() ? files(below) : [below]
    })
  }

  const blobFiles = (): string[] => files(join(directory.path, 'blobs'))

  it('leaves neither the bytes nor a key of a sender in any file', async () => {
    const encryption = { masterKey, kmsKeys: { one: kmsKey } }
    await withServer(encryption, async (client) => {
      await client.makeBucket('sealed')
      for (const [name, bytes] of [
        ['large', body],
        ['small', word],
      ] as const) {
        await client.put('sealed', `${name} C`, bytes, headersOfKey)
        await client.put('sealed', `${name} S3`, bytes, { [prefix]: 'AES256' })
        await client.put('sealed', `${name} KMS`, bytes, { [prefix]: 'aws:kms' })
      }
      await client.put('sealed', 'proof', 'in the clear and long enough to be found')
    })
    const all = files()
      .map((path) => readFileSync(path, 'latin1'))
      .join('\n')
    expect(all).toContain('in the clear and long enough to be found')
    expect(all.includes(word)).toBe(false)
    for (const secret of [key, kmsKey, masterKey]) {
      for (const form of ['latin1', 'base64', 'hex'] as const) {
        expect(all.includes(secret.toString(form))).toBe(false)
      }
    }
  })

  it('keeps a master key of its own, for the owner alone, over restarts', async () => {
    await withServer(undefined, async (client) => {
      await client.makeBucket('kept')
      await client.put('kept', 's3', body, { [prefix]: 'AES256' })
      await client.put('kept', 'kms', 'small', { [prefix]: 'aws:kms' })
      await client.put('kept', 'c', body, headersOfKey)
    })
    expect(statSync(join(directory.path, 'master-key')).mode & 0o777).toBe(0o600)
    await withServer(undefined, async (client) => {
      expect((await client.get('kept', 's3')).body.equals(body)).toBe(true)
      expect(await client.get('kept', 'kms')).toMatchObject({ status: 200, text: 'small' })
      expect((await client.get('kept', 'c', headersOfKey)).body.equals(body)).toBe(true)
    })
    expect(defects).toEqual([])
  })

  it('makes no file for a master key that is given, and opens nothing with another', async () => {
    await withServer({ masterKey }, async (client) => {
      await client.makeBucket('given')
      await client.put('given', 'key', body, { [prefix]: 'AES256' })
    })
    expect(readdirSync(directory.path)).not.toContain('master-key')
    await withServer({ masterKey: randomBytes(32) }, async (client) => {
      expect(await client.get('given', 'key')).toMatchObject({ status: 500, code: 'InternalError' })
    })
    expect(defects).toHaveLength(1)
  })

  it('delivers no byte of a sealed blob that was changed, cut or extended', async () => {
    await withServer({ masterKey }, async (client) => {
      await client.makeBucket('flipped')
      await client.put('flipped', 'key', body, { [prefix]: 'AES256' })
      const [path = ''] = blobFiles()
      const stored = readFileSync(path)
      const sealedBytes = body.length + 3 * 16
      const damage = { status: 500, code: 'InternalError' }
      for (const place of [0, 65_535, 65_540, 65_552, 131_103, 131_104, sealedBytes - 1]) {
        const damaged = Buffer.from(stored)
        damaged.writeUInt8(damaged.readUInt8(place) ^ 1, place)
        writeFileSync(path, damaged)
        expect(await client.get('flipped', 'key')).toMatchObject(damage)
        const chunk = Math.floor(place / 65_552)
        const range = { range: `bytes=${chunk * 65_536}-${chunk * 65_536 + 9}` }
        expect(await client.get('flipped', 'key', range)).toMatchObject(damage)
      }
      for (const size of [0, 65_552, sealedBytes, stored.length - 1]) {
        writeFileSync(path, stored.subarray(0, size))
        expect(await client.get('flipped', 'key')).toMatchObject(damage)
      }
      writeFileSync(path, stored)
      const read: RawResponse = await client.get('flipped', 'key')
      expect(read.body.equals(body)).toBe(true)
    })
  })

  it('reads the intact chunks of a sealed blob whose other chunks are damaged', async () => {
    await withServer({ masterKey }, async (client) => {
      await client.makeBucket('partly')
      await client.put('partly', 'key', body, { [prefix]: 'AES256' })
      const [path = ''] = blobFiles()
      const damaged = readFileSync(path)
      damaged.writeUInt8(damaged.readUInt8(5) ^ 1, 5)
      writeFileSync(path, damaged)
      const intact = await client.get('partly', 'key', { range: 'bytes=65536-149999' })
      expect(intact).toMatchObject({ status: 206 })
      expect(intact.body.equals(body.subarray(65_536))).toBe(true)
    })
  })

  it('refuses a master key that is missing, damaged or another one', async () => {
    await withServer(undefined, async (client) => {
      await client.makeBucket('kept')
      await client.put('kept', 'sealed', body, { [prefix]: 'AES256' })
    })
    const path = join(directory.path, 'master-key')
    const text = readFileSync(path)
    const another = `${randomBytes(32).toString('base64')}\n`
    const flipped = Buffer.from(text)
    flipped.writeUInt8(flipped.readUInt8(20) ^ 1, 20)
    for (const content of [undefined, '', 'short', another, flipped]) {
      if (content === undefined) rmSync(path)
      else writeFileSync(path, content)
      const start = withServer(undefined, () => Promise.resolve())
      await expect(start).rejects.toBeInstanceOf(DamagedDirectoryError)
    }
    writeFileSync(path, text)
    await withServer(undefined, async (client) => {
      expect((await client.get('kept', 'sealed')).body.equals(body)).toBe(true)
    })
  })

  it('reports and keeps a damaged master key when it is told to repair', async () => {
    await withServer(undefined, (client) => client.makeBucket('kept'))
    const path = join(directory.path, 'master-key')
    const damaged = readFileSync(path, 'utf8').slice(0, -4)
    writeFileSync(path, damaged)
    const onDefect = (error: unknown): void => void defects.push(error)
    const options = { directory: directory.path, repair: true, onDefect }
    await (await startServer(options)).close()
    expect(defects).toEqual([expect.any(Error)])
    const kept = readdirSync(directory.path).filter((name) => name.startsWith('damaged-master-key'))
    expect(kept.map((name) => readFileSync(join(directory.path, name), 'utf8'))).toEqual([damaged])
    await (await startServer(options)).close()
    expect(defects).toHaveLength(1)
  })

  it('goes on without its master key when it is told to repair', async () => {
    await withServer(undefined, async (client) => {
      await client.makeBucket('kept')
      await client.put('kept', 'sealed', body, { [prefix]: 'AES256' })
      await client.put('kept', 'clear', body)
    })
    rmSync(join(directory.path, 'master-key'))
    const repaired = await startServer({ directory: directory.path, repair: true })
    await repaired.close()
    await withServer(undefined, async (client) => {
      expect((await client.get('kept', 'sealed')).code).toBe('InternalError')
      expect((await client.get('kept', 'clear')).body.equals(body)).toBe(true)
      await client.put('kept', 'sealed', body, { [prefix]: 'AES256' })
      expect((await client.get('kept', 'sealed')).body.equals(body)).toBe(true)
    })
  })
})
