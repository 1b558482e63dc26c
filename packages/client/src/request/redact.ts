/** Takes secrets out of what a service says. */
export type Redact = (text: string) => string

const mask = '***'
/** Shorter texts are no secrets, and would be found everywhere. */
const minSecretLength = 4
/** Hex and base64 of a part of them would be found in other texts. */
const minFormLength = 6

/** Ways to write a character, and what may stand between characters. */
const escapes =
  /%(?:25)*([0-9a-f]{2})|&(?:amp;)*#(?:x0*([0-9a-f]{1,6})|0*([0-9]{1,7}));|&(?:amp;)*(amp|lt|gt|quot|apos);|\\u00([0-9a-f]{2})|[\s:]+|\\/gi
/** As often may an escape be escaped. */
const maxDepth = 3
const separators = /^[\s:]*$/
const ascii = /^[\x20-\x7e]*$/
const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

/** A text in which all ways to write the same are one, as bytes, with the place of each. */
class Plain {
  readonly bytes: string
  readonly #places: readonly number[] | undefined

  constructor(text: string) {
    let plain = encoded(text)
    for (let depth = 0; depth < maxDepth && plain.bytes.search(escapes) !== -1; depth++) {
      plain = decoded(plain)
    }
    this.bytes = canonical(plain.bytes)
    this.#places = plain.places
  }

  /** Where a byte stands in the text; undefined behind the end. */
  placeOf(index: number): number | undefined {
    if (this.#places) return this.#places[index]
    return index < this.bytes.length ? index : undefined
  }
}

interface PlacedBytes {
  readonly bytes: string
  /** Where each stands in the text; undefined where it is its own place. */
  readonly places: readonly number[] | undefined
}

function encoded(text: string): PlacedBytes {
  if (ascii.test(text)) return { bytes: text, places: undefined }
  let bytes = ''
  const places: number[] = []
  let place = 0
  for (const character of text) {
    const added = bytesOf(character)
    bytes += added
    for (let count = 0; count < added.length; count++) places.push(place)
    place += character.length
  }
  return { bytes, places }
}

/** Takes one layer of escapes off. */
function decoded(plain: PlacedBytes): PlacedBytes {
  let bytes = ''
  const places: number[] = []
  let at = 0
  const placeOf = (index: number): number => plain.places?.[index] ?? index
  const keep = (end: number): void => {
    bytes += plain.bytes.slice(at, end)
    for (; at < end; at++) places.push(placeOf(at))
  }
  for (const match of plain.bytes.matchAll(escapes)) {
    keep(match.index)
    const added = unescaped(match)
    at = match.index + match[0].length
    if (separators.test(added)) continue
    bytes += added
    for (let count = 0; count < added.length; count++) places.push(placeOf(match.index))
  }
  keep(plain.bytes.length)
  return { bytes, places }
}

/** Base64 has two alphabets, and hex two cases. */
function canonical(bytes: string): string {
  return bytes.toLowerCase().replaceAll('-', '+').replaceAll('_', '/')
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** What an escape stands for; nothing for what only separates. */
function unescaped([, percent, hex, decimal, entity, unicode]: RegExpMatchArray): string {
  const byte = percent ?? unicode
  if (byte !== undefined) return String.fromCharCode(Number.parseInt(byte, 16))
  if (entity !== undefined) return entities[entity.toLowerCase()] ?? ''
  if (hex === undefined && decimal === undefined) return ''
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code <= 0x10_ff_ff ? bytesOf(String.fromCodePoint(code)) : ''
}

/** The forms of a secret that are not only another way to write its characters. */
function* formsOf(secret: Buffer): Generator<string> {
  yield secret.toString('utf8')
  yield secret.toString('latin1')
  yield secret.toString('hex')
  // Without the ends, which depend on what stands beside them.
  for (const start of [0, 1, 2]) {
    const length = Math.floor((secret.length - start) / 3) * 3
    yield secret.subarray(start, start + length).toString('base64')
  }
}

/**
 * Masks secrets in every form in which a service may repeat them: as they are, in hex or in base64,
 * each also percent-encoded, in references of XML, escaped as in JSON, or split over lines.
 */
export function redactor(secrets: Iterable<string | Uint8Array>): Redact {
  const forms = new Set<string>()
  for (const secret of secrets) {
    const bytes = typeof secret === 'string' ? Buffer.from(secret, 'utf8') : Buffer.from(secret)
    if (bytes.length < minSecretLength) continue
    for (const form of formsOf(bytes)) {
      const plain = new Plain(form).bytes
      if (plain.length >= minFormLength || form === secret) forms.add(plain)
    }
  }
  return forms.size === 0 ? (text) => text : (text) => masked(text, forms)
}

function masked(text: string, forms: ReadonlySet<string>): string {
  const plain = new Plain(text)
  const spans: [start: number, end: number][] = []
  for (const form of forms) {
    for (let at = plain.bytes.indexOf(form); at !== -1; at = plain.bytes.indexOf(form, at + 1)) {
      spans.push([plain.placeOf(at) ?? 0, plain.placeOf(at + form.length) ?? text.length])
    }
  }
  if (spans.length === 0) return text
  let safe = ''
  let done = 0
  for (const [start, end] of spans.sort(([a], [b]) => a - b)) {
    if (start >= done) safe += text.slice(done, start) + mask
    done = Math.max(done, end)
  }
  return safe + text.slice(done)
}
