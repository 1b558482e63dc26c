import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  IntegrityError,
  type ChecksumAlgorithm,
  type ChecksumOptions,
  type ChecksumType,
  type UploadState,
} from 'stowage'
import { conformance } from './harness/conformance.ts'
import {
  contentOf,
  digest,
  keysOf,
  partSize,
  pattern,
  refusal,
  rejection,
} from './harness/content.ts'

const text = '123456789'

/** The check values of the catalogue of CRCs, and what Node's OpenSSL says of the others. */
const sums: Readonly<Record<ChecksumAlgorithm, string>> = {
  CRC32: 'y/Q5Jg==',
  CRC32C: '4waSgw==',
  CRC64NVME: 'rosUhgp5mIg=',
  SHA1: createHash('sha1').update(text).digest('base64'),
  SHA256: createHash('sha256').update(text).digest('base64'),
}
const algorithms = Object.keys(sums) as ChecksumAlgorithm[] // The keys of the record's own type.
const placements = ['header', 'trailer'] as const

const inParts: readonly (readonly [ChecksumAlgorithm, ChecksumType])[] = [
  ['CRC32', 'COMPOSITE'],
  ['CRC32', 'FULL_OBJECT'],
  ['CRC32C', 'COMPOSITE'],
  ['CRC32C', 'FULL_OBJECT'],
  ['CRC64NVME', 'FULL_OBJECT'],
  ['SHA1', 'COMPOSITE'],
  ['SHA256', 'COMPOSITE'],
]
const large = pattern(2 * partSize + 12_345)

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-checksums-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const needs = ['checksums'] as const

