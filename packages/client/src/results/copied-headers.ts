import { decodeMetadata, encodeMetadata, metadataPrefix } from '@stowage/protocol'
import { InvalidResponseError } from '../errors.ts'
import { headerValue, type WireHeaders } from '../transport/transport.ts'

/** What CopyObject takes along beside user metadata ("CopyObject" of AWS). */
const contentHeaders = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const

const headerText = /^[\t\x20-\x7e]*$/

/**
 * The headers that make a new object out of the headers of HeadObject, for copies that S3 does not
 * make by itself. What can travel as it came does; user metadata beyond ASCII is encoded.
 *
 * @throws InvalidResponseError for another header beyond ASCII, which could not be signed
 */
export function copiedHeaders(headers: WireHeaders): Record<string, string> {
  const copied: Record<string, string> = {}
  for (const name of contentHeaders) {
    const value = headerValue(headers, name)
    if (value === undefined) continue
    if (!headerText.test(value)) {
      throw new InvalidResponseError('HeadObject', `${name} is not ASCII: give the copy metadata`)
    }
    copied[name] = value
  }
  for (const [name, values = ''] of Object.entries(headers)) {
    if (!name.startsWith(metadataPrefix)) continue
    // A header that comes twice means a list (RFC 9110, 5.3).
    const value = typeof values === 'string' ? values : values.join(',')
    copied[name] = headerText.test(value) ? value : encoded(name, value)
  }
  return copied
}

function encoded(name: string, value: string): string {
  const [text = ''] = Object.values(decodeMetadata([[name, value]]))
  return encodeMetadata({ [name]: text })[name] ?? ''
}
