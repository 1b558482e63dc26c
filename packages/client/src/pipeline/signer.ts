import {
  amzDate,
  canonicalQuery,
  ChunkSigner,
  emptySha256,
  payloadMarkers,
  signHeaders,
  SigningKey,
  type QueryPair,
} from '@stowage/protocol'
import { checkNotEmpty, checkRecord, checkText } from '../checks.ts'
import type { Credentials } from '../credentials/credentials-provider.ts'
import type { Address } from './endpoint.ts'
import type { CallOptions } from '../options.ts'
import type { Method } from '../transport/transport.ts'

/** The time of a request in the form that is signed. */
export interface SigningTime {
  readonly amzDate: string
  readonly day: string
}

/** What is signed, apart from its place and time. */
export interface Signable {
  readonly method: Method
  readonly query: string
  /** Gains the headers of the signature. */
  readonly headers: Record<string, string>
  readonly payloadHash: string
}

/** Signs requests; keeps the derived key and the formatted second, which rarely change. */
export class Signer {
  #key: SigningKey | undefined
  #secretOfKey = ''
  #second = Number.NaN
  #time: SigningTime = { amzDate: '', day: '' }

  timeOf(nowMs: number): SigningTime {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      const text = amzDate(new Date(nowMs))
      this.#second = second
      this.#time = { amzDate: text, day: text.slice(0, 8) }
    }
    return this.#time
  }

  keyOf(credentials: Credentials, day: string, region: string): SigningKey {
    const { secretKey } = credentials
    const kept = this.#key
    const fits =
      kept?.scope.day === day && kept.scope.region === region && this.#secretOfKey === secretKey
    if (fits) return kept
    this.#secretOfKey = secretKey
    return (this.#key = new SigningKey(secretKey, { day, region, service: 's3' }))
  }

  /**
   * Adds date, payload hash, token and Authorization to the headers of a request.
   *
   * @returns the signature, from which those of chunks go on
   */
  sign(
    request: Signable,
    address: Address,
    region: string,
    credentials: Credentials,
    nowMs: number,
  ): string {
    const time = this.timeOf(nowMs)
    const { headers, payloadHash } = request
    headers['x-amz-date'] = time.amzDate
    headers['x-amz-content-sha256'] = payloadHash
    if (credentials.sessionToken !== undefined) {
      headers['x-amz-security-token'] = credentials.sessionToken
    }
    const key = this.keyOf(credentials, time.day, region)
    const { authorization, signature } = signHeaders(key, credentials.accessKey, {
      method: request.method,
      path: address.path,
      query: request.query,
      headers,
      amzDate: time.amzDate,
      payloadHash,
    })
    headers['authorization'] = authorization
    return signature
  }

  /** Signs the chunks of a body whose request has just been signed. */
  chunkSigner(
    seedSignature: string,
    region: string,
    credentials: Credentials,
    nowMs: number,
  ): ChunkSigner {
    const { amzDate, day } = this.timeOf(nowMs)
    return new ChunkSigner({ key: this.keyOf(credentials, day, region), amzDate, seedSignature })
  }
}

/** The query as it is sent and signed; empty for none. */
export function queryText(
  own: readonly QueryPair[] | undefined,
  extra: CallOptions['extraQueryParams'],
): string {
  if (extra === undefined) return own === undefined ? '' : canonicalQuery(own)
  return canonicalQuery([...(own ?? []), ...queryPairs(extra)])
}

/** A caller's parameters as pairs. */
export function queryPairs(extra: CallOptions['extraQueryParams']): readonly QueryPair[] {
  if (extra === undefined) return []
  if (!Array.isArray(extra)) checkRecord('extraQueryParams', extra)
  const pairs: readonly unknown[] = Array.isArray(extra) ? extra : Object.entries(extra)
  return pairs.map((pair) => {
    const [name, value]: readonly unknown[] = Array.isArray(pair) ? pair : []
    checkNotEmpty('extraQueryParams', name)
    checkText('extraQueryParams', name)
    checkText(`extraQueryParams.${name}`, value)
    return [name, value]
  })
}

/** The payload hash of a request without a body, and of one that is left to TLS. */
export const noPayload: string = emptySha256
export const unsignedPayload: string = payloadMarkers.unsigned
