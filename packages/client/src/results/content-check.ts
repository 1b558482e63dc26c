/** What content was compared with: a checksum of the store, the ETag, or the length alone. */
export type Verification = 'crc32' | 'crc32c' | 'crc64nvme' | 'sha1' | 'sha256' | 'etag' | 'length'

/** Compares content that comes in order with what the store says of it. */
export interface ContentCheck {
  readonly verification: Verification
  update(chunk: Uint8Array): void
  /**
   * All of it has come.
   * @throws IntegrityError when it is not what the store has
   */
  finish(): void
}
