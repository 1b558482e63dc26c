import type { PathStep } from './ast.ts'
import type { TokenStream } from './token-stream.ts'

/** @param exact whether case matters */
export function nameStep(name: string, exact: boolean): PathStep {
  return { kind: 'name', name, lower: name.toLowerCase(), exact }
}

/** Reads what may follow the first name of a path: `.name`, `.*`, `[2]`, `[*]`, `['name']`. */
export function parsePathSteps(tokens: TokenStream): PathStep[] {
  const steps: PathStep[] = []
  for (;;) {
    if (tokens.symbol('.') !== undefined) steps.push(parseMember(tokens))
    else if (tokens.symbol('[') !== undefined) steps.push(parseSubscript(tokens))
    else return steps
  }
}

function parseMember(tokens: TokenStream): PathStep {
  const token = tokens.current
  if (token.kind === 'word' || token.kind === 'quoted') {
    tokens.take()
    return nameStep(token.text, token.kind === 'quoted')
  }
  if (tokens.symbol('*') !== undefined) return { kind: 'wildcard', of: 'struct' }
  throw tokens.failure('ParseInvalidPathComponent')
}

const maxIndex = 2 ** 32 - 2

function parseSubscript(tokens: TokenStream): PathStep {
  const step = subscriptOf(tokens)
  tokens.expectSymbol(']', 'ParseInvalidPathComponent')
  return step
}

function subscriptOf(tokens: TokenStream): PathStep {
  if (tokens.symbol('*') !== undefined) return { kind: 'wildcard', of: 'list' }
  const token = tokens.current
  if (token.kind === 'literal' && typeof token.value === 'bigint' && token.value <= maxIndex) {
    tokens.take()
    return { kind: 'index', index: Number(token.value) }
  }
  if (token.kind === 'literal' && typeof token.value === 'string') {
    tokens.take()
    return nameStep(token.value, true)
  }
  throw tokens.failure('ParseInvalidPathComponent')
}
