import { presignQuery, type QueryPair } from '@stowage/protocol'
import type { CachedCredentials } from '../credentials/cached-credentials.ts'
import type { Endpoint } from './endpoint.ts'
import { InvalidArgumentError } from '../errors.ts'
import {
  checkPresign,
  type PresignOptions,
  type PresignRequest,
} from '../request/presign-request.ts'
import type { RegionLookup } from './region-lookup.ts'
import { checkCall } from './call-check.ts'
import { orAborted } from './abortable.ts'
import { queryPairs, type Signer } from './signer.ts'
import type { StoreClock } from './store-clock.ts'

/** Makes presigned URLs; nothing is sent. */
export class Presigner {
  readonly #endpoint: Endpoint
  readonly #credentials: CachedCredentials
  readonly #signer: Signer
  readonly #regions: RegionLookup
  readonly #clock: StoreClock

  /** @param endpoint the one that the holders of the URLs use */
  constructor(
    endpoint: Endpoint,
    credentials: CachedCredentials,
    signer: Signer,
    regions: RegionLookup,
    clock: StoreClock,
  ) {
    this.#endpoint = endpoint
    this.#credentials = credentials
    this.#signer = signer
    this.#regions = regions
    this.#clock = clock
  }

  /**
   * @throws InvalidArgumentError without credentials: an anonymous URL is no secret
   */
  async url(request: PresignRequest, options: PresignOptions): Promise<string> {
    const expirySeconds = checkPresign(options)
    checkCall(options)
    const found = this.#credentials.get()
    const credentials = found instanceof Promise ? await orAborted(found, options.signal) : found
    if (!credentials) {
      throw new InvalidArgumentError('credentials', 'are needed to sign a URL')
    }
    const known = options.region ?? this.#regions.known(request.bucket, options)
    const region = typeof known === 'string' ? known : await known
    const { origin, host, path } = this.#endpoint.address(request.bucket, request.object, region)
    const time = this.#signer.timeOf(options.requestDate?.getTime() ?? this.#clock.nowMs())
    const query: QueryPair[] = [...request.query, ...queryPairs(options.extraQueryParams)]
    const text = presignQuery(this.#signer.keyOf(credentials, time.day, region), credentials, {
      method: request.method,
      path,
      query,
      headers: { ...request.headers, host },
      amzDate: time.amzDate,
      expirySeconds,
    })
    return `${origin}${path}?${text}`
  }
}
