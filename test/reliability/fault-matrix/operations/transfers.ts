import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  content,
  isReadOf,
  isReadOrUnverified,
  newBytes,
  oldBytes,
  storedContent,
  withOldObject,
  type Operation,
  type SourceObject,
  type Trial,
} from '../operation.ts'

const mebibyte = 1024 * 1024
const partSize = 5 * mebibyte
/** Two parts: the smallest that stores take, and the rest. */
const large = content('large', partSize + 64)
/** Three ranges of the smallest size. */
const ranged = content('ranged', 150 * 1024)
const rangeBytes = 64 * 1024

const largeKey = 'large'
const rangedKey = 'ranged'
const checkedKey = 'checked'

/** What the transfers read; for the shared bucket. */
export const sourceObjects: readonly SourceObject[] = [
  { key: largeKey, bytes: large },
  { key: rangedKey, bytes: ranged },
  { key: checkedKey, bytes: ranged, options: { checksum: 'CRC32C' } },
]

async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += mebibyte) yield bytes.subarray(at, at + mebibyte)
}

const multipartEtag = (parts: readonly Buffer[]): string => {
  const sums = parts.map((part) => createHash('md5').update(part).digest())
  return `${createHash('md5').update(Buffer.concat(sums)).digest('hex')}-${parts.length}`
}
const largeEtag = multipartEtag([large.subarray(0, partSize), large.subarray(partSize)])
const isLarge = (result: unknown): boolean => Reflect.get(Object(result), 'etag') === largeEtag

const inParts = { partSize, concurrency: 1 } as const

const target = ({ folder }: Trial): string => join(folder, 'file')

/** The file at the target, and that nothing lies beside it. */
async function fileState(trial: Trial): Promise<string> {
  const names = await readdir(trial.folder)
  if (names.length === 0) return 'no file'
  const bytes = await readFile(target(trial))
  return `${names.join(', ')}: ${createHash('sha256').update(bytes).digest('hex')}`
}

const withOldFile = (trial: Trial): Promise<void> => writeFile(target(trial), oldBytes)

/** A download of three ranges. */
const inRanges = (name: string, key: string): Operation => ({
  name,
  usesFiles: true,
  prepare: withOldFile,
  run: async (trial) => {
    const options = { ...trial.call, partSize: rangeBytes, concurrency: 1 }
    const { client, bucket } = trial
    const { verifiedBy } = await client.fGetObject(bucket, key, target(trial), options)
    return { bytes: await readFile(target(trial)), verifiedBy }
  },
  isRight: isReadOf(ranged),
  isSound: isReadOrUnverified(ranged),
  state: fileState,
  weight: 3,
})

/** Transfers that take more than one request. */
export const transferOperations: readonly Operation[] = [
  {
    name: 'fPutObject',
    usesFiles: true,
    prepare: async (trial) => {
      await withOldObject(trial)
      await writeFile(target(trial), newBytes)
    },
    run: (trial) => trial.client.fPutObject(trial.bucket, trial.key, target(trial), trial.call),
    isRight: (result) =>
      Reflect.get(Object(result), 'etag') === createHash('md5').update(newBytes).digest('hex'),
    state: storedContent,
  },
  {
    name: 'fGetObject',
    usesFiles: true,
    prepare: async (trial) => {
      await withOldFile(trial)
      await trial.store.putObject(trial.bucket, trial.key, newBytes)
    },
    run: async (trial) => {
      const { client, bucket, key, call } = trial
      const { verifiedBy } = await client.fGetObject(bucket, key, target(trial), call)
      return { bytes: await readFile(target(trial)), verifiedBy }
    },
    isRight: isReadOf(newBytes),
    isSound: isReadOrUnverified(newBytes),
    state: fileState,
  },
  inRanges('fGetObject, in ranges', checkedKey),
  inRanges('fGetObject, in ranges without a checksum', rangedKey),
  {
    name: 'putObject, in parts',
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) =>
      client.putObject(bucket, key, piecesOf(large), { ...call, ...inParts }),
    isRight: isLarge,
    state: storedContent,
    weight: 100,
  },
  {
    name: 'fPutObject, in parts',
    usesFiles: true,
    prepare: async (trial) => {
      await withOldObject(trial)
      await writeFile(target(trial), large)
    },
    run: (trial) =>
      trial.client.fPutObject(trial.bucket, trial.key, target(trial), {
        ...trial.call,
        ...inParts,
      }),
    isRight: isLarge,
    state: storedContent,
    weight: 120,
  },
  {
    name: 'copyObject, in parts',
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) =>
      client.copyObject(bucket, key, `/${bucket}/${largeKey}`, { ...call, ...inParts }),
    isRight: isLarge,
    state: storedContent,
    weight: 60,
  },
  {
    name: 'composeObject',
    checksArgumentsLate: true,
    prepare: withOldObject,
    run: ({ client, bucket, key, call }) =>
      client.composeObject(
        bucket,
        key,
        [
          { bucket, object: largeKey, offset: 0, length: partSize },
          { bucket, object: largeKey, offset: partSize, length: 64 },
        ],
        { ...call, ...inParts },
      ),
    isRight: isLarge,
    state: storedContent,
    weight: 60,
  },
]
