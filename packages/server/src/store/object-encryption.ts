/** How an object is encrypted: with the server's key, a named key, or one that its sender has. */
export type EncryptionMethod = 'AES256' | 'aws:kms' | 'SSE-C'

/** What is kept of an object's encryption. No key stands here but the sealed one. */
export interface ObjectEncryption {
  readonly method: EncryptionMethod
  /** Of the named key, for `aws:kms`. */
  readonly keyId?: string | undefined
  /** Encryption context of `aws:kms`, as it was sent: base64 of JSON. */
  readonly context?: string | undefined
  /** What the sender or the bucket wished for `aws:kms`; it changes nothing but the answers. */
  readonly bucketKey?: boolean | undefined
  /** Random bytes that the sealing key was derived with, in base64. */
  readonly salt: string
  /** The object's key, sealed, in base64. */
  readonly sealedKey: string
}

/** What is kept of the sealing of one blob. */
export interface BlobSeal {
  /** Random bytes that the blob's key is derived with, in base64. */
  readonly salt: string
  /** How many bytes there are behind the seal. */
  readonly sizeBytes: number
}
