import { S3Failure } from '../../failure.ts'
import type { PathStep, Statement } from '../sql/ast.ts'
import {
  isList,
  isStruct,
  structEntries,
  structMember,
  structNames,
  type Struct,
  type Value,
} from '../values/value.ts'
import type { Binder, Evaluate } from './evaluate.ts'

type NameStep = Extract<PathStep, { readonly kind: 'name' }>

/**
 * Takes one step down. Without quotes in the query, case does not matter.
 * @throws S3Failure AmbiguousFieldName
 */
export function member(value: Value, step: PathStep): Value {
  if (step.kind === 'index') return isList(value) ? value[step.index] : undefined
  if (step.kind === 'wildcard' || !isStruct(value)) return undefined
  return step.exact ? structMember(value, step.name) : anyCaseMember(value, step)
}

/** A struct with more names is looked through once, however many steps ask it for one. */
const fewNames = 16

function anyCaseMember(struct: Struct, step: NameStep): Value {
  const known = indexes.get(struct)
  if (known !== undefined) return indexedMember(struct, known, step)
  const names = structNames(struct)
  if (names.length <= fewNames) return searchedMember(struct, names, step)
  const index = indexOf(names)
  indexes.set(struct, index)
  return indexedMember(struct, index, step)
}

/** By the name in lower case; undefined where several names have that one. */
type NameIndex = ReadonlyMap<string, string | undefined>

const indexes = new WeakMap<Struct, NameIndex>()

function indexOf(names: readonly string[]): NameIndex {
  const index = new Map<string, string | undefined>()
  for (const name of names) {
    const lower = name.toLowerCase()
    index.set(lower, index.has(lower) ? undefined : name)
  }
  return index
}

function indexedMember(struct: Struct, index: NameIndex, { lower }: NameStep): Value {
  if (!index.has(lower)) return undefined
  const name = index.get(lower)
  if (name === undefined) throw new S3Failure('AmbiguousFieldName')
  return structMember(struct, name)
}

function searchedMember(
  struct: Struct,
  names: readonly string[],
  { name, lower }: NameStep,
): Value {
  let found: Value
  let matches = 0
  for (const key of names) {
    const isMatch = key === name || (key.length === lower.length && key.toLowerCase() === lower)
    if (!isMatch) continue
    if (++matches > 1) throw new S3Failure('AmbiguousFieldName')
    found = structMember(struct, key)
  }
  return found
}

/**
 * The records that FROM makes of a JSON value: a wildcard gives one for each item, and MISSING
 * where there is none (SQL reference, FROM clause).
 */
export function* recordsIn(value: Value, steps: readonly PathStep[], at = 0): Generator<Value> {
  const step = steps[at]
  if (step === undefined) yield value
  else if (step.kind === 'wildcard') {
    const items = itemsOf(value, step.of)
    if (items.length === 0) yield undefined
    for (const item of items) yield* recordsIn(item, steps, at + 1)
  } else yield* recordsIn(member(value, step), steps, at + 1)
}

function itemsOf(value: Value, of: 'list' | 'struct'): readonly Value[] {
  if (of === 'list') return isList(value) ? value : []
  return isStruct(value) ? Array.from(structEntries(value), ([, item]) => item) : []
}

/** Binds paths to values that are nested, as those of JSON and Parquet. */
export class NestedBinder implements Binder<Value> {
  readonly #statement: Statement
  readonly #exact: (value: Value) => Value

  /** @param exact makes a number that was found one of S3 Select */
  constructor(statement: Statement, exact: (value: Value) => Value) {
    this.#statement = statement
    this.#exact = exact
  }

  bind(steps: readonly PathStep[]): Evaluate<Value> {
    if (steps.some((step) => step.kind === 'wildcard')) {
      throw new S3Failure('ParseInvalidContextForWildcardInSelectList')
    }
    const exact = this.#exact
    const [first, ...rest] = steps
    if (first?.kind === 'name' && this.#isRow(first)) {
      return (record) => exact(follow(record, rest))
    }
    if (first?.kind === 'name' && this.#isPlaceOfRow(first)) {
      return (record) => {
        const own = member(record, first)
        return exact(follow(own === undefined ? record : own, rest))
      }
    }
    return (record) => exact(follow(record, steps))
  }

  #isRow(step: NameStep): boolean {
    const { rowName, hasAlias } = this.#statement
    const isNamed = step.lower === rowName.toLowerCase()
    return isNamed && (hasAlias || rowName !== '_1')
  }

  /** `_1` is the record where nothing else names it, unless the record has a `_1` of its own. */
  #isPlaceOfRow(step: NameStep): boolean {
    const { hasAlias, from } = this.#statement
    return step.name === '_1' && !hasAlias && from.at(-1)?.kind !== 'name'
  }
}

function follow(value: Value, steps: readonly PathStep[]): Value {
  let found = value
  for (const step of steps) found = member(found, step)
  return found
}
