import { isIP } from 'node:net'

/** An address as a number; IPv4 in the form of IPv6 (`::ffff:192.0.2.1`) counts as IPv4. */
interface Address {
  readonly family: 4 | 6
  readonly bits: bigint
}

/** A block of addresses such as `203.0.113.0/24`. */
export interface AddressRange {
  readonly first: Address
  /** How many of the last bits are free. */
  readonly freeBits: bigint
}

/** @returns undefined for what is neither an address nor a block */
export function parseAddressRange(source: string): AddressRange | undefined {
  const slash = source.indexOf('/')
  const text = slash === -1 ? source : source.slice(0, slash)
  const address = parseAddress(text)
  if (address === undefined) return undefined
  const sizeBits = address.family === 4 ? 32 : 128
  if (slash === -1) return { first: address, freeBits: 0n }
  const digits = source.slice(slash + 1)
  // A mapped address counts its prefix over all 128 bits.
  const mapped = address.family === 4 && text.includes(':') ? 96 : 0
  const prefix = /^\d{1,3}$/.test(digits) ? Number(digits) - mapped : -1
  if (prefix < 0 || prefix > sizeBits) return undefined
  return { first: address, freeBits: BigInt(sizeBits - prefix) }
}

/** @returns undefined when `text` is no address */
export function isInRange(range: AddressRange, text: string): boolean | undefined {
  const address = parseAddress(text)
  if (address === undefined) return undefined
  const { first, freeBits } = range
  return address.family === first.family && address.bits >> freeBits === first.bits >> freeBits
}

function parseAddress(text: string): Address | undefined {
  if (isIP(text) === 4) return { family: 4, bits: bitsOfV4(text) }
  if (isIP(text) !== 6 || text.includes('%')) return undefined
  const bits = bitsOfV6(text)
  return bits >> 32n === 0xffffn ? { family: 4, bits: bits & 0xffff_ffffn } : { family: 6, bits }
}

function bitsOfV4(text: string): bigint {
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

function bitsOfV6(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const missing = Array.from({ length: 8 - before.length - after.length }, () => 0n)
  return [...before, ...missing, ...after].reduce((bits, group) => (bits << 16n) | group, 0n)
}

/** The groups of 16 bits; an IPv4 address at the end makes two. */
function groupsOf(text: string): bigint[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)]
    const bits = bitsOfV4(group)
    return [bits >> 16n, bits & 0xffffn]
  })
}
