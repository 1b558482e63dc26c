import { createHash } from 'node:crypto'
import {
  isS3Error,
  type CallOptions,
  type Client,
  type ClientOptions,
  type ObjectReader,
  type PutObjectOptions,
} from 'stowage'

/** What one case works with. */
export interface Trial {
  /** Of the case's own, through the proxy. */
  readonly client: Client
  /** Straight to the store, to prepare it and to look at it. */
  readonly store: Client
  /** Of the case's own where the operation asks for one, else `shared`. */
  readonly bucket: string
  /** Of the case's own. */
  readonly key: string
  /** Of the case's own, for files. */
  readonly folder: string
  /** What the case gives to each call. */
  readonly call: CallOptions
  /** Closes the client, and the dispatcher that it was given. */
  close(): Promise<void>
}

/** One line of the table: a method of the client, in one of the ways it works. */
export interface Operation {
  /** The method, and after a comma what is special. */
  readonly name: string
  /** `own`: a new bucket for each case. Default: one bucket for all, and a key for each case. */
  readonly bucket?: 'own' | 'locked' | undefined
  prepare?(trial: Trial): Promise<unknown>
  run(trial: Trial): Promise<unknown>
  /** Whether a result is the right one. */
  isRight(result: unknown, trial: Trial): boolean | Promise<boolean>
  /**
   * What must hold of a result although the answer was damaged on its way. Default: nothing, as
   * nothing beside such an answer tells what it should say.
   */
  isSound?(result: unknown, trial: Trial): boolean | Promise<boolean>
  /** What the method gives when the store says that there is no such thing; it throws without. */
  isAbsence?(result: unknown): boolean
  /** What it gives when the store denies a question, as it does when the signature got lost. */
  isDenial?(result: unknown): boolean
  /** What the operation changes, as text: before and after each case it is looked at. */
  state?(trial: Trial): Promise<string>
  /** Whether it reads or writes a file, so that a case needs a folder. */
  readonly usesFiles?: boolean | undefined
  /** Whether the answer has no end of its own. */
  readonly isEndless?: boolean | undefined
  /** Whether the operation is about incomplete uploads, which then are no leak. */
  readonly isOfUploads?: boolean | undefined
  /**
   * Whether it acts on what an earlier answer says, so that one that was damaged may make it do
   * nothing.
   */
  readonly actsOnAnswers?: boolean | undefined
  /** Whether it refuses arguments that do not fit what an answer says, which may be damaged. */
  readonly checksArgumentsLate?: boolean | undefined
  /** More options of the client. A dispatcher is closed with it. */
  optionsFor?(endpoint: string): Partial<ClientOptions>
  /** Milliseconds of one case, roughly, where it moves megabytes. Default 1. */
  readonly weight?: number | undefined
}

/** What is in the shared bucket from the beginning. */
export interface SourceObject {
  readonly key: string
  readonly bytes: Buffer
  readonly options?: PutObjectOptions
}

export const sharedBucket = 'shared'
export const lockedBucket = 'locked'
/** An object that each client reads after its case. */
export const witnessKey = 'witness'

/** Bytes of which no two stretches are alike. */
export function content(name: string, bytes: number): Buffer {
  const pieces: Buffer[] = []
  for (let index = 0; index * 32 < bytes; index++) {
    pieces.push(createHash('sha256').update(`${name} ${index}`).digest())
  }
  return Buffer.concat(pieces).subarray(0, bytes)
}

export const oldBytes: Buffer = content('old', 80)
export const newBytes: Buffer = content('new', 96)

/** What was read of an object, and what the client says that it was compared with. */
export interface Read {
  readonly bytes: Uint8Array
  readonly verifiedBy: string | undefined
}

export async function readAll(reader: ObjectReader): Promise<Read> {
  const bytes = await reader.bytes()
  return { bytes, verifiedBy: reader.verifiedBy }
}

export const isReadOf =
  (expected: Buffer) =>
  (result: unknown): boolean =>
    expected.equals((result as Read).bytes)

/** Content that was compared with a checksum or an ETag is right; with its length it may not be. */
export const isReadOrUnverified =
  (expected: Buffer) =>
  (result: unknown): boolean =>
    expected.equals((result as Read).bytes) || (result as Read).verifiedBy === 'length'

export const nothing = (result: unknown): boolean => result === undefined

/** An object's content, or the code of the store's refusal. */
export async function storedContent({ store, bucket, key }: Trial): Promise<string> {
  try {
    const bytes = await (await store.getObject(bucket, key)).bytes()
    return bytes.length > 4096
      ? createHash('sha256').update(bytes).digest('hex')
      : Buffer.from(bytes).toString('base64')
  } catch (error) {
    if (isS3Error(error)) return error.code
    throw error
  }
}

/** What a reading says, as text; the code where the store refuses it. */
export async function asText(reading: Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await reading) ?? 'nothing'
  } catch (error) {
    if (isS3Error(error)) return error.code
    throw error
  }
}

/** Puts the old object. */
export const withOldObject = ({ store, bucket, key }: Trial): Promise<unknown> =>
  store.putObject(bucket, key, oldBytes, { contentType: 'text/plain' })
