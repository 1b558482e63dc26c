/**
 * Percent-encoding as S3 wants it: every byte of the UTF-8 form except
 * `A-Z a-z 0-9 - . _ ~` becomes `%XX` in upper case. `encodeURIComponent` leaves
 * five more characters alone, which a SigV4 verifier does not.
 */

const plainComponent = /^[A-Za-z0-9\-._~]*$/
const plainPath = /^[A-Za-z0-9\-._~/]*$/
const leftByPlatform = /[!'()*]/g

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

/**
 * Encodes one query name, query value or form value.
 * @throws URIError when the text holds a lone surrogate.
 */
export function encodeUriComponentStrict(text: string): string {
  if (plainComponent.test(text)) return text
  return encodeURIComponent(text).replace(leftByPlatform, percent)
}

/**
 * Encodes an object key for the request path. `/` stays; `.` and `..` segments stay as
 * they are, because S3 does not normalise paths.
 * @throws URIError when the key holds a lone surrogate.
 */
export function encodeKeyPath(key: string): string {
  if (plainPath.test(key)) return key
  return encodeURIComponent(key).replace(leftByPlatform, percent).replaceAll('%2F', '/')
}

/**
 * Decodes `%XX` sequences; `+` stays a plus.
 * @throws URIError on a malformed escape or on bytes that are not UTF-8.
 */
export function decodeUriComponentStrict(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text
}

/**
 * Decodes a name or value of a query string or of a form, where `+` is a space.
 * @throws URIError on a malformed escape or on bytes that are not UTF-8.
 */
export function decodeFormComponent(text: string): string {
  return decodeUriComponentStrict(text.includes('+') ? text.replaceAll('+', ' ') : text)
}
