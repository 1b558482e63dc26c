import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listObjectsV2Document } from '../../src/documents/list-objects-v2.ts'
import { TextPieces } from '../../src/xml/pieces.ts'
import { XmlReader } from '../../src/xml/reader.ts'
import { decodeXml } from '../../src/xml/shape.ts'
import { XmlError } from '../../src/xml/xml-error.ts'
import { damaged, wellFormed } from './documents.ts'

const seed = 20261129

/** Every event with its text, and where reading ended; of what is refused, it is only that it is. */
function reading(source: string | TextPieces): readonly string[] {
  const reader = new XmlReader(source)
  const events: string[] = []
  try {
    for (let event = reader.next(); event !== 'done'; event = reader.next()) {
      const detail = event === 'start' ? `${reader.name} ${reader.tagOffset}` : reader.text
      events.push(event === 'end' ? event : `${event} ${detail}`)
    }
    events.push(`done ${reader.offset}`)
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    return ['refused']
  }
  return events
}

/** Half a surrogate pair has no UTF-8. */
const documents = fc.oneof(wellFormed, damaged).map((source) => Buffer.from(source).toString())

const entry = (key: string): string =>
  `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified>` +
  '<ETag>&quot;d41d8cd9&quot;</ETag><Size>5</Size></Contents>'

describe('a document in pieces', () => {
  test('is read like one in a single piece, however it is cut', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 1, max: 40 }), (source, pieceBytes) => {
        const pieces = new TextPieces(Buffer.from(source), pieceBytes)
        expect(reading(pieces)).toEqual(reading(source))
      }),
      { seed, numRuns: 6000 },
    )
  })

  test('gives the same items, also those that are cut', () => {
    const keys = Array.from({ length: 60 }, (_, index) => `é/語-${index}&amp;😀`)
    const source = `<ListBucketResult>${keys.map(entry).join('\n')}</ListBucketResult>`
    const { entries } = decodeXml(listObjectsV2Document, source)
    for (let pieceBytes = 1; pieceBytes < 600; pieceBytes++) {
      const reader = new XmlReader(new TextPieces(Buffer.from(source), pieceBytes))
      reader.next()
      expect(listObjectsV2Document.value.read(reader).entries).toStrictEqual(entries)
      reader.finish()
    }
  })

  test('begins every piece but the first with a tag, and loses none', () => {
    const source = `<a>${'<b>text</b>'.repeat(50)}${'x'.repeat(500)}</a>`
    const pieces = new TextPieces(Buffer.from(source), 100)
    const all: string[] = []
    for (let piece = pieces.next(); piece !== ''; piece = pieces.next()) all.push(piece)
    expect(all.join('')).toBe(source)
    expect(all.slice(1).every((piece) => piece.startsWith('<'))).toBe(true)
    expect(all.filter((piece) => piece.length > 101)).toHaveLength(1)
  })

  test('of the length of a page needs more than one, and is read from its bytes', () => {
    const keys = Array.from({ length: 2000 }, (_, index) => `key-${index}`)
    const bytes = Buffer.from(`<ListBucketResult>${keys.map(entry).join('')}</ListBucketResult>`)
    expect(new TextPieces(bytes).next().length).toBeLessThan(bytes.length)
    const { entries } = decodeXml(listObjectsV2Document, bytes)
    expect(entries.map((each) => (each.isPrefix ? '' : each.object))).toEqual(keys)
  })
})
