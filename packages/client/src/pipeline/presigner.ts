import {
  maxPresignSeconds,
  presignQuery,
  signPostPolicy,
  type QueryPair,
  type SigningKey,
} from '@stowage/protocol'
import { checkDate } from '../checks.ts'
import type { CachedCredentials } from '../credentials/cached-credentials.ts'
import type { Credentials } from '../credentials/credentials-provider.ts'
import type { Endpoint } from './endpoint.ts'
import { InvalidArgumentError } from '../errors.ts'
import {
  encodePostPolicy,
  fixedFields,
  postPolicyContent,
  type PostPolicy,
} from '../request/post-policy.ts'
import {
  checkPresign,
  checkPresignQuery,
  type PresignedPost,
  type PresignedRequest,
  type PresignOptions,
  type PresignPostOptions,
  type PresignRequest,
} from '../request/presign-request.ts'
import type { RegionLookup } from './region-lookup.ts'
import { orAborted } from './abortable.ts'
import { queryPairs, type Signer, type SigningTime } from './signer.ts'
import type { StoreClock } from './store-clock.ts'

/** What a signature is made with, apart from what it covers. */
interface Signing {
  readonly credentials: Credentials
  readonly key: SigningKey
  readonly region: string
  readonly time: SigningTime
}

/** Makes presigned URLs and forms; nothing is sent. */
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

  /** Like `request`, for those who need no headers. */
  async url(request: PresignRequest, options: PresignOptions): Promise<string> {
    return (await this.request(request, options)).url
  }

  /**
   * @throws InvalidArgumentError without credentials: an anonymous URL is no secret
   */
  async request(request: PresignRequest, options: PresignOptions): Promise<PresignedRequest> {
    const expirySeconds = checkPresign(options)
    const query: QueryPair[] = [...request.query, ...queryPairs(options.extraQueryParams)]
    checkPresignQuery(query)
    const { method, bucket, object, headers } = request
    const { key, credentials, region, time } = await this.#signing(bucket, options)
    const { origin, host, path } = this.#endpoint.address(bucket, object, region)
    const text = presignQuery(key, credentials, {
      method,
      path,
      query,
      headers: { ...headers, host },
      amzDate: time.amzDate,
      expirySeconds,
    })
    return { method, url: `${origin}${path}?${text}`, headers }
  }

  /** @throws InvalidArgumentError for a policy that lacks something or expires too late */
  async postPolicy(policy: PostPolicy, options: PresignPostOptions): Promise<PresignedPost> {
    const content = postPolicyContent(policy)
    const { bucket, expires } = content
    if (options.requestDate !== undefined) checkDate('requestDate', options.requestDate)
    const lifeMs = expires.getTime() - this.#nowMs(options)
    if (!(lifeMs > 0 && lifeMs <= maxPresignSeconds * 1000)) {
      throw new InvalidArgumentError('expires', 'must lie ahead, by seven days at most')
    }
    const { key, credentials, region, time } = await this.#signing(bucket, options)
    const signing: Record<string, string> = {
      'x-amz-algorithm': 'AWS4-HMAC-SHA256',
      'x-amz-credential': `${credentials.accessKey}/${key.credentialScope}`,
      'x-amz-date': time.amzDate,
    }
    if (credentials.sessionToken !== undefined) {
      signing['x-amz-security-token'] = credentials.sessionToken
    }
    const text = encodePostPolicy(content, signing)
    const { origin, path } = this.#endpoint.address(bucket, undefined, region)
    const fields = {
      ...fixedFields(content),
      ...signing,
      policy: text,
      'x-amz-signature': signPostPolicy(key, text),
    }
    return { url: `${origin}${path}`, fields }
  }

  async #signing(bucket: string, options: PresignPostOptions): Promise<Signing> {
    const found = this.#credentials.get()
    const credentials = found instanceof Promise ? await orAborted(found, options.signal) : found
    if (!credentials) {
      throw new InvalidArgumentError('credentials', 'are needed to sign a URL')
    }
    const known = options.region ?? this.#regions.known(bucket, options)
    const region = typeof known === 'string' ? known : await known
    const time = this.#signer.timeOf(this.#nowMs(options))
    return { credentials, region, time, key: this.#signer.keyOf(credentials, time.day, region) }
  }

  #nowMs(options: PresignPostOptions): number {
    return options.requestDate?.getTime() ?? this.#clock.nowMs()
  }
}
