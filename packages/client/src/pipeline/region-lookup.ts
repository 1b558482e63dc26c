import { decodeXml, locationDocument, regionOfLocation } from '@stowage/protocol'
import type { Endpoint } from './endpoint.ts'
import { S3Error } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import type { Regions } from './regions.ts'
import { replyText } from '../request/reply.ts'
import type { RequestDescription, S3Request, Send } from '../request/request.ts'

/** GetBucketLocation, in path style: the bucket's own host may be that of another region. */
function getBucketLocation(bucket: string): S3Request<string> {
  return {
    operation: 'GetBucketLocation',
    method: 'GET',
    bucket,
    query: [['location', '']],
    idempotent: true,
    pathStyle: true,
    read: (reply) => regionOfLocation(decodeXml(locationDocument, replyText(reply))),
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

/** Finds out regions: from refusals, and by asking where those say nothing. */
export class RegionLookup {
  readonly #regions: Regions
  readonly #endpoint: Endpoint
  readonly #send: Send

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
    return this.#ask(bucket, guess.region, options).then(() => this.#regions.of(bucket).region)
  }

  /** Whether a refusal taught another region than the one that was tried. */
  async learnFrom(
    failure: S3Error,
    request: RequestDescription,
    tried: string,
    options: CallOptions,
  ): Promise<boolean> {
    const { bucket, operation } = request
    if (!isRegionTrouble(failure, request)) return false
    if (failure.region !== undefined) return this.#regions.learn(bucket, failure.region, tried)
    if (bucket === undefined) return false
    // These two would be asking about themselves.
    if (operation === 'GetBucketLocation' || operation === 'CreateBucket') return false
    return this.#ask(bucket, tried, options)
  }

  /** A refusal does not fail the call that wanted to know. */
  async #ask(bucket: string, tried: string, options: CallOptions): Promise<boolean> {
    if (this.#regions.fixed !== undefined) return false
    const { signal, timeout } = options
    try {
      const region = await this.#send(getBucketLocation(bucket), { signal, timeout, region: tried })
      return this.#regions.learn(bucket, region, tried)
    } catch (error) {
      signal?.throwIfAborted()
      return error instanceof S3Error && this.#regions.learn(bucket, error.region, tried)
    }
  }
}

/** An answer to HEAD has no document; 400 is what S3 sends there for a wrong region. */
function isRegionTrouble(failure: S3Error, request: RequestDescription): boolean {
  return regionCodes.has(failure.code) || (request.method === 'HEAD' && failure.status === 400)
}
