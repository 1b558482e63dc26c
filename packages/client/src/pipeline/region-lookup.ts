import { decodeXml, locationDocument, regionOfLocation } from '@stowage/protocol'
import { orAborted } from './abortable.ts'
import { Deadline } from './deadline.ts'
import type { Endpoint } from './endpoint.ts'
import { S3Error } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import type { Regions } from './regions.ts'
import type { RequestDescription, S3Request, Send } from '../request/request.ts'

/** GetBucketLocation, in path style: the bucket's own host may be that of another region. */
function getBucketLocation(bucket: string): S3Request<string> {
  return {
    operation: 'GetBucketLocation',
    method: 'GET',
    bucket,
    query: [['location', '']],
    idempotent: true,
    answer: 'document',
    pathStyle: true,
    read: (reply) => regionOfLocation(decodeXml(locationDocument, reply.body)),
  }
}

/** Codes that stores send to a request that was signed for another region. */
const regionCodes: ReadonlySet<string> = new Set([
  'AuthorizationHeaderMalformed',
  'AuthorizationQueryParametersError',
  'IllegalLocationConstraintException',
  'InvalidRegion',
  'PermanentRedirect',
  'TemporaryRedirect',
])

/** A question under way, for all who wait for its answer. */
interface Question {
  /** What the store said; undefined when it refuses to say. */
  readonly region: Promise<string | undefined>
  readonly controller: AbortController
  waiting: number
}

/** Finds out regions: from refusals, and by asking where those say nothing. */
export class RegionLookup {
  readonly #regions: Regions
  readonly #endpoint: Endpoint
  readonly #send: Send
  /** By bucket: first calls mostly come together, and one answer serves them all. */
  readonly #questions = new Map<string, Question>()

  constructor(regions: Regions, endpoint: Endpoint, send: Send) {
    this.#regions = regions
    this.#endpoint = endpoint
    this.#send = send
  }

  /** The region to sign for when no answer can correct it; asks AWS, where it matters. */
  known(bucket: string, options: CallOptions): string | Promise<string> {
    const guess = this.#regions.of(bucket)
    const { isAws, region } = this.#endpoint
    if (!guess.guessed || !isAws || region !== undefined) return guess.region
    return this.#askInTime(bucket, guess.region, options)
  }

  /**
   * Whether a refusal taught another region than the one that was tried.
   *
   * @param signal ends the wait for an answer
   */
  async learnFrom(
    failure: S3Error,
    request: RequestDescription,
    tried: string,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { bucket, operation } = request
    if (!isRegionTrouble(failure, request)) return false
    if (failure.region !== undefined) return this.#regions.learn(bucket, failure.region, tried)
    if (bucket === undefined) return false
    // These two would be asking about themselves.
    if (operation === 'GetBucketLocation' || operation === 'CreateBucket') return false
    const known = this.#regions.of(bucket)
    // Another call has learnt it while this one was under way.
    if (!known.guessed && known.region !== tried) return true
    try {
      return await this.#ask(bucket, tried, signal)
    } catch (error) {
      if (signal?.aborted === true) throw error
      return false // The refusal that raised the question tells more than this failure.
    }
  }

  async #askInTime(bucket: string, tried: string, options: CallOptions): Promise<string> {
    const deadline = Deadline.of(options, 0, 'GetBucketLocation')
    try {
      await this.#ask(bucket, tried, deadline.signal)
    } finally {
      deadline.clear()
    }
    return this.#regions.of(bucket).region
  }

  /** The last who waits for an answer ends the question by going away. */
  async #ask(bucket: string, tried: string, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#regions.fixed !== undefined) return false
    const question = this.#questions.get(bucket) ?? this.#begin(bucket, tried)
    question.waiting++
    try {
      return this.#regions.learn(bucket, await orAborted(question.region, signal), tried)
    } finally {
      if (--question.waiting === 0) {
        if (this.#questions.get(bucket) === question) this.#questions.delete(bucket)
        question.controller.abort()
      }
    }
  }

  /**
   * Who may not ask goes on with the guess, since many may read a bucket without the right to ask
   * where it is. Any other failure is one of the call: a URL signed for a guess would not work.
   */
  #begin(bucket: string, tried: string): Question {
    const controller = new AbortController()
    const { signal } = controller
    const asking = this.#send(getBucketLocation(bucket), { signal, region: tried })
    const region = asking.catch(regionOfRefusal)
    region.catch(() => {}) // Those who wait may have left before.
    const question = { region, controller, waiting: 0 }
    this.#questions.set(bucket, question)
    return question
  }
}

/** Codes of a store that understood the question, and does not answer it. */
const denials: ReadonlySet<string> = new Set(['AccessDenied', 'AllAccessDisabled', 'NoSuchBucket'])

function regionOfRefusal(error: unknown): string | undefined {
  if (error instanceof S3Error && (error.region !== undefined || denials.has(error.code))) {
    return error.region
  }
  throw error
}

/** An answer to HEAD has no document; 400 is what S3 sends there for a wrong region. */
function isRegionTrouble(failure: S3Error, request: RequestDescription): boolean {
  return regionCodes.has(failure.code) || (request.method === 'HEAD' && failure.status === 400)
}
