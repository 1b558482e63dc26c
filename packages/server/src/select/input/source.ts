/** The object that is queried. */
export interface SelectSource {
  readonly sizeBytes: number
  /**
   * Reads some of its bytes. Ending the iteration early must release what it holds.
   * @param length of the bytes; offset and length are within the object
   */
  read(offset: number, length: number): AsyncIterable<Uint8Array>
}
