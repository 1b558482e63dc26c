import type { Fields, S3Request } from '../s3-model.ts'

const symbol = /«[a-z][\d.]+»/g
const wholeSymbol = /^«([a-z])[\d.]+»$/

/** What an id of each kind looks like; no two of them are equal. */
const forms: Readonly<Record<string, RegExp>> = {
  v: /^[\w.+/=-]{8,1024}$/,
  u: /^[\w.+/=-]{8,1024}$/,
  t: /^[\w.+/=-]{4,4096}$/,
}

/** Stands in the place of an id that was never given out. */
const unknownId = '0'.repeat(46)

/** The ids that the server made, and the symbols that the model has for them. */
export class Symbols {
  readonly #real = new Map<string, string>()
  readonly #used = new Set<string>()

  /** Whether the value is what the symbol stands for; the first value decides that. */
  matches(expected: string, value: string): boolean {
    const kind = wholeSymbol.exec(expected)?.[1]
    if (kind === undefined) return expected === value
    const known = this.#real.get(expected)
    if (known !== undefined) return known === value
    if (forms[kind]?.test(value) !== true || (kind !== 't' && this.#used.has(value))) return false
    this.#real.set(expected, value)
    this.#used.add(value)
    return true
  }

  /** The request as it is sent. */
  resolve(request: S3Request): S3Request {
    const { query, headers, document } = request
    return {
      ...request,
      query: this.#fields(query),
      headers: this.#fields(headers),
      document:
        typeof document === 'object'
          ? { root: document.root, fields: this.#tree(document.fields) }
          : document,
    }
  }

  #text(text: string): string {
    return text.includes('«') ? text.replaceAll(symbol, (found) => this.#realOf(found)) : text
  }

  #realOf(found: string): string {
    const real = this.#real.get(found) ?? unknownId
    this.#real.set(found, real)
    return real
  }

  /** Whether the ids that the request names have been told: a quiet deletion tells none. */
  knows(request: S3Request): boolean {
    const named = JSON.stringify([request.query, request.headers, request.document ?? ''])
    return [...named.matchAll(symbol)].every(
      ([found]) => this.#real.has(found) || found.endsWith('999999»'),
    )
  }

  #fields(fields: Readonly<Record<string, string>>): Record<string, string> {
    const resolved: Record<string, string> = {}
    for (const [name, value] of Object.entries(fields)) resolved[name] = this.#text(value)
    return resolved
  }

  #tree(fields: Fields): Fields {
    const resolved: Record<string, Fields[string]> = {}
    for (const [name, field] of Object.entries(fields)) {
      const items = [field].flat().map((item) => {
        if (item === undefined) return ''
        return typeof item === 'string' ? this.#text(item) : this.#tree(item)
      })
      resolved[name] = field === undefined ? undefined : items
    }
    return resolved
  }
}
