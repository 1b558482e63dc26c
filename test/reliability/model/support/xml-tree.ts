import type { Field, Fields, Tree } from '../s3-model.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Writes a document as a plain client does. */
export function renderXml({ root, fields }: Tree): string {
  return `<${root}>${renderFields(fields)}</${root}>`
}

function renderFields(fields: Fields): string {
  return Object.entries(fields)
    .flatMap(([name, field]) => [field].flat().map((item) => [name, item] as const))
    .map(([name, item]) => (item === undefined ? '' : `<${name}>${renderItem(item)}</${name}>`))
    .join('')
}

function renderItem(item: string | Fields): string {
  if (typeof item !== 'string') return renderFields(item)
  const escaped = item.replaceAll(/[&<>]/g, (character) => escapes[character] ?? character)
  return escaped.replaceAll(/[\0-\x1f]/g, (control) => `&#${control.charCodeAt(0)};`)
}

interface Open {
  readonly name: string
  readonly fields: Record<string, (string | Fields)[]>
  text: string
}

/**
 * Reads a document into elements by name; attributes and blanks between elements are dropped. It
 * shares no code with the reader of the packages, which would not notice its own mistakes.
 */
export function parseXml(source: string): Tree {
  const stack: Open[] = [{ name: '', fields: {}, text: '' }]
  for (const [, slash, name = '', , selfClosing, text] of source.matchAll(
    /<(\/?)([^\s<>/?!]+)([^<>]*?)(\/?)>|<\?[^>]*>|([^<]+)/g,
  )) {
    const top = stack.at(-1)
    if (top === undefined) throw new Error('the document has one end too many')
    if (text !== undefined) top.text += decoded(text)
    else if (slash === '/') closeElement(stack, name)
    else if (name !== '') {
      stack.push({ name, fields: {}, text: '' })
      if (selfClosing === '/') closeElement(stack, name)
    }
  }
  const [[root, [content]] = ['', []]] = Object.entries(stack[0]?.fields ?? {})
  if (stack.length !== 1 || root === '') throw new Error(`this is no document: ${source}`)
  return { root, fields: typeof content === 'object' ? content : {} }
}

function closeElement(stack: Open[], name: string): void {
  const { name: opened, fields, text } = stack.pop() ?? { name: '', fields: {}, text: '' }
  const parent = stack.at(-1)
  if (opened !== name || parent === undefined) throw new Error(`<${opened}> ends as </${name}>`)
  const items = (parent.fields[name] ??= [])
  items.push(Object.keys(fields).length > 0 ? fields : text)
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

function decoded(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(String(hex), 16))
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    return entities[String(name)] ?? ''
  })
}

/** The items of an element that may be there once, often or not at all. */
export function itemsOf(field: Field): readonly (string | Fields)[] {
  if (field === undefined) return []
  return [field].flat()
}

/** The elements of this name that hold others. */
export function elementsOf(fields: Fields, name: string): readonly Fields[] {
  return itemsOf(fields[name]).filter((item): item is Fields => typeof item !== 'string')
}

/** The text of the first element of this name; empty where there is none. */
export function textOf(fields: Fields, name: string): string {
  const [item] = itemsOf(fields[name])
  return typeof item === 'string' ? item : ''
}
