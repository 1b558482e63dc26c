import { describe, expect, it } from 'vitest'
import { httpReply, ScriptedServer } from '../../../../test/support/scripted-server.ts'
import type { ObjectEntry } from '../../src/index.ts'
import { InvalidResponseError } from '../../src/errors.ts'
import { clientOf, failureOf } from '../support/assembled.ts'

const declaration = '<?xml version="1.0" encoding="UTF-8"?>'
const secureName = 'https://s3.amazonaws.com/doc/2006-03-01/'
const name = 'http://s3.amazonaws.com/doc/2006-03-01/'
const inner =
  '<IsTruncated>false</IsTruncated><Contents><Key> a&amp;b </Key><Size>7</Size>' +
  '<ETag>&quot;e&quot;</ETag><LastModified>2026-01-02T03:04:05.678Z</LastModified></Contents>'

function listing(content: string, attributes = ''): string {
  return `<ListBucketResult${attributes}>${content}</ListBucketResult>`
}

/** The same listing in every element: what stands between the tags stays. */
function prefixed(document: string): string {
  return document.replaceAll(/<(\/?)([A-Z])/g, '<$1ns0:$2')
}

async function entriesOf(document: string): Promise<ObjectEntry[]> {
  await using server = await ScriptedServer.start([httpReply(200, {}, document)])
  await using client = clientOf(server.endpoint)
  const entries = await client.listObjectsV2('bkt', { recursive: true }).toArray()
  return entries.flatMap((entry) => (entry.isPrefix ? [] : [entry]))
}

describe('a listing is the same', () => {
  it.each([
    ['without a namespace', listing(inner)],
    ['with one', listing(inner, ` xmlns="${name}"`)],
    ['with one of https', listing(inner, ` xmlns="${secureName}"`)],
    ['with an empty one', listing(inner, ' xmlns=""')],
    ['with prefixes', prefixed(listing(inner, ` xmlns:ns0="${name}"`))],
    ['behind a declaration', declaration + listing(inner)],
    ['behind a byte order mark', `\ufeff${declaration}\n${listing(inner)}`],
    ['behind white space', `\r\n\t ${declaration}\n\n${listing(inner)}\n`],
    ['with comments', `<!-- a --><!-- <b> -->${listing(`<!-- c -->${inner}`)}`],
    ['with instructions', `<?xml-stylesheet href="x"?>${listing(`<?go on?>${inner}`)}`],
    ['in CDATA', listing(inner.replace(' a&amp;b ', '<![CDATA[ a&b ]]>'))],
    ['with references', listing(inner.replace(' a&amp;b ', '&#32;&#x61;&#38;b&#x20;'))],
    [
      'with attributes and an empty owner',
      listing(
        inner.replace('</Contents>', '<Owner/></Contents>'),
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="List"',
      ),
    ],
    ['with elements of tomorrow', listing(`<New a="b"><Key>no</Key></New>${inner}<Newer/>`)],
    ['with other words for false', listing(inner.replace('false', 'False'))],
    ['with a bare ETag', listing(inner.replaceAll('&quot;', ''))],
    ['with a weak ETag', listing(inner.replace('&quot;e', 'W/&quot;e'))],
    ['with nanoseconds', listing(inner.replace('.678Z', '.678000000Z'))],
    ['with an offset', listing(inner.replace('03:04:05.678Z', '05:04:05.678+02:00'))],
  ])('%s', async (_case, document) => {
    const [entry, ...more] = await entriesOf(document)
    expect(more).toEqual([])
    expect(entry).toMatchObject({ object: ' a&b ', etag: 'e', sizeBytes: 7 })
    expect(entry?.lastModified).toEqual(new Date('2026-01-02T03:04:05.678Z'))
  })

  it('with a thousand entries full of references', async () => {
    // Readers with a limit of references stop in the middle of such a page: minio-js, issue 1466.
    const contents = inner.slice(inner.indexOf('<Contents>'))
    const entries = await entriesOf(listing(contents.repeat(1000)))
    expect(entries).toHaveLength(1000)
    expect(new Set(entries.map(({ object, etag }) => `${object}${etag}`))).toEqual(
      new Set([' a&b e']),
    )
  })
})

describe('a listing is refused', () => {
  it.each([
    ['that is cut', listing(inner).slice(0, -20)],
    ['with a document type', `<!DOCTYPE a>${listing(inner)}`],
    [
      'with entities of its own',
      `<!DOCTYPE a [<!ENTITY b "c">]>${listing(inner.replace('&amp;', '&b;'))}`,
    ],
    [
      'with entities that expand',
      `<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]>${listing(inner.replace('&amp;', '&d;'))}`,
    ],
    ['with an unknown entity', listing(inner.replace('&amp;', '&nbsp;'))],
    ['with a size that no number holds', listing(inner.replace('>7<', '>9007199254740993<'))],
    ['with a size that is none', listing(inner.replace('>7<', '>seven<'))],
  ])('%s', async (_case, document) => {
    expect(await failureOf(entriesOf(document))).toBeInstanceOf(InvalidResponseError)
  })
})
