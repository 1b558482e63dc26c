import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/client.ts'
import { clientOf, failureOf } from '../support/assembled.ts'
import { contentOf, mebibyte } from '../support/content.ts'
import { temporaryFolder } from '../support/folder.ts'
import { PartStore, storeError, type Answer } from '../support/part-store.ts'

const content = contentOf(3 * mebibyte)
const integrity = { name: 'IntegrityError' }

async function using(test: (client: Client, store: PartStore) => Promise<void>): Promise<void> {
  await using store = await PartStore.start()
  await using client = clientOf(store.endpoint, { retry: { maxAttempts: 1 } })
  await test(client, store)
  await store.quiet().catch(() => {})
}

/** The check values of the catalogue of CRCs, and of FIPS 180 for the others. */
const sums = [
  ['crc32', 'y/Q5Jg=='],
  ['crc32c', '4waSgw=='],
  ['crc64nvme', 'rosUhgp5mIg='],
  ['sha1', '98O8HYCOBHMq32eZZczDTKeuNEE='],
  ['sha256', 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU='],
] as const

describe('verify', () => {
  it.each(sums)('compares with %s', async (name, sum) => {
    await using(async (client, store) => {
      store.place('/bkt/k', Buffer.from('123456789'), { [`x-amz-checksum-${name}`]: sum })
      const reader = await client.getObject('bkt', 'k', { verify: true })
      expect(reader.verifiedBy).toBe(name)
      expect(await reader.text()).toBe('123456789')
      expect(store.seen.map(({ headers }) => headers['x-amz-checksum-mode'])).toEqual(['ENABLED'])
      store.place('/bkt/k', Buffer.from('123456780'), { [`x-amz-checksum-${name}`]: sum })
      const other = await client.getObject('bkt', 'k', { verify: true })
      expect(await failureOf(other.bytes())).toMatchObject(integrity)
    })
  })

  it('fails before the end is told, however the content is read, and each time again', async () => {
    const headers = { 'x-amz-checksum-crc32': 'AAAAAA==' }
    await using(async (client, store) => {
      store.place('/bkt/k', content, headers)
      const open = async () => client.getObject('bkt', 'k', { verify: true })
      const reader = await open()
      let bytes = 0
      const all = async (): Promise<void> => {
        for (let chunk = await reader.read(); chunk; chunk = await reader.read()) {
          bytes += chunk.length
        }
      }
      expect(await failureOf(all())).toMatchObject(integrity)
      expect(bytes).toBe(content.length)
      expect(await failureOf(reader.read())).toMatchObject(integrity)
      expect(await failureOf((await open()).bytes())).toMatchObject(integrity)
      const web = (await open()).stream()
      expect(await failureOf(new Response(web).arrayBuffer())).toMatchObject(integrity)
      const node = (await open()).nodeStream()
      expect(await failureOf(node.toArray())).toMatchObject(integrity)
    })
  })

  it('takes the ETag where that is an MD5, and there is no checksum', async () => {
    await using(async (client, store) => {
      const object = store.place('/bkt/k', content)
      const reader = await client.getObject('bkt', 'k', { verify: true })
      expect(reader.verifiedBy).toBe('etag')
      expect((await reader.bytes()).length).toBe(content.length)
      store.objects.set('/bkt/k', { ...object, bytes: Buffer.alloc(content.length) })
      const other = await client.getObject('bkt', 'k', { verify: true })
      expect(await failureOf(other.bytes())).toMatchObject(integrity)
    })
  })

  it('does nothing for what is not the whole, or is given up', async () => {
    await using(async (client, store) => {
      store.place('/bkt/k', content, { 'x-amz-checksum-crc32': 'AAAAAA==' })
      const range = await client.getObject('bkt', 'k', { offset: 1, verify: true })
      expect(range.verifiedBy).toBe('length')
      expect((await range.bytes()).length).toBe(content.length - 1)
      const given = await client.getObject('bkt', 'k', { verify: true })
      await given.read()
      given.cancel()
      expect(await failureOf(given.read())).toMatchObject({ argument: 'reader' })
    })
  })

  it('is not done, and not asked for, without the option', async () => {
    await using(async (client, store) => {
      store.place('/bkt/k', content, { 'x-amz-checksum-crc32': 'AAAAAA==' })
      const reader = await client.getObject('bkt', 'k')
      expect(reader.verifiedBy).toBe('length')
      expect((await reader.bytes()).length).toBe(content.length)
      expect(store.seen[0]?.headers['x-amz-checksum-mode']).toBeUndefined()
    })
  })
})

describe('a composite checksum', () => {
  const sizes = [mebibyte, mebibyte, mebibyte]

  function compositeOf(bytes: Buffer, parts: readonly number[]): string {
    const whole = createHash('sha256')
    let start = 0
    for (const size of parts) {
      whole.update(
        createHash('sha256')
          .update(bytes.subarray(start, start + size))
          .digest(),
      )
      start += size
    }
    return `${whole.digest('base64')}-${parts.length}`
  }

  function attributes(etag: string, parts: readonly number[], next?: number): Answer {
    const entries = parts.map((size) => `<Part><Size>${size}</Size></Part>`).join('')
    const more =
      next === undefined
        ? ''
        : `<IsTruncated>true</IsTruncated><NextPartNumberMarker>${next}</NextPartNumberMarker>`
    const root = 'GetObjectAttributesResponse'
    return {
      status: 200,
      body: `<${root}><ETag>${etag}</ETag><ObjectParts>${more}${entries}</ObjectParts></${root}>`,
    }
  }

  interface Facts {
    readonly parts: readonly number[]
    readonly answer: (etag: string, marker: string | undefined) => Answer | undefined
    readonly bytes?: Buffer
    readonly partSize?: number | undefined
  }

  /** What a reader and a download into a file are verified by. */
  async function verifiedBy({
    parts,
    answer,
    bytes = content,
    partSize,
  }: Facts): Promise<unknown[]> {
    await using folder = await temporaryFolder()
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint, { retry: { maxAttempts: 1 } })
    const object = store.place('/bkt/k', bytes, {
      'x-amz-checksum-sha256': compositeOf(content, parts),
      'x-amz-checksum-type': 'COMPOSITE',
    })
    // That of parts; only its form counts.
    const etag = `${object.etag}-9`
    store.objects.set('/bkt/k', { ...object, etag })
    store.mischief = ({ headers }) =>
      headers['x-amz-object-attributes'] === undefined
        ? undefined
        : answer(etag, headers['x-amz-part-number-marker'] as string | undefined)
    const reader = await client.getObject('bkt', 'k', { verify: true })
    const read = await reader.bytes().catch((error: unknown) => error)
    const path = join(folder.path, 'file')
    const got = await client.fGetObject('bkt', 'k', path, { partSize }).then(
      (result) => result.verifiedBy,
      (error: unknown) => error,
    )
    if (read instanceof Error || got instanceof Error) return [read, got]
    expect((await readFile(path)).equals(content)).toBe(true)
    return [reader.verifiedBy, got]
  }

  it('is compared by the parts that the store tells, page by page', async () => {
    const answer = (etag: string, marker: string | undefined): Answer =>
      marker === undefined
        ? attributes(etag, sizes.slice(0, 2), 2)
        : attributes(etag, sizes.slice(2))
    expect(await verifiedBy({ parts: sizes, answer })).toEqual(['sha256', 'sha256'])
  })

  it('fails where the content is another one', async () => {
    const bytes = Buffer.from(content)
    bytes[2 * mebibyte] = 1 + (bytes[2 * mebibyte] ?? 0)
    const answer = (etag: string): Answer => attributes(etag, sizes)
    expect(await verifiedBy({ parts: sizes, answer, bytes })).toMatchObject([integrity, integrity])
  })

  it('of parts of many sizes is compared in one stream, of a file when it is there', async () => {
    const uneven = [
      [1000, 2 * mebibyte, mebibyte - 1000],
      [mebibyte, 2 * mebibyte],
      [mebibyte, 2 * mebibyte - 10, 10],
      [mebibyte / 2, mebibyte / 2, mebibyte, mebibyte],
    ]
    for (const parts of uneven) {
      const answer = (etag: string): Answer => attributes(etag, parts)
      for (const partSize of [undefined, parts[0] === 1000 ? mebibyte : parts[0]]) {
        expect(await verifiedBy({ parts, answer, partSize })).toEqual(['sha256', 'sha256'])
        const bytes = Buffer.from(content)
        bytes[2 * mebibyte] = 1 + (bytes[2 * mebibyte] ?? 0)
        const both = await verifiedBy({ parts, answer, bytes, partSize })
        expect(both).toMatchObject([integrity, integrity])
      }
    }
  })

  it.each<[string, Facts['answer']]>([
    ['the operation is taken for GetObject', () => undefined],
    ['it may not be asked for', () => storeError(403, 'AccessDenied')],
    ['it is not there', () => storeError(501, 'NotImplemented')],
    ['the answer is something else', () => ({ status: 200, body: '<html></html>' })],
    ['no parts are told', (etag) => attributes(etag, [])],
    ['the parts are of another object', () => attributes('other', sizes)],
    ['the parts are not all', (etag) => attributes(etag, sizes.slice(1))],
    ['the pages go in circles', (etag) => attributes(etag, sizes, 2)],
  ])('is not compared where %s', async (_case, answer) => {
    expect(await verifiedBy({ parts: sizes, answer })).toEqual(['length', 'length'])
  })

  it('is compared by more readers at a time than there are connections', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const sum = compositeOf(content, sizes)
    const { etag } = store.place('/bkt/k', content, { 'x-amz-checksum-sha256': sum })
    store.mischief = ({ headers }) =>
      headers['x-amz-object-attributes'] === undefined ? undefined : attributes(etag, sizes)
    const readOne = async (): Promise<unknown> => {
      const reader = await client.getObject('bkt', 'k', { verify: true })
      let bytes = 0
      for await (const chunk of reader) bytes += chunk.length
      return [reader.verifiedBy, bytes]
    }
    const all = await Promise.all(Array.from({ length: 66 }, readOne))
    expect(all).toEqual(all.map(() => ['sha256', content.length]))
  })

  it('of nothing is compared as well', async () => {
    await using store = await PartStore.start()
    await using client = clientOf(store.endpoint)
    const nothing = Buffer.alloc(0)
    const sum = compositeOf(nothing, [0])
    const { etag } = store.place('/bkt/k', nothing, { 'x-amz-checksum-sha256': sum })
    store.mischief = ({ headers }) =>
      headers['x-amz-object-attributes'] === undefined ? undefined : attributes(etag, [0])
    const reader = await client.getObject('bkt', 'k', { verify: true })
    expect([reader.verifiedBy, (await reader.bytes()).length]).toEqual(['sha256', 0])
  })
})
