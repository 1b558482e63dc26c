/** One header; the name in lower case. */
export type HeaderPair = readonly [name: string, value: string]

/** One query parameter, decoded. */
export type QueryPair = readonly [name: string, value: string]

/** What a signature is made with. */
export interface Credentials {
  readonly accessKey: string
  readonly secretKey: string
  readonly sessionToken?: string | undefined
}

/** Where a signature is valid: a day, a region, a service. */
export interface SigningScope {
  /** UTC day as `YYYYMMDD`. */
  readonly day: string
  readonly region: string
  /** `s3` for every request to a store, `sts` for the security token service. */
  readonly service: string
}

export const algorithm = 'AWS4-HMAC-SHA256'

/** SHA-256 of no bytes at all. */
export const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Values of `x-amz-content-sha256` that stand for something else than a hash of the body. */
export const payloadMarkers = {
  unsigned: 'UNSIGNED-PAYLOAD',
  streamingSigned: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  streamingSignedTrailer: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  streamingUnsignedTrailer: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
} as const

/** Signatures of a URL live for at most seven days. */
export const maxPresignSeconds = 604_800
