import { positions, randomFrom } from './random.ts'
import { changed, headerOf, withHeader, type RecordedRequest } from './recorded-request.ts'

/** A request that was signed, with one byte of it changed afterwards. */
export interface Mutation {
  readonly what: string
  readonly request: RecordedRequest
}

/** Most positions that are tried in one field; a signature and a date are tried whole. */
const most = { signature: 64, date: 16, value: 16, name: 6, path: 32, body: 48 } as const

const seed = 20_250_331

/** Every mutation of a signed request; each of them must be refused. */
export function mutationsOf(request: RecordedRequest): Mutation[] {
  return [
    ...methods(request),
    ...paths(request),
    ...queries(request),
    ...authorizations(request),
    ...signedHeaders(request),
    ...bodies(request),
  ]
}

type Alphabet = (character: string) => readonly string[]

/** What a character is replaced by: another of its class, and for a letter the other case. */
const others: Alphabet = (character) => {
  if (character >= '0' && character <= '8') return [String(Number(character) + 1)]
  if (character === '9') return ['0']
  if (/[a-z]/i.test(character)) return [otherLetter(character), otherCase(character)]
  return character === ' ' ? ['x', '\u00a0'] : ['x']
}

/** Where case says nothing, such as in a header's name. */
const otherLetters: Alphabet = (character) => others(character).slice(0, 1)

function otherLetter(letter: string): string {
  return /z/i.test(letter) ? 'b' : String.fromCharCode(letter.charCodeAt(0) + 1)
}

function otherCase(letter: string): string {
  return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
}

/** Every text that differs from this one in one character, at a sample of the places. */
function* variants(text: string, limit: number, alphabet: Alphabet): Generator<string> {
  for (const at of positions(text.length, limit, randomFrom(seed + text.length))) {
    for (const other of alphabet(text.charAt(at)))
      yield text.slice(0, at) + other + text.slice(at + 1)
  }
}

function* methods(request: RecordedRequest): Generator<Mutation> {
  for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
    if (method !== request.method)
      yield { what: `method ${method}`, request: changed(request, { method }) }
  }
}

function* paths(request: RecordedRequest): Generator<Mutation> {
  const [path = '', ...query] = request.target.split('?')
  for (const other of variants(path.slice(1), most.path, others)) {
    const target = [`/${other}`, ...query].join('?')
    yield { what: `path ${target}`, request: changed(request, { target }) }
  }
}

/** Each parameter on its own, so that the signature of a presigned URL is tried whole. */
function* queries(request: RecordedRequest): Generator<Mutation> {
  const [path = '', query] = request.target.split('?')
  if (query === undefined) return
  const parameters = query.split('&')
  for (const [index, parameter] of parameters.entries()) {
    for (const other of variants(parameter, limitOf(parameter), others)) {
      const target = `${path}?${parameters.with(index, other).join('&')}`
      yield { what: `query ${other}`, request: changed(request, { target }) }
    }
    const less = parameters.toSpliced(index, 1).join('&')
    yield {
      what: `query without ${parameter}`,
      request: changed(request, { target: `${path}?${less}` }),
    }
  }
}

function limitOf(parameter: string): number {
  if (parameter.startsWith('X-Amz-Signature=')) return parameter.length
  return parameter.startsWith('X-Amz-Date=') ? parameter.length : most.value + most.name
}

const signatureField = 'Signature='

function* authorizations(request: RecordedRequest): Generator<Mutation> {
  const authorization = headerOf(request, 'authorization')
  if (authorization === undefined) return
  const at = authorization.indexOf(signatureField) + signatureField.length
  const front = authorization.slice(0, at)
  for (const other of variants(authorization.slice(at), most.signature, others)) {
    yield {
      what: `signature ${other}`,
      request: withHeader(request, 'authorization', front + other),
    }
  }
  for (const other of variants(front, 3 * most.value, others)) {
    yield {
      what: `authorization ${other}`,
      request: withHeader(request, 'authorization', other + authorization.slice(at)),
    }
  }
}

/** The names that the signature covers, from the header or from the query. */
export function signedNames(request: RecordedRequest): readonly string[] {
  const list =
    /SignedHeaders=([^,]*)/.exec(headerOf(request, 'authorization') ?? '')?.[1] ??
    decodeURIComponent(/X-Amz-SignedHeaders=([^&]*)/.exec(request.target)?.[1] ?? '')
  return list.split(';')
}

function* signedHeaders(request: RecordedRequest): Generator<Mutation> {
  const signed = new Set(signedNames(request))
  for (const [index, [name, value]] of request.headers.entries()) {
    if (!signed.has(name.toLowerCase())) continue
    const replace = (header: readonly [string, string]): RecordedRequest =>
      changed(request, { headers: request.headers.with(index, header) })
    const limit = name.toLowerCase() === 'x-amz-date' ? most.date : most.value
    for (const other of variants(value, limit, others)) {
      yield { what: `header ${name}: ${other}`, request: replace([name, other]) }
    }
    for (const other of variants(name, most.name, otherLetters)) {
      yield { what: `header name ${other}`, request: replace([other, value]) }
    }
    const headers = request.headers.toSpliced(index, 1)
    yield { what: `without ${name}`, request: changed(request, { headers }) }
  }
}

/** Whether something in the request binds its body; a presigned upload leaves it to the sender. */
function bindsBody(request: RecordedRequest): boolean {
  const payload = headerOf(request, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD'
  return payload !== 'UNSIGNED-PAYLOAD'
}

function* bodies(request: RecordedRequest): Generator<Mutation> {
  if (!bindsBody(request)) return
  const text = request.body.toString('latin1')
  for (const other of variants(text, most.body, otherLetters)) {
    const body = Buffer.from(other, 'latin1')
    yield { what: `body ${JSON.stringify(other)}`, request: changed(request, { body }) }
  }
}
