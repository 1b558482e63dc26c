/** 2^53 - 1 has this many hexadecimal digits. */
const orderDigits = 14

/** Text whose order is that of the sequence. */
export function ascendingOrder(sequence: number): string {
  return sequence.toString(16).padStart(orderDigits, '0')
}

/** Text whose order is the reverse of that of the sequence: newest first. */
export function descendingOrder(sequence: number): string {
  return ascendingOrder(Number.MAX_SAFE_INTEGER - sequence)
}

/**
 * Ids of versions and uploads are an order and 128 random bits: the order finds the record without
 * an index, the random bits have to be the right ones, so an id cannot be guessed.
 */
export function orderedId(order: string, randomHex: string): string {
  return order + randomHex
}

/** Whether text has the form of such an id; there is one spelling of each. */
export function isOrderedId(text: string): boolean {
  return /^[0-9a-f]{46}$/.test(text)
}

export function orderOfId(id: string): string {
  return id.slice(0, orderDigits)
}
