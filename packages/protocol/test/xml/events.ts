import { SaxesParser } from 'saxes'
import { XmlReader } from '../../src/xml/reader.ts'
import { XmlError } from '../../src/xml/xml-error.ts'

/** `<name`, `>name` or text: enough to compare two readers. */
export type Events = readonly string[]

function addText(events: string[], depth: number, text: string): void {
  if (depth === 0 || text === '') return
  const last = events.at(-1)
  if (last?.startsWith('=')) events[events.length - 1] = last + text
  else events.push(`=${text}`)
}

/** What our reader sees, or undefined where it refuses the document. */
export function ourEvents(source: string): Events | undefined {
  const reader = new XmlReader(source)
  const events: string[] = []
  const open: string[] = []
  try {
    for (let event = reader.next(); event !== 'done'; event = reader.next()) {
      if (event === 'text') addText(events, open.length, reader.text)
      else if (event === 'end') events.push(`>${open.pop()}`)
      else {
        open.push(reader.name)
        events.push(`<${reader.name}`)
      }
    }
  } catch (error) {
    if (error instanceof XmlError) return undefined
    throw error
  }
  return events
}

/** What saxes sees, or undefined where it refuses the document. */
export function saxesEvents(source: string): Events | undefined {
  // saxes 6.0.0 joins half a surrogate pair with whatever follows, and throws or accepts it.
  if (/\p{Surrogate}/u.test(source)) return undefined
  const parser = new SaxesParser({ xmlns: false, position: false })
  const events: string[] = []
  let depth = 0
  let failed = false
  parser.on('error', () => (failed = true))
  parser.on('opentag', ({ name }) => {
    depth++
    events.push(`<${name.slice(name.lastIndexOf(':') + 1)}`)
  })
  parser.on('closetag', ({ name }) => {
    depth--
    events.push(`>${name.slice(name.lastIndexOf(':') + 1)}`)
  })
  parser.on('text', (text) => addText(events, depth, text))
  parser.on('cdata', (text) => addText(events, depth, text))
  parser.write(source).close()
  return failed ? undefined : events
}
