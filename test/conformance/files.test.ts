import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { IntegrityError, InvalidArgumentError, type Progress, type UploadState } from 'stowage'
import { conformance } from './harness/conformance.ts'
import {
  contentOf,
  digest,
  keysOf,
  mebibyte,
  partSize,
  pattern,
  refusal,
  rejection,
} from './harness/content.ts'

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-files-'))
  try {
    await body(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

conformance('fPutObject', (defineCase) => {
  defineCase('stores files of the sizes at the edges of a part', async ({ client, bucket }) => {
    const name = await bucket()
    await withFolder(async (folder) => {
      const path = join(folder, 'ä b#%20?.bin')
      for (const size of [0, 1, partSize - 1, partSize, partSize + 1, 11 * mebibyte]) {
        const content = pattern(size)
        await writeFile(path, content)
        const { etag } = await client.fPutObject(name, 'a', path, {
          partSize,
          metadata: { b: 'c' },
        })
        const parts = Math.ceil(size / partSize)
        expect(/-(\d+)$/.exec(etag)?.[1], `${size}`).toBe(parts > 1 ? `${parts}` : undefined)
        expect(digest(await contentOf(client, name, 'a')), `${size}`).toBe(digest(content))
        expect({ ...(await client.statObject(name, 'a')).metadata }).toEqual({ b: 'c' })
      }
    })
  })

  defineCase('goes on where it was cut', async ({ client, bucket }) => {
    const name = await bucket()
    await withFolder(async (folder) => {
      const path = join(folder, 'a')
      const content = pattern(11 * mebibyte)
      await writeFile(path, content)
      const controller = new AbortController()
      const reason = new Error('cut')
      let state: UploadState | undefined
      const cut = client.fPutObject(name, 'a', path, {
        partSize,
        concurrency: 1,
        signal: controller.signal,
        onState: (told) => {
          state = told
          if (told.parts.length === 1) controller.abort(reason)
        },
      })
      expect(await rejection(cut)).toBe(reason)
      expect(await keysOf(client, name)).toEqual([])
      const resumeFrom = JSON.parse(JSON.stringify(state)) as UploadState
      expect(resumeFrom.parts).toHaveLength(1)
      const { etag } = await client.fPutObject(name, 'a', path, { resumeFrom })
      expect(etag.endsWith('-3')).toBe(true)
      expect(digest(await contentOf(client, name, 'a'))).toBe(digest(content))
      expect(await client.listIncompleteUploads(name).toArray()).toEqual([])
    })
  })

  defineCase('does not go on with another file, or for another key', async ({ client, bucket }) => {
    const name = await bucket()
    await withFolder(async (folder) => {
      const path = join(folder, 'a')
      await writeFile(path, pattern(6 * mebibyte))
      const states: UploadState[] = []
      const onState = (state: UploadState): number => states.push(state)
      await client.fPutObject(name, 'a', path, { partSize, onState })
      const resumeFrom = states[0]
      const elsewhere = client.fPutObject(name, 'b', path, { resumeFrom })
      expect(await rejection(elsewhere)).toBeInstanceOf(InvalidArgumentError)
      await utimes(path, 1, 1)
      const changed = client.fPutObject(name, 'a', path, { resumeFrom })
      expect(await rejection(changed)).toBeInstanceOf(IntegrityError)
    })
  })

  defineCase('needs a file', async ({ client, bucket }) => {
    const name = await bucket()
    await withFolder(async (folder) => {
      const missing = client.fPutObject(name, 'a', join(folder, 'missing'))
      expect(await rejection(missing)).toMatchObject({ code: 'ENOENT' })
      expect(await rejection(client.fPutObject(name, 'a', folder))).toBeInstanceOf(Error)
      expect(await keysOf(client, name)).toEqual([])
    })
  })
})

conformance('fGetObject', (defineCase) => {
  defineCase('gives files back, small and large', async ({ client, bucket }) => {
    const name = await bucket()
    await withFolder(async (folder) => {
      for (const size of [0, 1, 11 * mebibyte]) {
        const path = join(folder, `of-${size}`)
        const content = pattern(size)
        await client.putObject(name, 'a', content, { partSize, contentType: 'text/x-a' })
        const told: Progress[] = []
        const result = await client.fGetObject(name, 'a', path, {
          partSize: mebibyte,
          onProgress: (progress) => told.push(progress),
        })
        expect(result).toMatchObject({ sizeBytes: size, contentType: 'text/x-a' })
        expect(told.at(-1)?.transferred ?? 0).toBe(size)
        expect(digest(await readFile(path)), `${size}`).toBe(digest(content))
      }
      expect(await readdir(folder)).toHaveLength(3)
    })
  })

  defineCase('leaves the old file until the new one is whole', async ({ client, bucket }) => {
    const name = await bucket()
    await withFolder(async (folder) => {
      const path = join(folder, 'a')
      const content = pattern(4 * mebibyte)
      await writeFile(path, 'the old one, which stays')
      await client.putObject(name, 'a', content)
      const missing = client.fGetObject(name, 'absent', path)
      expect(await refusal(missing)).toBe('404 NoSuchKey')
      const controller = new AbortController()
      const reason = new Error('cut')
      const during: string[] = []
      const cut = client.fGetObject(name, 'a', path, {
        partSize: mebibyte,
        concurrency: 1,
        signal: controller.signal,
        onProgress: ({ part }) => {
          during.push(`${part}`)
          if (part === 2) controller.abort(reason)
        },
      })
      expect(await rejection(cut)).toBe(reason)
      expect(during).toEqual(['1', '2'])
      expect((await readFile(path)).toString()).toBe('the old one, which stays')
      expect(await readdir(folder)).toEqual(['a'])
      await client.fGetObject(name, 'a', path)
      expect(digest(await readFile(path))).toBe(digest(content))
      expect(await readdir(folder)).toEqual(['a'])
    })
  })

  defineCase('goes on where it was cut', async ({ client, bucket }) => {
    const name = await bucket()
    await withFolder(async (folder) => {
      const path = join(folder, 'a')
      const content = pattern(4 * mebibyte)
      await client.putObject(name, 'a', content)
      const options = { partSize: mebibyte, concurrency: 1, resume: true }
      const controller = new AbortController()
      const cut = client.fGetObject(name, 'a', path, {
        ...options,
        signal: controller.signal,
        onProgress: ({ part }) => {
          if (part === 2) controller.abort(new Error('cut'))
        },
      })
      expect(await rejection(cut)).toBe(controller.signal.reason)
      expect(await readdir(folder)).not.toEqual([])
      const requests: string[] = []
      const second = client.fGetObject(name, 'a', path, {
        ...options,
        onProgress: ({ transferred }) => requests.push(`${transferred}`),
      })
      await second
      expect(requests.at(-1)).toBe(`${content.length}`)
      expect(digest(await readFile(path))).toBe(digest(content))
      expect(await readdir(folder)).toEqual(['a'])
    })
  })

  defineCase('does not mix what it has with another object', async ({ client, bucket }) => {
    const name = await bucket()
    await withFolder(async (folder) => {
      const path = join(folder, 'a')
      const options = { partSize: mebibyte, concurrency: 1, resume: true }
      await client.putObject(name, 'a', pattern(4 * mebibyte, 1))
      const controller = new AbortController()
      const cut = client.fGetObject(name, 'a', path, {
        ...options,
        signal: controller.signal,
        onProgress: () => controller.abort(new Error('cut')),
      })
      expect(await rejection(cut)).toBe(controller.signal.reason)
      const content = pattern(4 * mebibyte, 2)
      await client.putObject(name, 'a', content)
      await client.fGetObject(name, 'a', path, options)
      expect(digest(await readFile(path))).toBe(digest(content))
    })
  })

  defineCase('fails when the object is replaced meanwhile', async ({ client, bucket }) => {
    const name = await bucket()
    await withFolder(async (folder) => {
      const path = join(folder, 'a')
      await client.putObject(name, 'a', pattern(8 * mebibyte, 1))
      await client.putObject(name, 'b', pattern(8 * mebibyte, 2))
      let replaced: Promise<unknown> | undefined
      // The part that reports waits for nobody: slow enough ranges follow, one by one.
      const get = client.fGetObject(name, 'a', path, {
        partSize: 64 * 1024,
        concurrency: 1,
        onProgress: () => {
          // A copy, which takes no longer than a few of the ranges.
          replaced ??= client.copyObject(name, 'a', `${name}/b`)
        },
      })
      expect(await refusal(get)).toBe('412 PreconditionFailed')
      await replaced
      expect(await readdir(folder)).toEqual([])
    })
  })

  defineCase(
    'reads the version that is asked for',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const { versionId } = await client.putObject(name, 'a', 'first')
      await client.putObject(name, 'a', 'second')
      await withFolder(async (folder) => {
        const path = join(folder, 'new folder', 'a')
        await client.fGetObject(name, 'a', path, { versionId })
        expect((await readFile(path)).toString()).toBe('first')
      })
    },
    { needs: ['versions'] },
  )

  defineCase(
    'goes where the caller says, whatever the key looks like',
    async ({ client, bucket }) => {
      const name = await bucket()
      await withFolder(async (folder) => {
        for (const key of ['../../up', '/etc/stowage', 'a/../b', '..']) {
          await client.putObject(name, key, key)
          await client.fGetObject(name, key, join(folder, 'inner', 'a'))
          expect((await readFile(join(folder, 'inner', 'a'))).toString()).toBe(key)
        }
        expect(await readdir(folder)).toEqual(['inner'])
        expect(await readdir(join(folder, 'inner'))).toEqual(['a'])
      })
    },
    { needs: ['hostile keys'] },
  )

  defineCase(
    'gives the version that is asked for, whole, though it is replaced meanwhile',
    async ({ client, bucket }) => {
      const name = await bucket()
      await client.enableBucketVersioning(name)
      const content = pattern(4 * mebibyte, 1)
      const { versionId } = await client.putObject(name, 'a', content)
      await withFolder(async (folder) => {
        const path = join(folder, 'a')
        let replaced: Promise<unknown> | undefined
        await client.fGetObject(name, 'a', path, {
          versionId,
          partSize: 64 * 1024,
          concurrency: 2,
          onProgress: () => {
            replaced ??= client.putObject(name, 'a', pattern(4 * mebibyte, 2))
          },
        })
        await replaced
        expect(digest(await readFile(path))).toBe(digest(content))
      })
    },
    { needs: ['versions'] },
  )

  defineCase('does not replace a folder', async ({ client, bucket }) => {
    const name = await bucket()
    await client.putObject(name, 'a', 'a')
    await withFolder(async (folder) => {
      const get = client.fGetObject(name, 'a', folder)
      expect(await rejection(get)).toBeInstanceOf(InvalidArgumentError)
    })
  })
})
