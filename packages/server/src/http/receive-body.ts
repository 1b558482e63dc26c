import { createHash, type Hash } from 'node:crypto'

import { ChunkedDecoder, ChunkedError } from '@stowage/protocol'

import { S3Failure } from '../failure.ts'
import type { BodyPlan } from './body-plan.ts'
import { ChecksumCheck } from './checksum-claims.ts'

/** What is known of a body that kept every promise. */
export interface ReceivedBody {
  readonly sizeBytes: number
  /** MD5 in hexadecimal; empty unless it was wanted. */
  readonly md5: string
  /** Proven checksums, by header name, in base64. */
  readonly checksums: readonly (readonly [name: string, value: string])[]
}

export interface ReceiveOptions {
  /** Takes the decoded bytes; returns a promise when it wants the sender to wait. */
  readonly sink: (bytes: Uint8Array) => Promise<void> | undefined
  readonly maxBytes: number
  /** Whether the MD5 is wanted also when the sender does not promise one. */
  readonly wantsMd5: boolean
}

/**
 * Reads a body to its end: takes off the framing, hashes, counts, and compares with everything
 * that the sender promised. Data reaches the sink before it is proven, so whoever stores it
 * commits only after this has returned.
 * @throws S3Failure; SenderGoneError when the body is cut short
 */
export async function receiveBody(
  body: { next(): Promise<Uint8Array | undefined> },
  plan: BodyPlan,
  options: ReceiveOptions,
): Promise<ReceivedBody> {
  const receiver = new Receiver(plan, options)
  for (let bytes = await body.next(); bytes !== undefined; bytes = await body.next()) {
    const wait = receiver.take(bytes)
    if (wait !== undefined) await wait
  }
  return receiver.finish()
}

/**
 * A body for whoever reads it by itself, such as a form: the same bytes, and a failure in place of
 * their end when they are not what the sender promised.
 * @throws S3Failure InvalidRequest for a body that is framed
 */
export function checkedBody(
  body: { next(): Promise<Uint8Array | undefined> },
  plan: BodyPlan,
  maxBytes: number,
): { next(): Promise<Uint8Array | undefined> } {
  if (plan.payload.kind === 'streaming') throw new S3Failure('InvalidRequest')
  const receiver = new Receiver(plan, { sink: () => undefined, maxBytes, wantsMd5: false })
  return {
    next: async () => {
      const bytes = await body.next()
      if (bytes === undefined) receiver.finish()
      else await receiver.take(bytes)
      return bytes
    },
  }
}

class Receiver {
  readonly #plan: BodyPlan
  readonly #options: ReceiveOptions
  readonly #decoder: ChunkedDecoder | undefined
  readonly #sha256: Hash | undefined
  readonly #md5: Hash | undefined
  readonly #checksum: ChecksumCheck | undefined
  #sizeBytes = 0

  constructor(plan: BodyPlan, options: ReceiveOptions) {
    this.#plan = plan
    this.#options = options
    const { payload } = plan
    this.#decoder = payload.kind === 'streaming' ? new ChunkedDecoder(payload) : undefined
    this.#sha256 = payload.kind === 'sha256' ? createHash('sha256') : undefined
    this.#md5 = options.wantsMd5 || plan.md5 !== undefined ? createHash('md5') : undefined
    this.#checksum = plan.checksum && new ChecksumCheck(plan.checksum)
  }

  take(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#decoder === undefined) return this.#takeData(bytes)
    const pieces = decoding(() => this.#decoder?.push(bytes) ?? [])
    if (pieces.length < 2) return pieces[0] && this.#takeData(pieces[0])
    return this.#takeAll(pieces)
  }

  async #takeAll(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      const wait = this.#takeData(piece)
      if (wait !== undefined) await wait
    }
  }

  #takeData(bytes: Uint8Array): Promise<void> | undefined {
    this.#sizeBytes += bytes.length
    if (this.#sizeBytes > (this.#plan.sizeBytes ?? this.#options.maxBytes)) {
      throw new S3Failure(this.#plan.sizeBytes === undefined ? 'EntityTooLarge' : 'IncompleteBody')
    }
    this.#sha256?.update(bytes)
    this.#md5?.update(bytes)
    this.#checksum?.update(bytes)
    return this.#options.sink(bytes)
  }

  finish(): ReceivedBody {
    const { payload, sizeBytes, md5, trailers } = this.#plan
    const sent = decoding(() => this.#decoder?.end())
    if (sizeBytes !== undefined && this.#sizeBytes !== sizeBytes) {
      throw new S3Failure('IncompleteBody')
    }
    if (payload.kind === 'sha256' && this.#sha256?.digest('hex') !== payload.hex) {
      throw new S3Failure('XAmzContentSHA256Mismatch')
    }
    const digest = this.#md5?.digest()
    if (md5 !== undefined && digest?.equals(md5) !== true) throw new S3Failure('BadDigest')
    const checksum = this.#checksum?.finish(announced(trailers, sent))
    return {
      sizeBytes: this.#sizeBytes,
      md5: digest?.toString('hex') ?? '',
      checksums: checksum === undefined ? [] : [checksum],
    }
  }
}

/** The trailing headers, which must be the announced ones. */
function announced(
  names: readonly string[],
  sent: ReadonlyMap<string, string> | undefined,
): ReadonlyMap<string, string> {
  const trailers = sent ?? new Map<string, string>()
  const asAnnounced =
    names.every((name) => trailers.has(name)) &&
    [...trailers.keys()].every((name) => names.includes(name))
  if (asAnnounced) return trailers
  throw new S3Failure('MalformedTrailerError', {
    message: 'The trailing headers are not those that x-amz-trailer announces.',
  })
}

function decoding<T>(step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof ChunkedError) throw new S3Failure(error.code, { message: error.message })
    throw error
  }
}