conformance('checksum', (defineCase) => {
  for (const placement of placements) {
    defineCase(
      `in a ${placement}: is kept by the store and told by it`,
      async ({ client, bucket }) => {
        const name = await bucket()
        for (const algorithm of algorithms) {
          const lower = algorithm.toLowerCase()
          const checksum: ChecksumOptions = { algorithm, placement }
          const put = await client.putObject(name, algorithm, text, { checksum })
          expect(put.checksums).toEqual({ [lower]: sums[algorithm] })
          const stat = await client.statObject(name, algorithm, { withChecksums: true })
          expect(stat.checksums).toEqual({ [lower]: sums[algorithm] })
          expect([stat.sizeBytes, stat.contentEncoding]).toEqual([text.length, undefined])
          const reader = await client.getObject(name, algorithm, { verify: true })
          expect(reader.verifiedBy).toBe(lower)
          expect(await reader.text()).toBe(text)
        }
      },
      { needs },
    )

    defineCase(
      `in a ${placement}: of an empty object and of a Blob`,
      async ({ client, bucket }) => {
        const name = await bucket()
        const bytes = pattern(200_000)
        const sha256 = createHash('sha256').update(bytes).digest('base64')
        const checksum: ChecksumOptions = { algorithm: 'SHA256', placement }
        const put = await client.putObject(name, 'blob', new Blob([new Uint8Array(bytes)]), {
          checksum,
        })
        expect(put.checksums).toEqual({ sha256 })
        expect((await contentOf(client, name, 'blob')).equals(bytes)).toBe(true)
        const empty = await client.putObject(name, 'empty', '', {
          checksum: { algorithm: 'CRC32', placement },
        })
        expect(empty.checksums).toEqual({ crc32: 'AAAAAA==' })
        expect(await contentOf(client, name, 'empty')).toHaveLength(0)
      },
      { needs },
    )
  }

  defineCase(
    'keeps the content encoding of the object out of the framing',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'k', text, {
        metadata: { 'content-encoding': 'gzip' },
        checksum: { algorithm: 'CRC32C', placement: 'trailer' },
      })
      expect((await client.statObject(name, 'k')).contentEncoding).toBe('gzip')
      expect(await contentOf(client, name, 'k')).toEqual(Buffer.from(text))
    },
    { needs },
  )

  defineCase(
    'of other data is refused, and nothing is stored',
    async ({ client, bucket }) => {
      const name = await bucket()
      for (const algorithm of algorithms) {
        const checksum: ChecksumOptions = { algorithm, value: sums[algorithm] }
        expect(await refusal(client.putObject(name, 'k', 'others', { checksum }))).toMatch(
          /^400 (BadDigest|XAmzContentChecksumMismatch)$/,
        )
        const put = await client.putObject(name, algorithm, text, { checksum })
        expect(put.checksums).toEqual({ [algorithm.toLowerCase()]: sums[algorithm] })
      }
      expect((await keysOf(client, name)).sort()).toEqual([...algorithms].sort())
    },
    { needs },
  )

  for (const [algorithm, type] of inParts) {
    for (const placement of placements) {
      defineCase(
        `of parts, ${algorithm} ${type} in a ${placement}: stands for all bytes`,
        async ({ client, bucket }) => {
          const name = await bucket()
          const lower = algorithm.toLowerCase()
          const checksum: ChecksumOptions = { algorithm, type, placement }
          const put = await client.putObject(name, 'k', large, { partSize, checksum })
          // Ceph makes a full-object checksum of every CRC.
          expect(Object.keys(put.checksums)).toEqual([lower])
          const reader = await client.getObject(name, 'k', { verify: true })
          expect(digest(await reader.bytes())).toBe(digest(large))
          await inFolder(async (folder) => {
            const path = join(folder, 'file')
            const got = await client.fGetObject(name, 'k', path)
            expect(digest(await readFile(path))).toBe(digest(large))
            if (got.checksumType === 'FULL_OBJECT') expect(got.verifiedBy).toBe(lower)
          })
        },
        { needs },
      )
    }
  }

  defineCase(
    'of parts is compared on reading by those parts, where the store tells them',
    async ({ client, bucket }) => {
      const name = await bucket()
      for (const algorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const) {
        const checksum: ChecksumOptions = { algorithm, type: 'COMPOSITE' }
        await client.putObject(name, algorithm, large, { partSize, checksum })
        const reader = await client.getObject(name, algorithm, { verify: true })
        expect(reader.verifiedBy).toBe(algorithm.toLowerCase())
        expect(digest(await reader.bytes())).toBe(digest(large))
        await inFolder(async (folder) => {
          const { verifiedBy } = await client.fGetObject(name, algorithm, join(folder, 'file'))
          expect(verifiedBy).toBe(algorithm.toLowerCase())
        })
      }
    },
    { needs: ['checksums', 'checksums of parts'] },
  )

  defineCase(
    'of the whole, known before, is compared before the parts become an object',
    async ({ client, bucket }) => {
      const name = await bucket()
      const { checksums } = await client.putObject(name, 'a', large, {
        partSize,
        checksum: 'CRC64NVME',
      })
      const right: ChecksumOptions = { algorithm: 'CRC64NVME', value: checksums['crc64nvme'] }
      const again = await client.putObject(name, 'b', large, { partSize, checksum: right })
      expect(again.checksums).toEqual(checksums)
      const wrong: ChecksumOptions = { algorithm: 'CRC64NVME', value: sums.CRC64NVME }
      expect(
        await rejection(client.putObject(name, 'c', large, { partSize, checksum: wrong })),
      ).toBeInstanceOf(IntegrityError)
      expect(await keysOf(client, name)).toEqual(['a', 'b'])
      expect(await client.listIncompleteUploads(name).toArray()).toEqual([])
    },
    { needs },
  )

  defineCase(
    'goes on with an upload that was cut',
    async ({ client, bucket }) => {
      const name = await bucket()
      await inFolder(async (folder) => {
        const path = join(folder, 'file')
        await writeFile(path, large)
        const cut = new AbortController()
        let state: UploadState | undefined
        const options = { partSize, concurrency: 1, checksum: 'CRC32C' } as const
        await rejection(
          client.fPutObject(name, 'k', path, {
            ...options,
            signal: cut.signal,
            onState: (reached) => {
              state = reached
              if (reached.parts.length === 2) cut.abort()
            },
          }),
        )
        const kept = JSON.parse(JSON.stringify(state)) as UploadState // As it was.
        const { checksums } = await client.fPutObject(name, 'k', path, {
          ...options,
          resumeFrom: kept,
        })
        expect(Object.keys(checksums)).toEqual(['crc32c'])
        expect(digest(await contentOf(client, name, 'k'))).toBe(digest(large))
      })
    },
    { needs },
  )

  defineCase(
    'of a copy is the one that was asked for',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'k', text, { checksum: 'CRC32' })
      const copied = await client.copyObject(name, 'copy', `${name}/k`, {
        checksumAlgorithm: 'SHA256',
      })
      expect(copied.checksums).toEqual({ sha256: sums.SHA256 })
      const stat = await client.statObject(name, 'copy', { withChecksums: true })
      expect(stat.checksums).toEqual({ sha256: sums.SHA256 })
    },
    { needs: ['checksums', 'checksums of copies'] },
  )

  defineCase(
    'of a copy in parts, and of a composed object, is made of what the store says of the parts',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.putObject(name, 'k', large, { partSize })
      for (const algorithm of ['CRC64NVME', 'SHA256'] as const) {
        const copied = await client.copyObject(name, algorithm, `${name}/k`, {
          partSize,
          checksumAlgorithm: algorithm,
        })
        const source = { bucket: name, object: 'k' }
        const composed = await client.composeObject(name, `${algorithm}-2`, [source, source], {
          partSize,
          checksumAlgorithm: algorithm,
        })
        const lower = algorithm.toLowerCase()
        for (const [made, object, times] of [
          [copied, algorithm, 1],
          [composed, `${algorithm}-2`, 2],
        ] as const) {
          expect(Object.keys(made.checksums)).toEqual([lower])
          const reader = await client.getObject(name, object, { verify: true })
          expect(reader.verifiedBy).toBe(lower)
          const bytes = Buffer.concat(Array.from({ length: times }, () => large))
          expect(digest(await reader.bytes())).toBe(digest(bytes))
        }
      }
    },
    { needs: ['checksums', 'checksums of parts', 'checksums of copies'] },
  )

  defineCase('is not there where nobody asked for one', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'k', text)
    const reader = await client.getObject(name, 'k')
    expect(reader.verifiedBy).toBe('length')
    expect(await reader.text()).toBe(text)
    const part = await client.getObject(name, 'k', { offset: 2, verify: true })
    expect(part.verifiedBy).toBe('length')
    expect(await part.text()).toBe(text.slice(2))
  })
})
