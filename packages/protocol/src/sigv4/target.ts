import { decodeFormComponent, decodeUriComponentStrict } from '../encoding/uri.ts'
import { joinCanonicalQuery } from './canonical.ts'
import type { QueryPair } from './types.ts'

/** A request target taken apart. Nothing in it was normalised. */
export interface RequestTarget {
  /** The path as it stood on the wire. */
  readonly rawPath: string
  /** The query as it stood on the wire, without `?`; undefined when there was no `?`. */
  readonly rawQuery: string | undefined
  /** The decoded path; route, authorise and store by this value alone. */
  readonly path: string
  /** The decoded parameters, in wire order. */
  readonly query: readonly QueryPair[]
}

const visibleAscii = /^[!-~]+$/

function splitPair(pair: string): readonly [string, string] {
  const equals = pair.indexOf('=')
  return equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
}

function splitQuery(rawQuery: string | undefined): (readonly [string, string])[] {
  return rawQuery === undefined || rawQuery === '' ? [] : rawQuery.split('&').map(splitPair)
}

/**
 * Takes an origin-form request target apart.
 * @returns undefined when it is not in origin form, holds bytes that no target may hold,
 *   or an escape that is malformed or no UTF-8.
 */
export function parseTarget(target: string): RequestTarget | undefined {
  if (!target.startsWith('/') || !visibleAscii.test(target) || target.includes('#'))
    return undefined
  const mark = target.indexOf('?')
  const rawPath = mark === -1 ? target : target.slice(0, mark)
  const rawQuery = mark === -1 ? undefined : target.slice(mark + 1)
  try {
    const path = decodeUriComponentStrict(rawPath)
    const query = splitQuery(rawQuery).map(([name, value]): QueryPair => [
      decodeFormComponent(name),
      decodeFormComponent(value),
    ])
    return { rawPath, rawQuery, path, query }
  } catch {
    return undefined
  }
}

const bareInPath = /[^A-Za-z0-9\-._~/%]/g
const bareInQuery = /[^A-Za-z0-9\-._~%]/g

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

/**
 * The canonical URI of a received path. Characters that a client left bare are escaped,
 * escapes stay as they were sent: so the signature binds the target byte for byte, where
 * decoding and encoding again would also accept `%2f` for `%2F` and `%41` for `A`.
 */
export function canonicalReceivedPath(rawPath: string): string {
  return rawPath.replace(bareInPath, percent)
}

/** The canonical query of a received one, without the parameter named `except`. */
export function canonicalReceivedQuery(rawQuery: string | undefined, except?: string): string {
  const escape = (text: string): string => text.replaceAll('+', '%20').replace(bareInQuery, percent)
  const pairs: (readonly [string, string])[] = []
  for (const [name, value] of splitQuery(rawQuery)) {
    if (name !== except) pairs.push([escape(name), escape(value)])
  }
  return joinCanonicalQuery(pairs)
}
