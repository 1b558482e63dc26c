import type { XmlField } from './fields.ts'
import { isXmlName } from './names.ts'
import type { XmlReader } from './reader.ts'
import { append } from './table.ts'
import type { XmlValue } from './values.ts'
import { XmlError } from './xml-error.ts'
import type { XmlWriter } from './writer.ts'

/** An element that no table describes, without prefix and attributes. */
export interface XmlElement {
  readonly name: string
  /** Its text, or its children where it has some. */
  readonly content: string | readonly XmlElement[]
}

/** The depth is bounded by the reader, which refuses deep documents. */
function readContent(reader: XmlReader): XmlElement['content'] {
  const children: XmlElement[] = []
  let text = ''
  for (let event = reader.next(); event !== 'end'; event = reader.next()) {
    if (event === 'start') children.push(readElement(reader))
    else text += reader.text
  }
  return children.length === 0 ? text : children
}

function readElement(reader: XmlReader): XmlElement {
  const { name } = reader
  return { name, content: readContent(reader) }
}

function writeElement(writer: XmlWriter, { name, content }: XmlElement): void {
  if (!isXmlName(name)) throw new XmlError('not the name of an element', 0)
  if (typeof content === 'string') {
    writer.element(name, content)
    return
  }
  writer.open(name)
  for (const child of content) writeElement(writer, child)
  writer.close(name)
}

const element: XmlValue<XmlElement> = {
  read: readElement,
  write: (writer, _, value) => writeElement(writer, value),
}

/**
 * Every element that no other property names, with all it holds; missing where there is none: for configurations that are read,
 * changed and written back, which must not lose what we do not know.
 */
export function otherElements(): XmlField<readonly XmlElement[] | undefined> {
  return {
    elements: [],
    takesOthers: true,
    isRequired: false,
    initial: () => undefined,
    accumulates: true,
    read: (reader, before) => append(before, element.read(reader)),
    write: (writer, items) => {
      for (const item of items ?? []) element.write(writer, item.name, item)
    },
  }
}
