import { signedNames } from '../../../support/mutations.ts'
import { changed, type RecordedRequest } from '../../../support/recorded-request.ts'
import { bodyText, withBody, type Mutation } from './mutation.ts'

/** Characters that edits bring in: of every class that some parser treats in its own way. */
const alphabet = '09azAZ%/?&=+;:,."\'<>{}[]()\\#!~*-_ \t\r\n\0\x7f\x80\xa0\xff'

/** Which part of a request is edited. */
type Part = 'method' | 'target' | 'name' | 'value' | 'body'

/**
 * Changes of one or two bytes at random places of what is signed: replaced, inserted, removed,
 * exchanged. Generates as many as are asked for.
 * @param boundBody whether anything binds the body
 */
export function* byteEdits(
  request: RecordedRequest,
  { random, boundBody }: { readonly random: () => number; readonly boundBody: boolean },
): Generator<Mutation> {
  const parts: readonly Part[] = [
    'method',
    'target',
    'target',
    ...(signedIndexes(request).length > 0 ? (['name', 'value', 'value', 'value'] as const) : []),
    ...(boundBody && request.body.length > 0 ? (['body', 'body'] as const) : []),
  ]
  for (;;) {
    const part = parts[Math.floor(random() * parts.length)] ?? 'target'
    const mutation = editOf(part, request, random)
    if (mutation !== undefined) yield mutation
  }
}

function editOf(part: Part, request: RecordedRequest, random: () => number): Mutation | undefined {
  if (part === 'name' || part === 'value') return headerEdit(part, request, random)
  const before =
    part === 'body' ? bodyText(request) : part === 'target' ? request.target : request.method
  const after = edited(before, random)
  if (after === before || after === '') return undefined
  const what = `${part} ${JSON.stringify(after)}`
  if (part === 'body') return { what, request: withBody(request, after), expected: 'same' }
  const other = changed(request, { [part]: after })
  return { what, request: other, expected: meansTheSame(before, after) ? 'same' : 'refused' }
}

/** `?acl` and `?acl=` are one query; empty lines and blanks before a target are skipped. */
function meansTheSame(before: string, after: string): boolean {
  const plain = (text: string): string =>
    text.replace(/^(?:[\r\n]| +(?=\/))/, '').replaceAll(/=(?=&|$)/g, '')
  return plain(before) === plain(after)
}

function signedIndexes(request: RecordedRequest): readonly number[] {
  const signed = new Set([...signedNames(request), 'authorization'])
  return [...request.headers.keys()].filter((index) =>
    signed.has(request.headers[index]?.[0] ?? ''),
  )
}

function headerEdit(
  part: 'name' | 'value',
  request: RecordedRequest,
  random: () => number,
): Mutation | undefined {
  const indexes = signedIndexes(request)
  const index = indexes[Math.floor(random() * indexes.length)] ?? 0
  const [name = '', value = ''] = request.headers[index] ?? []
  const before = part === 'name' ? name : value
  const after = edited(before, random)
  if (after === before || after === '') return undefined
  const header = part === 'name' ? ([after, value] as const) : ([name, after] as const)
  const folded = (text: string): string => text.replaceAll(/[ \t]/g, '').toLowerCase()
  return {
    what: `${part} of ${name}: ${JSON.stringify(after)}`,
    request: changed(request, { headers: request.headers.with(index, header) }),
    expected: folded(before) === folded(after) ? 'same' : 'refused',
  }
}

function edited(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length)
  const character = alphabet[Math.floor(random() * alphabet.length)] ?? 'x'
  const [front, own, next] = [text.slice(0, at), text.charAt(at), text.charAt(at + 1)]
  switch (Math.floor(random() * 4)) {
    case 0:
      return front + character + text.slice(at + 1)
    case 1:
      return front + character + own + text.slice(at + 1)
    case 2:
      return front + text.slice(at + 1)
    default:
      return front + next + own + text.slice(at + 2)
  }
}
